using System.Diagnostics;
using System.Globalization;
using AkkaSse.Hub;
using AkkaSse.Protocol;

namespace AkkaSse.EngineRig;

/// <summary>An event was lost, doubled or disordered: the run measured nothing.</summary>
internal sealed class WrongResultException(string message) : Exception(message);

/// <summary>The two figures, each of checked events.</summary>
internal static class Measure
{
    private static readonly string s_data = new('x', 200);

    /// <summary>Eight publishers on each node but the last, readers on the last.</summary>
    internal static async Task<string> ThroughputAsync(IReadOnlyList<ISseHub> hubs, int streams, int batch, TimeSpan time)
    {
        var names = Names(streams);
        // The first publish makes the stream and finds its owner.
        foreach (var name in names) await AcceptedAsync(hubs[0], name);
        using var stop = new CancellationTokenSource();
        long appended = streams, delivered = 0;
        async Task ReadAsync(string name)
        {
            var last = 0L;
            try
            {
                await foreach (var e in hubs[^1].ListenAsync(name, StartPosition.Earliest, stop.Token))
                {
                    if (OffsetOf(e) != ++last) throw new WrongResultException($"{name}: {e.Type} {e.LastEventId} where {last} was to come");
                    Interlocked.Increment(ref delivered);
                }
            }
            catch (OperationCanceledException)
            {
                // The end.
            }
        }

        async Task PublishAsync(ISseHub hub, int first, long begun)
        {
            for (var i = first; Stopwatch.GetElapsedTime(begun) < time; i += 3)
            {
                var items = Enumerable.Range(0, batch).Select(
                    _ => new BatchItem { Stream = names[i % streams], Event = new SseEvent { Data = s_data } }).ToList();
                // In the first seconds of a cluster owners move: what is refused as unavailable was certainly not appended.
                foreach (var result in await hub.PublishBatchAsync(items))
                {
                    if (result.IsAccepted) Interlocked.Increment(ref appended);
                    else if (result.Publish?.Status != PublishStatus.Unavailable)
                        throw new WrongResultException($"A publish was answered {result.Publish}");
                }
            }
        }

        var readers = names.Select(name => Task.Run(() => ReadAsync(name))).ToList();
        var begun = Stopwatch.GetTimestamp();
        await Task.WhenAll(hubs.SkipLast(1).SelectMany(
            (hub, n) => Enumerable.Range(0, 8).Select(p => Task.Run(() => PublishAsync(hub, p + n, begun)))));
        while (Volatile.Read(ref delivered) < appended && readers.TrueForAll(static r => !r.IsFaulted)) await Task.Delay(1);
        var took = Stopwatch.GetElapsedTime(begun);
        await stop.CancelAsync();
        await Task.WhenAll(readers);
        if (delivered != appended) throw new WrongResultException($"{appended} events; {delivered} were delivered");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{hubs.Count} nodes, {streams} streams, batches of {batch}: {(appended - streams) / took.TotalSeconds:N0} events/s of 200 " +
            $"bytes published and delivered on another node");
    }

    /// <summary>One publish after the other on the first node, read on the last.</summary>
    internal static async Task<string> LatencyAsync(IReadOnlyList<ISseHub> hubs, TimeSpan time)
    {
        var name = Names(1)[0];
        await AcceptedAsync(hubs[0], name);
        await using var reader = hubs[^1].ListenAsync(name, StartPosition.Earliest).GetAsyncEnumerator();
        await reader.MoveNextAsync();
        var latencies = new List<double>();
        for (var begun = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begun) < time;)
        {
            var at = Stopwatch.GetTimestamp();
            var publish = hubs[0].PublishAsync(name, new SseEvent { Data = "x" });
            if (!await reader.MoveNextAsync() || OffsetOf(reader.Current) != latencies.Count + 2)
                throw new WrongResultException($"{reader.Current.Type} {reader.Current.LastEventId} after {latencies.Count + 1}");
            latencies.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
            if (await publish is { IsAccepted: false } refused) throw new WrongResultException($"A publish was refused: {refused}");
        }
        latencies.Sort();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"publish to a reader on another node: p50 " +
            $"{latencies[latencies.Count / 2]:0.00} ms, p99 {latencies[latencies.Count * 99 / 100]:0.00} ms, {latencies.Count} publishes");
    }

    private static long OffsetOf(SseEvent e) => long.Parse(e.LastEventId.Split('-')[0], CultureInfo.InvariantCulture);

    private static string[] Names(int count) => [.. Enumerable.Range(0, count).Select(static _ => $"engine-rig-{Guid.NewGuid():n}")];

    /// <summary>Waits until the engine of this node has come up; what is refused meanwhile was not published.</summary>
    internal static Task ReadyAsync(ISseHub hub) => AcceptedAsync(hub, Names(1)[0]);

    private static async Task AcceptedAsync(ISseHub hub, string name)
    {
        while (!(await hub.PublishAsync(name, new SseEvent { Data = "first" })).IsAccepted) await Task.Delay(50);
    }
}
