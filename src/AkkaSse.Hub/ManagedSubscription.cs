namespace AkkaSse.Hub;

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
