namespace AkkaSse.Hub;

/// <summary>One connection as lists and callbacks show it. A snapshot.</summary>
public sealed record ClientInfo
{
    /// <summary>The client's id.</summary>
    public required string Id { get; init; }

    /// <summary>Its home zone; null for a connection that belongs to none.</summary>
    public string? Zone { get; init; }

    /// <summary>The node that holds it.</summary>
    public required string Node { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset ConnectedAt { get; init; }

    /// <summary>The streams it reads.</summary>
    public IReadOnlyList<string> Streams { get; init; } = [];

    /// <summary>The zones it listens to besides its own.</summary>
    public IReadOnlyList<string> ListenZones { get; init; } = [];

    /// <summary>The principal's subject.</summary>
    public string? Subject { get; init; }

    /// <summary>The instance it named.</summary>
    public string? Instance { get; init; }

    /// <summary>The remote address.</summary>
    public string? Remote { get; init; }

    /// <summary>The request's path and query.</summary>
    public string? Url { get; init; }

    /// <summary>The last event id it came with.</summary>
    public string? LastEventId { get; init; }

    /// <summary>The request's headers without authorization and cookies; null from another node.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }
}
