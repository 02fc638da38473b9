using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Diagnostics;

namespace AkkaSse.Hub.Streams;

/// <summary>
/// A reader's place in one stream. Delivering is copying what lies between it and the head, and moving it. Used by its owner's turn only;
/// <see cref="SeenOffset"/> may be read by others.
/// </summary>
internal sealed class Cursor
{
    private long _attachOrdinal;
    private LogGeneration? _generation;
    private LogChunk? _chunk;
    private int _frame;
    private long _next;
    private Gap? _gap;
    private ConflatedFrame[]? _conflated;
    private int _conflatedAt;
    private long _seen;

    private Cursor(StreamActor stream, LogGeneration? generation, CursorStart start, long attachOrdinal)
    {
        LocalStream = stream;
        _generation = generation;
        _next = start.Next;
        _gap = start.Gap;
        _attachOrdinal = attachOrdinal;
        _seen = generation is null ? long.MaxValue : start.Next - 1;
        ToldOffset = start.Next - 1;
    }

    internal string Stream => LocalStream.Name;

    internal StreamActor LocalStream { get; }

    /// <summary>The actor that this cursor belongs to; set before the cursor joins a lane.</summary>
    internal Actor Owner { get; set; } = null!;

    /// <summary>The place in the lane. Touched by the lane's turns only.</summary>
    internal int LaneIndex = -1;

    internal Lane? Lane;

    /// <summary>Where this stream stands in the owner's token; -1 for none.</summary>
    internal int TokenSlot = -1;

    /// <summary>True for the engine streams of zones and broadcasts.</summary>
    internal bool IsInternal => HubNames.IsInternal(Stream);

    /// <summary>The epoch that it reads; null while the stream does not exist.</summary>
    internal LogGeneration? Generation => _generation;

    /// <summary>The position up to which everything was handed out.</summary>
    internal StreamPosition Position => _generation is { } g ? new(g.Epoch, HandedOut) : StreamPosition.BeforeFirst;

    // Conflated frames lie before the place where the cursor goes on: while some of them are left, a resume must find them again.
    private long HandedOut => _conflated is { } kept && _conflatedAt < kept.Length ? kept[_conflatedAt].Offset - 1 : _next - 1;

    /// <summary>The newest offset that was handed out, for the policy wait; nothing to wait for while the stream does not exist.</summary>
    internal long SeenOffset => Volatile.Read(ref _seen);

    /// <summary>The newest offset that the reader has an id of.</summary>
    internal long ToldOffset { get; set; }

    /// <summary>Events that were passed over since the reader was last told a position.</summary>
    internal long Untold => HandedOut - ToldOffset;

    /// <summary>Places a cursor in a stream, atomically with respect to appends.</summary>
    internal static Cursor Open(StreamActor stream, ReaderStart start, long now)
    {
        var replay = stream.Log.Options.Replay;
        return stream.Log.Locked((stream, start, now, replay), static (g, s) => g is null
            ? new Cursor(s.stream, null, new CursorStart(1, GapWithoutStream(s.start)), 0)
            : Conflate(new Cursor(s.stream, g, StartResolver.Resolve(g, s.replay, s.start, s.now), g.Ordinal), g));
    }

    // A reader that comes back gets the newest event per key of what was trimmed meanwhile, as one that was there and too slow does.
    private static Cursor Conflate(Cursor cursor, LogGeneration g)
    {
        if (cursor._gap is not { Reason: GapReason.Trimmed, From: { } from } gap || cursor._next > g.First
            || g.Conflation?.From(from) is not { Length: > 0 } kept)
            return cursor;
        cursor._conflated = kept;
        cursor._gap = gap with { Reason = GapReason.Conflated };
        cursor.ToldOffset = from - 1;
        return cursor;
    }

    /// <summary>True when a gap is to be told before anything else.</summary>
    internal bool HasGap => _gap is not null;

    /// <summary>The gap to be told before anything else, once.</summary>
    internal Gap? TakeGap()
    {
        var gap = _gap;
        _gap = null;
        return gap;
    }

