using System.Collections.Concurrent;
using AkkaSse.Engine.Specs;
using AkkaSse.Hub;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests.Support;

/// <summary>
/// Publishes on some nodes and reads on others, and checks that everybody saw the same and that nothing acknowledged is missing or doubled.
/// </summary>
internal sealed class PublishLoad : IAsyncDisposable
{
    private readonly string[] _streams;
    private readonly ConcurrentDictionary<(string Stream, string Data), StreamPosition> _accepted = new();
    private readonly ConcurrentDictionary<(string Stream, string Data), bool> _unknown = new();
    private readonly List<Task> _publishers = [];
    private readonly List<Reader> _readers = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _end = new();

    internal PublishLoad(int streams) => _streams = [.. Enumerable.Range(0, streams).Select(static i => $"s{i}")];

    internal int Accepted => _accepted.Count;

    internal int Unknown => _unknown.Count;

    /// <summary>Answers other than accepted, with the first error of each kind.</summary>
    internal ConcurrentDictionary<PublishStatus, string?> Refusals { get; } = new();

    internal void PublishOn(EngineNode node, string name, bool keyed = false)
    {
        foreach (var stream in _streams) _publishers.Add(Task.Run(() => PublishAsync(node, name, stream, keyed)));
    }

    internal void ReadOn(EngineNode node)
    {
        foreach (var stream in _streams) _readers.Add(new Reader(stream, node, _end.Token));
    }

    /// <summary>Every publisher has had so many further events accepted.</summary>
    internal async Task MoreAsync(int events, string what)
    {
        var from = Accepted;
        await Eventually.Until(
            () => Accepted >= from + events,
            () => $"{events} further events {what}; {Accepted - from} were accepted. {string.Join("; ", Refusals)}", () => Accepted);
    }

    internal async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_publishers);
    }

    /// <summary>All nodes have the same, readers saw it once and in order, and everything accepted is where it was said to be.</summary>
    internal async Task CheckAsync(IReadOnlyList<EngineNode> nodes)
    {
        foreach (var stream in _streams)
        {
            var events = await ReadAllAsync(nodes[0], stream);
            foreach (var node in nodes.Skip(1))
                (await ReadAllAsync(node, stream)).ShouldBe(events, $"{stream} on {node.Hub.Options.NodeName}");
            events.Select(static e => e.Position.Epoch).Distinct().Count().ShouldBe(1, $"{stream} has one epoch");
            events.Select(static e => e.Position.Offset).ShouldBe(
                Enumerable.Range(1, events.Count).Select(static i => (long)i), $"offsets of {stream}");
            events.Select(static e => e.Data).Distinct().Count().ShouldBe(events.Count, $"{stream} has an event twice");
            var at = events.ToDictionary(static e => e.Data, static e => e.Position);
            foreach (var ((of, data), position) in _accepted)
            {
                if (of != stream) continue;
                at.TryGetValue(data, out var found).ShouldBeTrue($"{data} of {stream} was accepted at {position} and is lost");
                found.ShouldBe(position, $"{data} of {stream}");
            }
            foreach (var (data, _) in events)
                (_accepted.ContainsKey((stream, data)) || _unknown.ContainsKey((stream, data))).ShouldBeTrue(
                    $"{data} of {stream} was refused and is there");
            foreach (var reader in _readers.Where(r => r.Stream == stream))
            {
                await Eventually.Until(
                    () => reader.Count >= events.Count,
                    () => $"a reader of {stream} on {reader.Node} to have {events.Count} events; it has " +
                        $"{reader.Count}, the last {reader.Last}", () => reader.Count);
                reader.Seen.ShouldBe(events.Select(static e => e.Data), $"a reader of {stream} on {reader.Node}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _end.CancelAsync();
        await Task.WhenAll(_readers.Select(static r => r.Task));
        _stop.Dispose();
        _end.Dispose();
    }

    private static async Task<List<(string Data, StreamPosition Position)>> ReadAllAsync(EngineNode node, string stream)
    {
        var all = new List<(string, StreamPosition)>();
        StreamPosition? after = null;
        while (true)
        {
            HistoryPage page = null!;
            await Eventually.Until(
                async () => (page = await node.Streams.ReadAsync(stream, after, 1000, default)).State is not (HistoryState.NoStream
                or HistoryState.Unavailable), $"{stream} to be readable on {node.Hub.Options.NodeName}");
            all.AddRange(page.Events.Select(static e => (e.Event.Data!, e.Position)));
            if (!page.HasMore) return all;
            after = page.Events[^1].Position;
        }
    }

    private async Task PublishAsync(EngineNode node, string name, string stream, bool keyed)
    {
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            var data = $"{name}/{i}";
            while (true)
            {
                var result = await node.AppendAsync(stream, data, keyed ? new PublishOptions { IdempotencyKey = data } : default);
                if (result.Status == PublishStatus.Accepted)
                {
                    _accepted[(stream, data)] = result.Position;
                    break;
                }
                Refusals.TryAdd(result.Status, result.Error);
                if (result.Status == PublishStatus.OutcomeUnknown)
                {
                    _unknown[(stream, data)] = true;
                    // With a key it is safe to ask again; without, nobody may.
                    if (!keyed) break;
                }
                // Its node has ended.
                if (_stop.IsCancellationRequested || result.Status == PublishStatus.Closed) return;
                await Task.Delay(20);
            }
        }
    }

    private sealed class Reader
    {
        private readonly List<string> _seen = [];

        internal Reader(string stream, EngineNode node, CancellationToken end)
        {
            Stream = stream;
            Node = node.Hub.Options.NodeName;
            Task = Task.Run(async () =>
            {
                try
                {
                    await foreach (var e in node.Hub.ListenAsync(stream, StartPosition.Earliest, end))
                    {
                        lock (_seen) _seen.Add(e.Type is null ? e.Data! : $"{e.Type} {e.Data}");
                    }
                }
                catch (OperationCanceledException)
                {
                    // The end.
                }
            }, CancellationToken.None);
        }

        internal string Stream { get; }

        internal string Node { get; }

        internal Task Task { get; }

        internal int Count
        {
            get
            {
                lock (_seen) return _seen.Count;
            }
        }

        internal string? Last
        {
            get
            {
                lock (_seen) return _seen.LastOrDefault();
            }
        }

        internal List<string> Seen
        {
            get
            {
                lock (_seen) return [.. _seen];
            }
        }
    }
}
