using AkkaSse.Hub.Engine;

namespace AkkaSse.Hub;

/// <summary>Where a node is in its life.</summary>
public enum HubPhase
{
    /// <summary>Not started.</summary>
    Created,

    /// <summary>Serves.</summary>
    Running,

    /// <summary>Refuses newcomers; readers were told to go elsewhere.</summary>
    Draining,

    /// <summary>Ended.</summary>
    Stopped,
}

/// <summary>What this node carries now. A snapshot.</summary>
public sealed record NodeLoad
{
    /// <summary>The node's name.</summary>
    public required string Node { get; init; }

    /// <summary>Its phase.</summary>
    public required HubPhase Phase { get; init; }

    /// <summary>The engine's name.</summary>
    public required string Engine { get; init; }

    /// <summary>The engine's state.</summary>
    public required EngineState EngineState { get; init; }

    /// <summary>Open connections.</summary>
    public int Connections { get; init; }

    /// <summary>Streams with a log or readers on this node.</summary>
    public int Streams { get; init; }

    /// <summary>Events appended through this node since its start.</summary>
    public long Published { get; init; }

    /// <summary>Bytes of all logs on this node.</summary>
    public long LogBytes { get; init; }

    /// <summary>Live actors: streams, lanes and clients. 0 when nothing is connected and no stream is attached.</summary>
    public int Actors { get; init; }
}

/// <summary>A managed subscription: a client-chosen id, a set of streams, and positions kept by the hub.</summary>
public sealed record ManagedSubscription
{
    /// <summary>The id, by the rule for names.</summary>
    public required string Id { get; init; }

    /// <summary>Its streams, 1 to <see cref="HubOptions.MaxStreamsPerConnection"/> × 8.</summary>
    public required IReadOnlyList<string> Streams { get; init; }

    /// <summary>The heartbeat of its connections; null for the hub's.</summary>
    public TimeSpan? Heartbeat { get; init; }

    /// <summary>Who created it; only the same subject may use it. Null: anybody.</summary>
    public string? Subject { get; init; }

    /// <summary>Positions by stream: what has been written to its connection.</summary>
    public IReadOnlyDictionary<string, StreamPosition> Positions { get; init; } = new Dictionary<string, StreamPosition>();
}

/// <summary>How creating a managed subscription ended.</summary>
public enum ManagedSubscriptionStatus
{
    /// <summary>It did not exist.</summary>
    Created,

    /// <summary>It existed for this subject and now has these streams.</summary>
    Updated,

    /// <summary>The id belongs to another subject.</summary>
    Conflict,

    /// <summary>Something is invalid.</summary>
    Invalid,

    /// <summary>A stream does not exist and may not be waited for.</summary>
    NoStream,

    /// <summary>The engine is away.</summary>
    Unavailable,
}

/// <summary>The answer to creating a managed subscription.</summary>
public readonly record struct ManagedSubscriptionResult(ManagedSubscriptionStatus Status, string? Error = null);

/// <summary>What a thin edge needs of the hub besides <see cref="ISseHub"/>. Thread-safe.</summary>
public interface IHubEdge
{
    /// <summary>The hub itself.</summary>
    ISseHub Hub { get; }

    /// <summary>The node's options; not changed after the start.</summary>
    HubOptions Options { get; }

    /// <summary>The node's phase.</summary>
    HubPhase Phase { get; }

    /// <summary>The engine's state.</summary>
    EngineState EngineState { get; }

    /// <summary>What this node carries now.</summary>
    NodeLoad Load { get; }

    /// <summary>
    /// Decides whether a connection may run, registers its client id and fixes its start positions. The edge authorises before it calls,
    /// and then either runs the connection or disposes it.
    /// </summary>
    ValueTask<Admission> ConnectAsync(SubscribeRequest request, CancellationToken cancellation);

    /// <summary>The cluster's nodes.</summary>
    ValueTask<IReadOnlyList<NodeInfo>> NodesAsync(CancellationToken cancellation);

    /// <summary>The load of a node; null when it does not answer within 2 s.</summary>
    ValueTask<NodeLoad?> LoadOfAsync(string node, CancellationToken cancellation);

    /// <summary>Creates or changes a managed subscription.</summary>
    ValueTask<ManagedSubscriptionResult> PutSubscriptionAsync(ManagedSubscription subscription, CancellationToken cancellation);

    /// <summary>A managed subscription, or null when there is none.</summary>
    ValueTask<EngineAnswer<ManagedSubscription?>> GetSubscriptionAsync(string id, CancellationToken cancellation);

    /// <summary>Ends a managed subscription and its connection. False when it did not exist.</summary>
    ValueTask<EngineAnswer<bool>> DeleteSubscriptionAsync(string id, string? subject, CancellationToken cancellation);

    /// <summary>How long a refused newcomer should wait: the hub's retry plus up to the drain window at random.</summary>
    TimeSpan RefusalRetry();
}
