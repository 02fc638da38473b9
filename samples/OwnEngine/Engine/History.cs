using AkkaSse.Hub;
using AkkaSse.Hub.Streams;

namespace OwnEngine.Engine;

/// <summary>What lists and pages of history show of a stream.</summary>
internal static class History
{
    /// <summary>Events after a position. The page says whether it is complete: a reader must not take a part for the whole.</summary>
    internal static HistoryPage Read(ListStream stream, StreamPosition? after, int limit, long now)
    {
        var state = HistoryState.Complete;
        var next = stream.First;
        if (after is { IsBeforeFirst: true }) next = 1;
        else if (after is { } position && position.Epoch == stream.Epoch && position.Offset <= stream.Head) next = position.Offset + 1;
        else if (after is not null) state = HistoryState.EpochChanged;

        if (next < stream.First)
        {
            if (next <= stream.LostThrough) state = HistoryState.Trimmed;
            next = stream.First;
        }

        var events = new List<HistoryEvent>();
        for (; next <= stream.Head && events.Count < limit; next++)
        {
            var stored = stream.At(next);
            if (!ListStream.IsExpired(stored, now)) events.Add(HistoryEvent.Of(stream.Epoch!, stored));
        }
        var more = next <= stream.Head;
        return new HistoryPage
        {
            State = state == HistoryState.Complete && more ? HistoryState.More : state,
            Events = events,
            Head = stream.Position,
            First = stream.First,
            HasMore = more,
        };
    }

    internal static StreamInfo Describe(ListStream stream) => new()
    {
        Name = stream.Name,
        Epoch = stream.Epoch!,
        Head = stream.Head,
        First = stream.First,
        Bytes = stream.Bytes,
        Options = stream.Options,
        Declared = stream.Declared,
        CreatedAt = stream.CreatedAt,
    };
}
