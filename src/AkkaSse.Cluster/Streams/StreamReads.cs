using System.Text;
using AkkaSse.Hub;

namespace AkkaSse.Cluster.Streams;

/// <summary>Reads what a stream retains: seeks, then walks over at most a page. Pure.</summary>
internal static class StreamReads
{
    /// <summary>Events after a position, as every engine reads them.</summary>
    /// <param name="state">The stream.</param>
    /// <param name="epoch">Of the position; null: from the oldest event.</param>
    /// <param name="offset">Of the position.</param>
    /// <param name="limit">At most so many events.</param>
    /// <param name="bytes">The page ends after the event that makes it larger.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    internal static (HistoryState State, EventRun[] Runs, bool More) Read(
        StreamState state, string? epoch, long offset, int limit, int bytes, long now)
    {
        if (!state.Present) return (HistoryState.NoStream, [], false);
        state.Sweep(now);
        var result = HistoryState.Complete;
        var next = state.First;
        if (epoch is not null && (epoch != StreamPosition.NoEpoch || offset != 0))
        {
            if (epoch != state.Epoch || offset > state.Head) result = HistoryState.EpochChanged;
            else next = offset + 1;
        }
        else if (epoch is not null)
        {
            next = state.Base + 1;
        }
        if (next < state.First)
        {
            if (next <= state.LostThrough) result = HistoryState.Trimmed;
            next = state.First;
        }
        var (runs, more) = Take(state, next, state.Head, limit, bytes, now);
        return (result == HistoryState.Complete && more ? HistoryState.More : result, runs, more);
    }

    /// <summary>Events from one offset to another, inclusive, expired ones included.</summary>
    internal static EventRun[] Page(StreamState state, long from, long to, int bytes)
    {
        var runs = new List<EventRun>();
        var size = 0;
        for (var i = state.Runs.IndexOf(from); i < state.Runs.Count && state.Runs[i].First <= to && size < bytes; i++)
        {
            var run = state.Runs[i].From(from).Through(to);
            // A run alone may be as large as a message; a page has at least that.
            if (size > 0 && size + run.Blob.Length > bytes) break;
            size += run.Blob.Length;
            runs.Add(run);
        }
        return [.. runs];
    }

    /// <summary>Offset of the first retained event at or after a time; Head + 1 when there is none.</summary>
    internal static long FirstAt(StreamState state, long at)
    {
        // Times grow with offsets but for what the clocks of two owners differ.
        int low = 0, high = state.Runs.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (state.Runs[middle].At < at) low = middle + 1;
            else high = middle;
        }
        return low < state.Runs.Count ? state.Runs[low].First : state.Head + 1;
    }

    /// <summary>Offset of the newest retained event with an id of its publisher in the id line; 0 when there is none.</summary>
    internal static long FindId(StreamState state, string id)
    {
        var wanted = Encoding.UTF8.GetBytes(id);
        for (var i = state.Runs.Count - 1; i >= 0; i--)
        {
            var run = state.Runs[i];
            if ((run.Flags & RunFlags.CallerIds) == 0) continue;
            var found = 0L;
            var at = 0;
            for (var offset = run.First; offset <= run.Last; offset++)
            {
                if (EventBlob.HasIdAt(run.Blob.Span, at, wanted)) found = offset;
                at += EventBlob.SizeAt(run.Blob.Span, at);
            }
            if (found != 0) return found;
        }
        return 0;
    }

    private static (EventRun[] Runs, bool More) Take(StreamState state, long from, long to, int limit, int bytes, long now)
    {
        var runs = new List<EventRun>();
        var live = 0;
        var size = 0;
        var next = from;
        for (var i = state.Runs.IndexOf(from); i < state.Runs.Count && live < limit && size < bytes; i++)
        {
            var run = state.Runs[i].From(next);
            var at = 0;
            var through = run.First - 1;
            while (through < run.Last && live < limit && size < bytes)
            {
                var length = EventBlob.SizeAt(run.Blob.Span, at);
                if (state.IsLive(run, at, now))
                {
                    if (size > 0 && size + length > bytes) return (End(), true);
                    live++;
                    size += length;
                }
                at += length;
                through++;
            }
            next = through + 1;
            if (through >= run.First) runs.Add(run.Through(through));

            EventRun[] End()
            {
                if (through >= run.First) runs.Add(run.Through(through));
                return [.. runs];
            }
        }
        return ([.. runs], next <= to);
    }
}
