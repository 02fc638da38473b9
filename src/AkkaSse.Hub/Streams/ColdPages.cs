using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Diagnostics;

namespace AkkaSse.Hub.Streams;

/// <summary>
/// The history of one epoch that lies with the engine and not in the local log: what is retained there, and the pages of it that are here.
/// A cursor that meets a missing page is signalled when it has come; the page is read once for all who want it.
/// </summary>
internal sealed class ColdPages(string epoch, IColdSource source, ColdCache cache, Func<StreamOptions> options, Action<Exception> fault)
{
    /// <summary>Pages are aligned to ranges of so many offsets, so that readers at different places want the same pages.</summary>
    internal const int PageEvents = 256;

    private readonly Dictionary<long, List<Actor>> _pending = [];
    private long _first = 1;
    private long _lostThrough;
    private long _clearedThrough;

    /// <summary>Offset of the oldest event that the engine retains.</summary>
    internal long First => Volatile.Read(ref _first);

    /// <summary>The highest offset that the engine has trimmed although it had not expired.</summary>
    internal long LostThrough => Volatile.Read(ref _lostThrough);

    internal long ClearedThrough => Volatile.Read(ref _clearedThrough);

    /// <summary>The engine's retention has moved; never backwards.</summary>
    internal void Retain(long first, long lostThrough, long clearedThrough)
    {
        var forget = false;
        lock (cache.Gate)
        {
            forget = clearedThrough > _clearedThrough;
            Volatile.Write(ref _clearedThrough, Math.Max(_clearedThrough, clearedThrough));
            Volatile.Write(ref _lostThrough, Math.Max(_lostThrough, lostThrough));
            Volatile.Write(ref _first, Math.Max(_first, first));
        }
        if (forget) cache.Forget(this);
    }

    internal void End() => cache.Forget(this);

    /// <summary>
    /// The frame of a retained offset. False: it was asked for, and the owner is signalled; or retention has passed it, and the owner looks
    /// again.
    /// </summary>
    /// <param name="offset">Before the local log's first.</param>
    /// <param name="through">The last offset before the local log: a page that went on would put its reader ahead of the log, which then
    /// gives the same events again.</param>
    /// <param name="owner">Who is signalled.</param>
    /// <param name="chunk">The page.</param>
    /// <param name="frame">The frame in it.</param>
    internal bool TryGet(long offset, long through, Actor owner, out LogChunk? chunk, out int frame)
    {
        chunk = null;
        frame = 0;
        var (start, end) = PageOf(offset);
        lock (cache.Gate)
        {
            while (cache.TryGet(this, start, out var segment))
            {
                if (offset < segment.From)
                {
                    // Retention had passed it when the page was read.
                    Volatile.Write(ref _lostThrough, Math.Max(_lostThrough, segment.From - 1));
                    Volatile.Write(ref _first, Math.Max(_first, segment.From));
                    owner.Signal();
                    return false;
                }
                if (offset <= segment.Through)
                {
                    chunk = segment.Chunk;
                    frame = chunk.Find(offset);
                    return true;
                }
                start = segment.Through + 1;
            }
            if (_pending.TryGetValue(start, out var waiting))
            {
                if (!waiting.Contains(owner)) waiting.Add(owner);
                return false;
            }
            _pending[start] = [owner];
        }
        _ = FetchAsync(start, Math.Min(end, through), offset);
        return false;
    }

    private static (long Start, long End) PageOf(long offset)
    {
        var start = ((offset - 1) / PageEvents * PageEvents) + 1;
        return (start, start + PageEvents - 1);
    }

    private async Task FetchAsync(long start, long end, long wanted)
    {
        IReadOnlyList<StoredEvent>? events = null;
        try
        {
            events = await source.ReadAsync(epoch, Math.Max(start, First), end, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            fault(e);
        }
        List<Actor>? waiting;
        lock (cache.Gate)
        {
            _pending.Remove(start, out waiting);
            if (events is { Count: > 0 })
            {
                cache.Add(this, start, Encode(events));
            }
            else if (events is not null)
            {
                // Everything up to the page's end is gone meanwhile.
                Volatile.Write(ref _lostThrough, Math.Max(_lostThrough, wanted));
                Volatile.Write(ref _first, Math.Max(_first, wanted + 1));
            }
        }
        // Null: the epoch is over, and its successor wakes everybody.
        if (events is null || waiting is null) return;
        foreach (var owner in waiting) owner.Signal();
    }

    private ColdSegment Encode(IReadOnlyList<StoredEvent> events)
    {
        var o = options();
        var buffer = new FrameBuffer();
        var bounds = new (int Start, int IdStart)[events.Count];
        for (var i = 0; i < events.Count; i++)
        {
            var start = buffer.Count;
            FrameEncoder.WriteStored(buffer, events[i]);
            bounds[i] = (start, buffer.Count);
            FrameEncoder.WriteTail(buffer, events[i], epoch);
        }
        var chunk = new LogChunk(Math.Max(1, buffer.Count), events[0].Offset, 0, events[0].At) { IsCold = true };
        var bytes = buffer.Written;
        for (var i = 0; i < events.Count; i++)
        {
            var end = i + 1 < events.Count ? bounds[i + 1].Start : bytes.Length;
            var expiry = events[i].Expiry != 0 ? events[i].Expiry : o.Ttl is { } ttl ? events[i].At + (long)ttl.TotalMilliseconds : 0;
            chunk.Append(bytes[bounds[i].Start..bounds[i].IdStart], bytes[bounds[i].IdStart..end], events[i].Offset, transient: false,
                events[i].Event.Type, expiry, events[i].At, TraceParent.TryParse(events[i].TraceParent, out var trace) ? trace : default);
        }
        return new ColdSegment(chunk, events[0].Offset, events[^1].Offset, bytes.Length);
    }
}
