namespace AkkaSse.Hub.Streams;

/// <summary>Reads a page of a log. A seek, then a walk over at most the page.</summary>
internal static class HistoryReader
{
    internal static HistoryPage Read(StreamLog log, StreamPosition? after, int limit, long now) =>
        log.Locked((after, limit, now), static (g, s) =>
    {
        if (g is null) return new HistoryPage { State = HistoryState.NoStream, Events = [], Head = StreamPosition.BeforeFirst };
        var (state, next) = HistoryPage.StartOf(s.after, g.HeadPosition, g.First, g.Base, g.LostThrough);
        var events = new List<HistoryEvent>(Math.Min(s.limit, 1000));
        var chunk = g.Chunks.Find(next);
        while (chunk is not null && events.Count < s.limit && next <= g.Head)
        {
            chunk.ReadCommitted(out var frames, out var used);
            var index = chunk.Index!;
            for (var f = chunk.Find(next); f < frames && events.Count < s.limit; f++)
            {
                var end = f + 1 < frames ? index[f + 1].Start : used;
                if (chunk.IsTransient(index, f, end)) continue;
                var offset = chunk.BaseOffset + index[f].OffsetDelta;
                if (chunk.ExpiryOf(f) is var expiry && expiry != 0 && expiry <= s.now)
                {
                    next = offset + 1;
                    continue;
                }
                var id = FrameDecoder.IdOf(chunk.Bytes.AsSpan(index[f].IdStart, end - index[f].IdStart));
                var own = new StreamPosition(g.Epoch, offset);
                var isOwn = id == own.ToString();
                events.Add(new HistoryEvent
                {
                    Position = own,
                    Id = id,
                    At = DateTimeOffset.FromUnixTimeMilliseconds(chunk.FirstAt + index[f].AtDelta),
                    Event = FrameDecoder.Decode(chunk.Bytes.AsSpan(index[f].Start, index[f].IdStart - index[f].Start), isOwn ? null : id),
                });
                next = offset + 1;
            }
            chunk = chunk.Next;
        }
        var more = next <= g.Head;
        return new HistoryPage
        {
            State = state == HistoryState.Complete && more ? HistoryState.More : state,
            Events = events,
            Head = g.HeadPosition,
            First = g.First,
            HasMore = more,
        };
    });
}
