using System.Text.Json.Serialization;

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

    /// <summary>
    /// Rises with each connection that takes the subscription, on whatever node: the connection with the highest one serves it, and others
    /// save nothing. Follows the clock in microseconds, so that a subscription that ended and came again has a higher one.
    /// </summary>
    [JsonInclude]
    internal long Generation { get; init; }

    /// <summary>The node of the connection that serves it; null for none.</summary>
    [JsonInclude]
    internal string? Node { get; init; }
}