    /// <summary>Reads on.</summary>
    /// <param name="whole">True when frames may be handed out as they lie, with their own id lines, many at once.</param>
    /// <param name="filter">Types to be handed out, or null for all.</param>
    /// <param name="time">The clock, looked at only when a frame can expire.</param>
    /// <param name="max">At most so many bytes, but at least one frame.</param>
    /// <param name="run">The frames.</param>
    internal CursorState Read(bool whole, TypeFilter? filter, TimeProvider time, int max, out FrameRun run)
    {
        run = default;
        while (true)
        {
            if (_gap is not null) return CursorState.Gap;
            if (_conflated is not null && NextConflated(filter, time, ref run)) return CursorState.Data;
            if (_chunk is not { } chunk || chunk.Bytes is not { } bytes)
            {
                var state = Place();
                if (state != CursorState.Data) return state;
                continue;
            }
            chunk.ReadCommitted(out var frames, out var used);
            if (_frame >= frames)
            {
                if (chunk.Next is { } next)
                {
                    // Looked at again: frames that were committed between the two reads, before the chunk was closed by its successor,
                    // would be passed over in silence.
                    chunk.ReadCommitted(out frames, out _);
                    if (_frame < frames) continue;
                    _chunk = next;
                    _frame = 0;
                    continue;
                }
                if (chunk.IsFreed || chunk.IsCold || !ReferenceEquals(_generation, LocalStream.Log.Current))
                {
                    _chunk = null;
                    continue;
                }
                return CursorState.Waiting;
            }
            if (chunk.Index is not { } index)
            {
                _chunk = null;
                continue;
            }
            var now = chunk.EarliestExpiry == long.MaxValue ? 0 : time.GetUtcNow().ToUnixTimeMilliseconds();
            var walk = !whole || chunk.HasTransient || (now != 0 && chunk.EarliestExpiry <= now);
            if (filter is not null && !walk)
            {
                if (chunk.MixedTypes) walk = true;
                else if (!filter.Matches(chunk.UniformType))
                {
                    MoveTo(frames, chunk.BaseOffset + index[frames - 1].OffsetDelta + 1);
                    continue;
                }
            }
            if (!walk)
            {
                TakeRun(chunk, bytes, index, frames, used, max, ref run);
                return CursorState.Data;
            }
            var frame = _frame;
            var end = frame + 1 < frames ? index[frame + 1].Start : used;
            var offset = chunk.BaseOffset + index[frame].OffsetDelta;
            if (chunk.IsTransient(index, frame, end))
            {
                MoveTo(frame + 1, offset + 1);
                if (chunk.BaseOrdinal + frame < _attachOrdinal) continue;
                run = new FrameRun
                {
                    Bytes = bytes,
                    Start = index[frame].Start,
                    End = end,
                    IdStart = end,
                    Offset = offset,
                    Single = true,
                    Transient = true,
                };
                return CursorState.Data;
            }
            if (!TryTypeOf(chunk, frame, filter, out var wanted))
            {
                _chunk = null;
                continue;
            }
            MoveTo(frame + 1, offset + 1);
            if (!wanted || (now != 0 && chunk.ExpiryOf(frame) is var expiry && expiry != 0 && expiry <= now)) continue;
            // Freed while its expiry was looked up: what was found may be nothing any more.
            if (now != 0 && chunk.IsFreed)
            {
                _chunk = null;
                _next = offset;
                continue;
            }
            run = new FrameRun
            {
                Bytes = bytes,
                Start = index[frame].Start,
                End = end,
                IdStart = index[frame].IdStart,
                Offset = offset,
                Events = 1,
                Single = true,
            };
            return CursorState.Data;
        }
    }

    /// <summary>
    /// What the frame carries that was handed out last, by itself; the default value for none. What a conflated frame carried is not kept.
    /// </summary>
    internal TraceParent TraceOf(in FrameRun run)
    {
        if (run.Transient || _frame == 0 || _chunk is not { Traces: not null, Index: { } index } chunk) return default;
        var frame = _frame - 1;
        return frame < index.Length && chunk.BaseOffset + index[frame].OffsetDelta == run.Offset ? chunk.TraceOf(frame) : default;
    }

    // The many-at-once path: frames lie contiguously, so what a reader missed is one slice.
    private void TakeRun(LogChunk chunk, byte[] bytes, FrameEntry[] index, int frames, int used, int max, ref FrameRun run)
    {
        var first = _frame;
        var start = index[first].Start;
        var last = frames;
        if (used - start > max)
        {
            int low = first + 1, high = frames;
            while (low < high)
            {
                var middle = (low + high + 1) >>> 1;
                var end = middle < frames ? index[middle].Start : used;
                if (end - start <= max) low = middle;
                else high = middle - 1;
            }
            last = low;
        }
        run.Bytes = bytes;
        run.Start = start;
        run.End = run.IdStart = last < frames ? index[last].Start : used;
        run.Offset = chunk.BaseOffset + index[last - 1].OffsetDelta;
        run.Events = last - first;
        run.Single = last - first == 1;
        if (run.Single) run.IdStart = index[first].IdStart;
        MoveTo(last, run.Offset + 1);
    }

