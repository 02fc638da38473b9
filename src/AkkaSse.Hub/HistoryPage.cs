namespace AkkaSse.Hub;

/// <summary>A page of history.</summary>
public sealed record HistoryPage
{
    /// <summary>How complete it is.</summary>
    public required HistoryState State { get; init; }

    /// <summary>The events in order.</summary>
    public required IReadOnlyList<HistoryEvent> Events { get; init; }

    /// <summary>The stream's head when the page was read.</summary>
    public StreamPosition Head { get; init; }

    /// <summary>Offset of the oldest retained event when the page was read.</summary>
    public long First { get; init; }

    /// <summary>True when events follow this page.</summary>
    public bool HasMore { get; init; }
}
