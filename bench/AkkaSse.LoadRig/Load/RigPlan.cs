using System.Net;

namespace AkkaSse.LoadRig.Load;

/// <summary>One run, checked. Immutable.</summary>
internal sealed record RigPlan
{
    internal const int MaxConnections = 60_000;
    internal const long MaxEvents = 50_000_000;
    internal const double MaxSeconds = 300;
    internal const int MaxBatch = 10_000;

    internal required RigMode Mode { get; init; }

    /// <summary>Where readers connect.</summary>
    internal required IPEndPoint Server { get; init; }

    /// <summary>Where events are published: the same server, or another node of it.</summary>
    internal required IPEndPoint PublishServer { get; init; }

    /// <summary>Events of one stream in one publish, one per line of its body.</summary>
    internal int Batch { get; init; } = 1;

    /// <summary>Template of a reader's path: <c>{s}</c> is the stream's number, <c>{c}</c> the connection's.</summary>
    internal required string Path { get; init; }

    internal required string PublishPath { get; init; }

    internal required string PublishMethod { get; init; }

    /// <summary>Template of a publish's body: <c>{payload}</c> is the event.</summary>
    internal required string PublishBody { get; init; }

    internal IReadOnlyList<string> ReaderHeaders { get; init; } = [];

    internal IReadOnlyList<string> PublishHeaders { get; init; } = [];

    internal required int Connections { get; init; }

    internal required int Streams { get; init; }

    internal required int Size { get; init; }

    internal required long Events { get; init; }

    internal required long Warmup { get; init; }

    /// <summary>Events per second, sent when they are due whatever the server does; 0 for as fast as it answers.</summary>
    internal required double Rate { get; init; }

    internal required int Publishers { get; init; }

    /// <summary>Publishes without an answer per connection.</summary>
    internal required int Depth { get; init; }

    /// <summary>At most so many events undelivered; 0 for no bound.</summary>
    internal required int Window { get; init; }

    /// <summary>Readers that stop reading.</summary>
    internal required int Stalled { get; init; }

    /// <summary>Connects under way at a time.</summary>
    internal required int Burst { get; init; }

    internal required double PublishSeconds { get; init; }

    internal required double DrainSeconds { get; init; }

    internal required double ConnectSeconds { get; init; }

    internal required double IdleSeconds { get; init; }

    internal IReadOnlyList<int> ServerPids { get; init; } = [];

    /// <summary>Memory is what is left after a full collection, in servers that have one.</summary>
    internal bool Collect { get; init; }

    internal bool Spin { get; init; }

    internal string Label { get; init; } = "";

    internal bool Publishes => Mode is not (RigMode.Idle or RigMode.Storm);

    internal bool AtRandom => Mode == RigMode.Targeted;

    /// <summary>Bits that the ledger needs per reader. At random one stream gets more than its share; three times is never met in
    /// practice.</summary>
    internal long MaxEventsPerStream
    {
        get
        {
            if (!Publishes) return 1;
            var share = (Math.Max(Events, Warmup) + Streams - 1) / Streams;
            return (AtRandom ? (share * 3) + 256 : share + 1) + Batch;
        }
    }

    internal IEnumerable<string> Faults()
    {
        foreach (var server in new[] { Server, PublishServer })
        {
            if (!IPAddress.IsLoopback(server.Address))
                yield return $"{server.Address} is not a loopback address; the rig loads no other machine.";
            if (server.Port is < 1 or > 65535) yield return $"The port {server.Port} is none; 1 to 65535 are.";
        }
        if (Connections is < 0 or > MaxConnections) yield return $"--conns is {Connections}; 0 to {MaxConnections} are allowed.";
        if (Streams < 1 || (Connections > 0 && Streams > Connections))
            yield return $"--streams is {Streams}; 1 to the number of connections are allowed.";
        if (Size is < Payload.MinSize or > 1 << 20) yield return $"--size is {Size}; {Payload.MinSize} to {1 << 20} bytes are allowed.";
        if (Events is < 0 or > MaxEvents || Warmup is < 0 or > MaxEvents) yield return $"--events and --warmup must be 0 to {MaxEvents}.";
        if (Rate is < 0 or > 10_000_000) yield return "--rate must be 0 to 10000000 events per second.";
        if (Publishers is < 1 or > 4096) yield return $"--pub-conns is {Publishers}; 1 to 4096 are allowed.";
        if (Depth is < 1 or > 4096) yield return $"--pub-depth is {Depth}; 1 to 4096 are allowed.";
        if (Batch is < 1 or > MaxBatch) yield return $"--batch is {Batch}; 1 to {MaxBatch} are allowed.";
        if (Collect && ServerPids.Count == 0) yield return "--collect needs --server-pid.";
        if (Window < 0) yield return "--window must be 0 (no bound) or more.";
        if (Stalled < 0 || (Stalled > 0 && Stalled >= Connections))
            yield return $"--stalled is {Stalled}; fewer than the connections are allowed.";
        if (Burst < 1) yield return "--burst must be 1 or more.";
        foreach (var (name, seconds) in new[] { ("--max-secs", PublishSeconds), ("--drain-secs", DrainSeconds),
            ("--connect-secs", ConnectSeconds), ("--idle-secs", IdleSeconds) })
        {
            if (seconds is not (>= 0 and <= MaxSeconds)) yield return $"{name} is {seconds}; 0 to {MaxSeconds} seconds are allowed.";
        }
        if (!PublishBody.Contains("{payload}", StringComparison.Ordinal)) yield return "--pub-body has no {payload}.";
        foreach (var header in ReaderHeaders.Concat(PublishHeaders))
        {
            if (!header.Contains(": ", StringComparison.Ordinal) || header.Contains('\r', StringComparison.Ordinal)
                || header.Contains('\n', StringComparison.Ordinal))
                yield return $"'{header}' is no header; 'Name: value' is.";
        }
    }
}