    private bool NextConflated(TypeFilter? filter, TimeProvider time, ref FrameRun run)
    {
        while (_conflatedAt < _conflated!.Length)
        {
            var frame = _conflated[_conflatedAt++];
            if (filter is not null && !filter.Matches(frame.Type)) continue;
            if (frame.Expiry != 0 && frame.Expiry <= time.GetUtcNow().ToUnixTimeMilliseconds()) continue;
            run = new FrameRun
            {
                Bytes = frame.Bytes,
                Start = 0,
                End = frame.Bytes.Length,
                IdStart = frame.IdStart,
                Offset = frame.Offset,
                Events = 1,
                Single = true,
            };
            return true;
        }
        _conflated = null;
        return false;
    }

    // Finds the chunk to read from. Data: found one, look again.
    private CursorState Place()
    {
        _chunk = null;
        var current = LocalStream.Log.Current;
        if (current is null) return CursorState.Waiting;
        if (!ReferenceEquals(current, _generation))
        {
            var previous = _generation;
            _generation = current;
            if (previous is not null) _attachOrdinal = 0;
            if (previous is null)
            {
                // "Before the first event" means the base of the epoch in which the stream was created.
                _next = current.Base + 1;
                ToldOffset = current.Base;
                Seen();
            }
            else if (previous.Epoch != current.Epoch)
            {
                _gap = new Gap(GapReason.EpochChanged, current.Epoch, _next, null, previous.Epoch);
                _next = current.RetainedFirst;
                Seen();
                return CursorState.Gap;
            }
        }
        if (_next < current.First && current.Cold is { } cold)
        {
            if (_next <= cold.LostThrough) return FallenOff(current);
            if (_next < cold.First)
            {
                _next = cold.First;
                Seen();
            }
            if (_next < current.First)
                return cold.TryGet(_next, current.First - 1, Owner, out _chunk, out _frame) ? CursorState.Data : CursorState.Waiting;
        }
        var next = _next;
        var found = LocalStream.Log.Seek(current, ref next, out _chunk, out _frame);
        // Trimmed here since it was looked at: the engine has it perhaps.
        if (found == SeekResult.Lost) return current.Cold is null ? FallenOff(current) : CursorState.Data;
        if (next != _next)
        {
            _next = next;
            Seen();
        }
        // A seek that lands at the committed end of the newest chunk is the head.
        return found == SeekResult.Found ? CursorState.Data : CursorState.Waiting;
    }

    private CursorState FallenOff(LogGeneration g)
    {
        var policy = LocalStream.Log.Options.SlowReader;
        if (policy == SlowReaderPolicy.Disconnect) return CursorState.Disconnect;
        var missing = LocalStream.Log.Missed(g, _next, policy == SlowReaderPolicy.Conflate, out var kept);
        _conflated = kept.Length > 0 ? kept : null;
        _conflatedAt = 0;
        _gap = missing;
        _next = missing.To!.Value + 1;
        Seen();
        return CursorState.Gap;
    }

    private static bool TryTypeOf(LogChunk chunk, int frame, TypeFilter? filter, out bool wanted)
    {
        wanted = true;
        if (filter is null) return true;
        if (!Volatile.Read(ref chunk.MixedTypes))
        {
            wanted = filter.Matches(chunk.UniformType);
            return true;
        }
        // Freed meanwhile: its types are gone, and so is the chunk.
        if (Volatile.Read(ref chunk.Types) is not { } types) return false;
        wanted = filter.Matches(types[frame]);
        return true;
    }

    private void MoveTo(int frame, long next)
    {
        _frame = frame;
        _next = next;
        Seen();
    }

    private void Seen()
    {
        Volatile.Write(ref _seen, _next - 1);
        if (LocalStream.Log.Gate is not { } gate) return;
        // Whoever waits announces that and then looks at what was seen; here it is the other way round. Without a full fence both could
        // miss the other's word.
        Interlocked.MemoryBarrier();
        if (gate.HasWaiters) LocalStream.GateProgressed();
    }

    // The stream does not exist: whatever position a reader comes with, except "before the first event", cannot be continued.
    private static Gap? GapWithoutStream(ReaderStart start)
    {
        if (start.UnknownId) return new Gap(GapReason.UnknownId, StreamPosition.NoEpoch, null, null);
        if (start.Token is { } token)
            return token.IsBeforeFirst ? null : new Gap(GapReason.EpochChanged, StreamPosition.NoEpoch, token.Offset + 1, null);
        if (start.Decimal is not null) return new Gap(GapReason.EpochChanged, StreamPosition.NoEpoch, null, null);
        return start.Start is { Kind: StartKind.Position, Position: { IsBeforeFirst: false } p }
            ? new Gap(GapReason.EpochChanged, StreamPosition.NoEpoch, p.Offset + 1, null, p.Epoch)
            : null;
    }
}
