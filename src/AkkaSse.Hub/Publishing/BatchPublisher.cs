using System.Diagnostics;
using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Publishing;

/// <summary>
/// Decides which items of a batch go to the engine together, and which answer each gets; given the publisher and the sender (for the rules
/// of single items), the engine, the stream table (for the number of readers), the node's options and the metrics. Thread-safe.
/// </summary>
internal sealed class BatchPublisher(
    StreamPublisher publisher, ClientSender sender, IHubEngine engine, StreamTable streams, HubOptions options, HubMetrics metrics)
{
    internal ValueTask<IReadOnlyList<BatchItemResult>> PublishAsync(IReadOnlyList<BatchItem> items, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(items);
        return HubTracing.IsOn ? PublishTracedAsync(items, cancellation) : PublishAsync(items, null, cancellation);
    }

    // One span for all of them, whose context each carries.
    private async ValueTask<IReadOnlyList<BatchItemResult>> PublishTracedAsync(
        IReadOnlyList<BatchItem> items, CancellationToken cancellation)
    {
        using var span = HubTracing.Publish(null, items.Count);
        using (HubTracing.Append(engine.Name)) return await PublishAsync(items, span, cancellation).ConfigureAwait(false);
    }

    private async ValueTask<IReadOnlyList<BatchItemResult>> PublishAsync(
        IReadOnlyList<BatchItem> items, Activity? span, CancellationToken cancellation)
    {
        var results = new BatchItemResult[items.Count];
        // Not pooled: an engine elsewhere whose call was cancelled may still look at them.
        var run = new AppendItem[results.Length];
        var answers = new AppendResult[results.Length];
        List<RunUnderWay>? underWay = null;
        HashSet<string>? busy = null;
        try
        {
            for (var i = 0; i < results.Length;)
            {
                var first = i;
                var count = Gather(items, ref i, results, run, span, out var target);
                if (target.Client is { } client)
                {
                    var sent = await sender.SendAsync(client, items[first].Event, target.Zone, cancellation).ConfigureAwait(false);
                    results[first] = new(null, sent);
                }
                if (count == 0) continue;
                // An engine elsewhere answers after milliseconds: streams do not wait for each other. Two runs of one stream do: of two
                // that are under way the first could be refused and the second accepted.
                if (underWay is not null && busy!.Contains(target.Stream))
                {
                    await SettleAsync(underWay, answers, results).ConfigureAwait(false);
                    underWay.Clear();
                    busy.Clear();
                }
                var under = new RunUnderWay(target, first, i - first, count, engine.Streams.AppendAsync(
                    target.Stream, run.AsMemory(first, count), answers.AsMemory(first, count), cancellation));
                if (under.Append.IsCompleted)
                {
                    under.Append.GetAwaiter().GetResult();
                    Spread(under, answers, results);
                    continue;
                }
                (underWay ??= []).Add(under with { Append = new(under.Append.AsTask()) });
                (busy ??= new(StringComparer.Ordinal)).Add(target.Stream);
            }
        }
        catch when (underWay is not null)
        {
            // The caller takes the items back when this ends.
            await EndAsync(underWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
        if (underWay is not null) await SettleAsync(underWay, answers, results).ConfigureAwait(false);
        return results;
    }

    private static Task EndAsync(List<RunUnderWay> underWay) => Task.WhenAll(underWay.ConvertAll(static r => r.Append.AsTask()));

    private async ValueTask SettleAsync(List<RunUnderWay> underWay, AppendResult[] answers, BatchItemResult[] results)
    {
        await EndAsync(underWay).ConfigureAwait(false);
        foreach (var run in underWay) Spread(run, answers, results);
    }

    // Takes up the items from i on that are for one target, and answers those of them that are refused. Neighbours of one stream go to the
    // engine together: that is what group commit lives from.
    private int Gather(
        IReadOnlyList<BatchItem> items, ref int i, BatchItemResult[] results, AppendItem[] run, Activity? span, out BatchTarget target)
    {
        var item = items[i];
        if (TargetOf(item, out target) is { } fault)
        {
            results[i++] = new(new PublishResult(PublishStatus.Invalid, item.Stream ?? item.Zone ?? "") { Error = fault }, null);
            return 0;
        }
        if (target.Client is not null)
        {
            i++;
            return 0;
        }
        var (stream, zone, broadcast) = (item.Stream, item.Zone, item.Broadcast);
        var (first, count) = (i, 0);
        while (true)
        {
            if (publisher.Refusal(target.Shown, item.Event, item.Options) is { } refusal) results[i] = new(refusal, null);
            else run[first + count] = new AppendItem(item.Event, HubTracing.Carry(publisher.KeyOf(item.Options, count++), span));
            if (++i == results.Length) return count;
            item = items[i];
            if (item.Client is not null || item.Stream != stream || item.Zone != zone || item.Broadcast != broadcast) return count;
        }
    }

    // Gives the answers of a run to those of its items that went to the engine.
    private void Spread(in RunUnderWay run, AppendResult[] all, BatchItemResult[] results)
    {
        var target = run.Target;
        var answers = all.AsSpan(run.First, run.Count);
        var readers = streams.ReadersOf(target.Stream);
        var (next, published) = (0, 0);
        foreach (ref var result in results.AsSpan(run.First, run.Length))
        {
            if (result.Publish is not null) continue;
            ref readonly var answer = ref answers[next++];
            if (answer is { Status: PublishStatus.Accepted, Duplicate: false }) published++;
            result = new(publisher.Answer(target.Stream, target.Shown, answer, readers), null);
        }
        if (published > 0) metrics.CountPublished(target.Stream, published);
    }

    // What is wrong with an item's target, or null.
    private string? TargetOf(in BatchItem item, out BatchTarget target)
    {
        target = default;
        var targets = (item.Stream is null ? 0 : 1) + (item.Client is null && item.Zone is null ? 0 : 1) + (item.Broadcast ? 1 : 0);
        if (targets != 1) return "An item has exactly one target: stream, client (with or without zone), zone, or broadcast.";
        if (item.Stream is { } stream)
        {
            target = new BatchTarget(stream, stream, null, null);
            return options.CheckStreamName(stream);
        }
        if (item.Broadcast)
        {
            target = new BatchTarget(HubNames.BroadcastStream, HubNames.BroadcastStream, null, null);
            return null;
        }
        if (item.Zone is not null && HubNames.Check(item.Zone) is { } fault) return fault;
        target = item.Client is null
            ? new BatchTarget(HubNames.ZoneStream(item.Zone!), item.Zone!, null, null)
            : new BatchTarget("", "", item.Client, item.Zone);
        return null;
    }

    /// <summary>Where a run of a batch goes: to an engine stream, under the name that the answer shows, or to a client.</summary>
    private readonly record struct BatchTarget(string Stream, string Shown, string? Client, string? Zone);

    /// <summary>
    /// Neighbours for one target that have gone to the engine: where they begin in the batch, how many they are, and how many of them were
    /// not refused before.
    /// </summary>
    private readonly record struct RunUnderWay(BatchTarget Target, int First, int Length, int Count, ValueTask Append);
}
