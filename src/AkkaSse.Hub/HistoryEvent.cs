using AkkaSse.Protocol;

namespace AkkaSse.Hub;

/// <summary>One retained event.</summary>
public sealed record HistoryEvent
{
    /// <summary>Where it stands.</summary>
    public required StreamPosition Position { get; init; }

    /// <summary>The wire id that a reader of this one stream sees.</summary>
    public required string Id { get; init; }

    /// <summary>When it was published.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The event.</summary>
    public required SseEvent Event { get; init; }
}
