using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace AkkaSse.Hub;

public sealed partial class SseHub
{
    /// <inheritdoc/>
    public ValueTask<PublishResult> PublishAsync(string stream, SseEvent e, PublishOptions options = default, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(e);
        if (CheckStreamName(stream) is { } fault) return new(new PublishResult(PublishStatus.Invalid, stream) { Error = fault });
        return AppendAsync(stream, stream, e, options, cancellation);
    }

    /// <inheritdoc/>
    public bool TryPublish(string stream, SseEvent e, PublishOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(e);
        if (CheckStreamName(stream) is not null || Refusal(stream, e, options) is not null) return false;
        var item = new AppendItem(e, options with { CreateStream = options.CreateStream ?? false });
        if (!_engine.Streams.TryAppend(stream, item, out var result) || result.Status != PublishStatus.Accepted) return false;
        _metrics.CountPublished(1);
        return true;
    }

    /// <inheritdoc/>
    public ValueTask<PublishResult> BroadcastToZoneAsync(string zone, SseEvent e, PublishOptions options = default, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(e);
        if (HubNames.Check(zone) is { } fault) return new(new PublishResult(PublishStatus.Invalid, zone) { Error = fault });
        return AppendAsync(HubNames.ZoneStream(zone), zone, e, options, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<PublishResult> BroadcastAsync(SseEvent e, PublishOptions options = default, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(e);
        return AppendAsync(HubNames.BroadcastStream, HubNames.BroadcastStream, e, options, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<BatchItemResult>> PublishBatchAsync(IReadOnlyList<BatchItem> items, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        var results = new BatchItemResult[items.Count];
        // Not pooled: an engine elsewhere whose call was cancelled may still look at them.
        var run = new AppendItem[results.Length];
        var answers = new AppendResult[results.Length];
        for (var i = 0; i < results.Length;)
        {
            var first = i;
            var count = Gather(items, ref i, results, run, out var target);
            if (target.Client is not null)
                results[first] = new BatchItemResult(null, await SendToAsync(target.Client, items[first].Event, target.Zone, cancellation).ConfigureAwait(false));
            if (count == 0) continue;
            await _engine.Streams.AppendAsync(target.Stream, run.AsMemory(0, count), answers.AsMemory(0, count), cancellation).ConfigureAwait(false);
            Spread(target, answers.AsSpan(0, count), results.AsSpan(first, i - first));
        }
        return results;
    }

    // Takes up the items from i on that are for one target, and answers those of them that are refused. Neighbours of one stream go to the engine together: that is what group commit lives from.
    private int Gather(IReadOnlyList<BatchItem> items, ref int i, BatchItemResult[] results, AppendItem[] run, out BatchTarget target)
    {
        var item = items[i];
        if (TargetOf(item, out target) is { } fault)
        {
            results[i++] = new BatchItemResult(new PublishResult(PublishStatus.Invalid, item.Stream ?? item.Zone ?? "") { Error = fault }, null);
            return 0;
        }
        if (target.Client is not null)
        {
            i++;
            return 0;
        }
        var (stream, zone, broadcast) = (item.Stream, item.Zone, item.Broadcast);
        var count = 0;
        while (true)
        {
            if (Refusal(target.Shown, item.Event, item.Options) is { } refusal) results[i] = new BatchItemResult(refusal, null);
            else run[count] = new AppendItem(item.Event, KeyOf(item.Options, count++));
            if (++i == results.Length) return count;
            item = items[i];
            if (item.Client is not null || item.Stream != stream || item.Zone != zone || item.Broadcast != broadcast) return count;
        }
    }

    // Gives the answers of a run to those of its items that went to the engine.
    private void Spread(in BatchTarget target, ReadOnlySpan<AppendResult> answers, Span<BatchItemResult> results)
    {
        var readers = _streams?.ReadersOf(target.Stream) ?? 0;
        var (next, published) = (0, 0);
        foreach (ref var result in results)
        {
            if (result.Publish is not null) continue;
            ref readonly var answer = ref answers[next++];
            if (answer is { Status: PublishStatus.Accepted, Duplicate: false }) published++;
            result = new BatchItemResult(Answer(target.Shown, answer, readers), null);
        }
        if (published > 0) _metrics.CountPublished(published);
    }

    /// <inheritdoc/>
    public ValueTask<SendResult> SendToAsync(string client, SseEvent e, string? zone = null, CancellationToken cancellation = default)
    {
        if (!TrySend(client, e, zone, out var result, out var delivery)) return SendElsewhereAsync(client, e, zone, cancellation);
        delivery?.Deliver();
        return new(result);
    }

    /// <inheritdoc/>
    public bool TrySend(string client, SseEvent e, string? zone, out SendResult result, out IPendingDelivery? delivery)
    {
        ArgumentNullException.ThrowIfNull(e);
        ArgumentNullException.ThrowIfNull(client);
        delivery = null;
        if (client.Length == 0)
        {
            result = NotConnected(client);
            return true;
        }
        if (Phase is not (HubPhase.Running or HubPhase.Draining))
        {
            result = new SendResult(SendStatus.Unavailable, client) { Error = "The hub is not running." };
            return true;
        }
        if (EventRules.Check(e, default) is { } fault)
        {
            result = new SendResult(SendStatus.Invalid, client) { Error = fault };
            return true;
        }
        if (TooLarge(e) is { } size)
        {
            result = new SendResult(SendStatus.TooLarge, client) { Error = size };
            return true;
        }
        result = default;
        var anywhere = string.IsNullOrEmpty(zone);
        var local = anywhere ? _connections.FindOnly(client) : _connections.Find(zone!, client);
        // A claimed id may be in use in another zone on another node.
        if (local is null || (anywhere && IsClaimed(local) && !_engine.Claims.IsNodeLocal)) return false;
        result = Take(local, client, e);
        if (result.Status == SendStatus.Accepted) delivery = local;
        return true;
    }

    internal SendResult Deliver(ClientActor client, SseEvent e)
    {
        var result = Take(client, client.ClientId, e);
        if (result.Status == SendStatus.Accepted) client.SignalInline();
        return result;
    }

    private SendResult Take(ClientActor client, string id, SseEvent e)
    {
        var buffer = FrameBuffer.Rent();
        if (e.Id is { Length: > 0 } own && e.HasData) FrameEncoder.WritePublisherId(buffer, own);
        SseEncoder.WriteHead(buffer, e);
        switch (client.Inbox.TryAdd(buffer.Written, dispatched: e.HasData))
        {
            case null:
                return NotConnected(id);
            case false:
                return new SendResult(SendStatus.Full, id) { Zone = client.Zone, Error = $"failed to write to client {id}, its inbox is full" };
        }
        _metrics.CountPublished(1);
        return new SendResult(SendStatus.Accepted, id) { Zone = client.Zone };
    }

    internal static SendResult NotConnected(string client) => new(SendStatus.NotConnected, client) { Error = $"no client with id {client} exists" };

    private ValueTask<PublishResult> AppendAsync(string stream, string shown, SseEvent e, in PublishOptions options, CancellationToken cancellation)
    {
        if (Refusal(shown, e, options) is { } refusal) return new(refusal);
        var item = new AppendItem(e, options);
        return _engine.Streams.TryAppend(stream, item, out var result)
            ? new(Answer(stream, shown, result))
            : AppendSlowlyAsync(stream, shown, item, cancellation);
    }

    private async ValueTask<PublishResult> AppendSlowlyAsync(string stream, string shown, AppendItem item, CancellationToken cancellation)
    {
        var results = new AppendResult[1];
        await _engine.Streams.AppendAsync(stream, new[] { item }, results, cancellation).ConfigureAwait(false);
        return Answer(stream, shown, results[0]);
    }

    private PublishResult Answer(string stream, string shown, in AppendResult result)
    {
        if (result is { Status: PublishStatus.Accepted, Duplicate: false }) _metrics.CountPublished(1);
        return Answer(shown, result, _streams?.ReadersOf(stream) ?? 0);
    }

    private PublishResult Answer(string shown, in AppendResult result, int readers)
    {
        if (result.Status != PublishStatus.Accepted) _metrics.Publishes.Add(1, new KeyValuePair<string, object?>("status", result.Status.ToString()));
        return new PublishResult(result.Status, shown)
        {
            Position = result.Position,
            HasOffset = result.HasOffset,
            Id = result.HasOffset ? result.CallerId : null,
            LocalReaders = readers,
            Duplicate = result.Duplicate,
            Error = result.Error,
        };
    }

    private PublishOptions KeyOf(in PublishOptions options, int place) =>
        !options.KeyCoversRun || options.IdempotencyKey is null || _engine.Streams is IRunKeyEngine
            ? options
            : options with { IdempotencyKey = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{options.IdempotencyKey}.{place}"), KeyCoversRun = false };

    private PublishResult? Refusal(string shown, SseEvent e, in PublishOptions options)
    {
        var phase = Phase;
        // Publishes in flight complete while the node drains.
        if (phase is not (HubPhase.Running or HubPhase.Draining)) return new PublishResult(PublishStatus.Closed, shown) { Error = "The hub is not running." };
        // Data that are not UTF-8 are the stream's decision: the engine knows its options.
        if (EventRules.Check(e, options) is { } fault && EventRules.Check(e, options, base64: true) is not null)
            return new PublishResult(PublishStatus.Invalid, shown) { Error = fault };
        return TooLarge(e) is { } size ? new PublishResult(PublishStatus.TooLarge, shown) { Error = size } : null;
    }

    private string? TooLarge(SseEvent e)
    {
        var size = e.DataBytes?.Length ?? 0;
        return size > Options.MaxEventBytes ? $"The data have {size} bytes; at most {Options.MaxEventBytes} are allowed." : null;
    }

    private string? CheckStreamName(string? stream) => HubNames.Check(stream) ?? Options.StreamNameRule?.Invoke(stream!);

    // What is wrong with an item's target, or null.
    private string? TargetOf(in BatchItem item, out BatchTarget target)
    {
        target = default;
        var targets = (item.Stream is null ? 0 : 1) + (item.Client is null && item.Zone is null ? 0 : 1) + (item.Broadcast ? 1 : 0);
        if (targets != 1) return "An item has exactly one target: stream, client (with or without zone), zone, or broadcast.";
        if (item.Stream is { } stream)
        {
            target = new BatchTarget(stream, stream, null, null);
            return CheckStreamName(stream);
        }
        if (item.Broadcast)
        {
            target = new BatchTarget(HubNames.BroadcastStream, HubNames.BroadcastStream, null, null);
            return null;
        }
        if (item.Zone is not null && HubNames.Check(item.Zone) is { } fault) return fault;
        target = item.Client is null ? new BatchTarget(HubNames.ZoneStream(item.Zone!), item.Zone!, null, null) : new BatchTarget("", "", item.Client, item.Zone);
        return null;
    }

    /// <summary>Where a run of a batch goes: to an engine stream, under the name that the answer shows, or to a client.</summary>
    private readonly record struct BatchTarget(string Stream, string Shown, string? Client, string? Zone);

    private static bool IsClaimed(ClientActor client) => client.Generation != 0;
}
