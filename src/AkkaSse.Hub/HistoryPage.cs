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

    /// <summary>Where a page begins, and what is known of it before its events are read. The same on every engine. Pure.</summary>
    /// <param name="after">What the caller has; null: the page begins at the oldest retained event.</param>
    /// <param name="head">The stream's head.</param>
    /// <param name="first">Offset of the oldest retained event; head + 1 when there is none.</param>
    /// <param name="epochBase">The offset before the first event of the epoch.</param>
    /// <param name="lostThrough">The last offset that readers have missed when they stand before it: trimmed or cleared.</param>
    /// <returns>
    /// The offset of the page's first event, and <see cref="HistoryState.Complete"/>, <see cref="HistoryState.Trimmed"/> when events before
    /// it are gone, or <see cref="HistoryState.EpochChanged"/> when <paramref name="after"/> is of another epoch or beyond the head.
    /// </returns>
    public static (HistoryState State, long Next) StartOf(
        StreamPosition? after, StreamPosition head, long first, long epochBase, long lostThrough)
    {
        var next = first;
        if (after is { IsBeforeFirst: false } position)
        {
            if (position.Epoch != head.Epoch || position.Offset > head.Offset) return (HistoryState.EpochChanged, first);
            next = position.Offset + 1;
        }
        else if (after is not null)
        {
            next = epochBase + 1;
        }
        if (next >= first) return (HistoryState.Complete, next);
        return (next <= lostThrough ? HistoryState.Trimmed : HistoryState.Complete, first);
    }
}
