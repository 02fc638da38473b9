namespace AkkaSse.Hub.Streams;

/// <summary>Decides where a cursor begins. Pure; called under the log's lock.</summary>
internal static class StartResolver
{
    internal static CursorStart Resolve(LogGeneration g, bool replay, ReaderStart reader, long now)
    {
        if (reader.Next is { } next) return new(Math.Clamp(next, g.RetainedFirst, g.Head + 1), null);
        if (reader.UnknownId) return new(AfterUnknown(g, reader), new Gap(GapReason.UnknownId, g.Epoch, null, null));
        if (reader.Token is { } token)
        {
            if (token.IsBeforeFirst) return After(g, g.Base, reader);
            return token.EpochTag == g.EpochTag
                ? After(g, token.Offset, reader)
                : new(AfterUnknown(g, reader), new Gap(GapReason.EpochChanged, g.Epoch, token.Offset + 1, null));
        }
        if (reader.Decimal is { } id) return AfterDecimal(g, id, reader);
        var start = reader.Start;
        return start.Kind switch
        {
            StartKind.Earliest => new(replay ? g.RetainedFirst : g.Head + 1, null),
            StartKind.Last => new(replay ? Math.Max(g.RetainedFirst, g.Head - Math.Min(start.Number, g.Head) + 1) : g.Head + 1, null),
            StartKind.Age => new(replay ? StreamLog.FirstAt(g, now - (long)start.Age.TotalMilliseconds) : g.Head + 1, null),
            StartKind.Time => new(replay ? StreamLog.FirstAt(g, start.Time.ToUnixTimeMilliseconds()) : g.Head + 1, null),
            StartKind.Offset => After(g, start.Number, reader),
            StartKind.Position => AfterPosition(g, start.Position, reader),
            _ => new(g.Head + 1, null),
        };
    }

    private static CursorStart AfterPosition(LogGeneration g, StreamPosition position, ReaderStart reader)
    {
        if (position.IsBeforeFirst) return After(g, g.Base, reader);
        if (position.Epoch == g.Epoch) return After(g, position.Offset, reader);
        return new(AfterUnknown(g, reader), new Gap(GapReason.EpochChanged, g.Epoch, position.Offset + 1, null, position.Epoch));
    }

    // Below the base: an id of an older epoch, recognisably old.
    private static CursorStart AfterDecimal(LogGeneration g, long id, ReaderStart reader) =>
        id < g.IdBase + g.Base
            ? new(AfterUnknown(g, reader), new Gap(GapReason.EpochChanged, g.Epoch, null, null))
            : After(g, id - g.IdBase, reader);

    private static CursorStart After(LogGeneration g, long offset, ReaderStart reader)
    {
        if (offset > g.Head || offset < g.Base) return new(AfterUnknown(g, reader), new Gap(GapReason.UnknownId, g.Epoch, null, null));
        var next = offset + 1;
        if (next > g.RetainedLost) return new(Math.Max(next, g.RetainedFirst), null);
        // A reader that asked for the latest goes on at the head, and misses what is retained too.
        if (reader.Fallback.Kind == StartKind.Latest) return new(g.Head + 1, Missing(g, next, GapReason.Trimmed) with { To = g.Head });
        return new(g.RetainedFirst, Missing(g, next, GapReason.Trimmed));
    }

    /// <summary>The gap of a reader that wanted <paramref name="next"/> and finds it gone.</summary>
    internal static Gap Missing(LogGeneration g, long next, GapReason otherwise) =>
        new(g.RetainedLost <= g.RetainedCleared ? GapReason.Cleared : otherwise, g.Epoch, next, g.RetainedLost);

    private static long AfterUnknown(LogGeneration g, ReaderStart reader) =>
        reader.Fallback.Kind == StartKind.Latest ? g.Head + 1 : g.RetainedFirst;
}
