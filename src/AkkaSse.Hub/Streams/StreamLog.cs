using System.Buffers.Text;
using System.Text;
using AkkaSse.Hub.Diagnostics;

namespace AkkaSse.Hub.Streams;

/// <summary>
/// The log of one stream on one node: encoded frames in chunks, with contiguous offsets inside an epoch.
/// </summary>
/// <remarks>
/// Appends, retention and seeks take the log's own lock, which covers memory copies and never I/O. Readers follow committed bytes without a
/// lock. The in-process engine's log is this one; an engine elsewhere feeds it through <see cref="Engine.StreamFeed"/>.
/// </remarks>
public sealed class StreamLog
{
    /// <summary>
    /// A live-only log keeps so many bytes or <see cref="LiveOnlyEvents"/>, what is more, so that ordinary flush latency is no gap: 1 MiB.
    /// </summary>
    public const int LiveOnlyBytes = 1 << 20;

    /// <summary>See <see cref="LiveOnlyBytes"/>: 1 024.</summary>
    public const int LiveOnlyEvents = 1_024;

    // "id: " + 19 digits + "-" + 16 + blank line.
    private const int MaxOwnTail = 4 + 19 + 1 + StreamPosition.MaxEpochLength + 2;

    private readonly Lock _gate = new();
    private readonly LogBudget _budget;
    private LogGeneration? _current;
    private StreamOptions _options;
    private int _nextChunkBytes = LogChunk.MinBytes;
    private long _allocated;

    // Where the oldest retained frame lies.
    private LogChunk? _trimChunk;
    private int _trimFrame;

    /// <summary>An empty log without an epoch: of a stream that does not exist.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="budget">What its chunks count against: <see cref="LogBudget.Of"/> the stream.</param>
    public StreamLog(StreamOptions options, LogBudget budget)
    {
        _options = options;
        _budget = budget;
        EquipGate();
    }

    /// <summary>The options in force.</summary>
    public StreamOptions Options => Volatile.Read(ref _options);

    /// <summary>The newest position; <see cref="StreamPosition.BeforeFirst"/> while there is no epoch.</summary>
    public StreamPosition Head => Volatile.Read(ref _current)?.HeadPosition ?? StreamPosition.BeforeFirst;

    /// <summary>Offset of the oldest retained event; Head + 1 when none is.</summary>
    public long First => Volatile.Read(ref _current)?.First ?? 1;

    /// <summary>Bytes of the retained frames.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate) return _current?.Bytes ?? 0;
        }
    }

    /// <summary>Number of retained events.</summary>
    public long Count
    {
        get
        {
            lock (_gate) return _current is { } g ? g.Head - g.First + 1 : 0;
        }
    }

    internal LogGeneration? Current => Volatile.Read(ref _current);

    /// <summary>
    /// Offset of the oldest event that a reader here can get, from this log or from the engine; Head + 1 when there is none.
    /// </summary>
    public long RetainedFirst => Volatile.Read(ref _current)?.RetainedFirst ?? 1;

    /// <summary>What its chunks count against.</summary>
    internal LogBudget Budget => _budget;

    internal long AllocatedBytes => Volatile.Read(ref _allocated);

    /// <summary>Set on a stream with the policy wait: says under the lock whether an append has space.</summary>
    internal AppendGate? Gate { get; private set; }

    /// <summary>Events here that wait for the spans of their first readers; null while there was none.</summary>
    internal TracedDeliveries? Traced { get; private set; }

    /// <summary>Told when the policy wait came or went at run time, so that readers that are there are counted.</summary>
    internal Action? GateChanged { get; set; }

    /// <summary>Begins an epoch; what was retained of the previous one is dropped, and its readers are told.</summary>
    /// <param name="epoch">1 to 16 of <c>[0-9a-z]</c>, not <c>0</c>.</param>
    /// <param name="baseOffset">The first event of the epoch has the offset after this.</param>
    /// <param name="head">The newest offset; nothing up to it is retained here.</param>
    /// <param name="idBase">Added to offsets where ids are bare decimals.</param>
    public void Begin(string epoch, long baseOffset, long head, long idBase) => Begin(epoch, baseOffset, head, idBase, null);

    internal void Begin(string epoch, long baseOffset, long head, long idBase, ColdPages? cold)
    {
        lock (_gate)
        {
            FreeAll();
            Traced?.Clear();
            var generation = new LogGeneration(epoch, baseOffset, head, idBase) { Cold = cold };
            Equip(generation);
            Volatile.Write(ref _current, generation);
        }
    }

    /// <summary>Ends the epoch: the stream does not exist any more. Its readers keep their positions.</summary>
    public void End()
    {
        lock (_gate)
        {
            FreeAll();
            Volatile.Write(ref _current, null);
        }
    }

    /// <summary>Replaces the options and applies retention at once.</summary>
    public void SetOptions(StreamOptions options, long now)
    {
        bool gateChanged;
        lock (_gate)
        {
            Volatile.Write(ref _options, options);
            gateChanged = EquipGate();
            if (_current is { } g)
            {
                Equip(g);
                Trim(g, now);
            }
        }
        if (gateChanged) GateChanged?.Invoke();
    }

    /// <summary>Appends a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="offset">Its offset; the head for a transient frame.</param>
    /// <returns>False when a stream with the policy wait has no space; nothing was appended.</returns>
    /// <exception cref="InvalidOperationException">The log has no epoch.</exception>
    public bool Append(in LogFrame frame, out long offset)
    {
        lock (_gate) return AppendLocked(frame, out offset);
    }

    /// <summary>The log's lock, for an engine that must decide and append in one step. Held for memory work only.</summary>
    public Lock SyncRoot => _gate;

    /// <summary>Drops everything retained; offsets go on.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            if (_current is not { } g) return;
            FreeAll();
            g.ClearedThrough = g.Head;
            g.LostThrough = g.Head;
            g.Bytes = 0;
            g.CallerIds?.Clear();
            g.Conflation?.Clear();
            g.First = g.Head + 1;
        }
    }

    /// <summary>Applies the bounds of age and expiry.</summary>
    /// <param name="now">Milliseconds since 1970.</param>
    public void TrimByAge(long now)
    {
        lock (_gate)
        {
            if (_current is { } g) Trim(g, now);
        }
    }

    /// <summary>Drops the oldest chunk, whatever retention says, because the node's bound is exceeded.</summary>
    internal bool TrimOldestChunk(long now)
    {
        lock (_gate)
        {
            if (_current is not { } g || g.Chunks.Count < 2) return false;
            var oldest = g.Chunks.Oldest;
            while (g.Chunks.Oldest == oldest && g.First <= g.Head) DropOldest(g, now);
            return g.Chunks.Oldest != oldest;
        }
    }

    /// <summary>Drops everything that is retained, the newest chunk too, because its namespace is beyond its bound.</summary>
    internal void TrimWhole(long now)
    {
        lock (_gate)
        {
            if (_current is not { } g) return;
            while (g.First <= g.Head) DropOldest(g, now);
            FreeAll();
        }
    }

    /// <summary>Appends what an engine has accepted: whether there is space was asked before.</summary>
    internal void AppendDecided(in LogFrame frame)
    {
        lock (_gate) AppendLocked(frame, out _, isDecided: true);
    }

    internal bool AppendLocked(in LogFrame frame, out long offset, bool isDecided = false)
    {
        var g = _current ?? throw new InvalidOperationException("The log has no epoch.");
        offset = g.Head;
        if (frame.Transient)
        {
            var there = ChunkFor(g, frame.Head.Length, frame.At, g.Head + 1);
            there.Append(frame.Head, default, g.Head, transient: true, null, 0, frame.At);
            g.Ordinal++;
            return true;
        }
        if (!isDecided && Gate is { } gate && !gate.HasSpace(g.Head)) return false;
        offset = g.Head + 1;
        var size = frame.Head.Length;
        scoped ReadOnlySpan<byte> tail;
        Span<byte> own = stackalloc byte[MaxOwnTail];
        if (frame.CallerId is { } id)
        {
            tail = Encoding.ASCII.GetBytes(id.Length == 0 ? "id:\n\n" : $"id: {id}\n\n");
            if (g.CallerIds is { } ids && id.Length > 0) ids[id] = offset;
        }
        else
        {
            "id: "u8.CopyTo(own);
            Utf8Formatter.TryFormat(offset, own[4..], out var digits);
            g.IdTail.CopyTo(own[(4 + digits)..]);
            tail = own[..(4 + digits + g.IdTail.Length)];
        }
        size += tail.Length;
        var chunk = ChunkFor(g, size, frame.At, offset);
        var ttl = frame.Expiry != 0 ? frame.Expiry : _options.Ttl is { } t ? frame.At + (long)t.TotalMilliseconds : 0;
        var trace = frame.TraceParent is { } text ? TraceOf(text, offset) : default;
        chunk.Append(frame.Head, tail, offset, transient: false, frame.Type, ttl, frame.At, trace);
        g.Ordinal++;
        g.Bytes += size;
        g.Conflation?.Appended(frame.ConflateKey ?? frame.Type ?? "", offset);
        g.Head = offset;
        Trim(g, frame.At);
        return true;
    }

    // Before the frame is committed: whoever reads it finds what it carries, and its first reader makes the span.
    private TraceParent TraceOf(string text, long offset)
    {
        if (!TraceParent.TryParse(text, out var trace)) return default;
        if (HubTracing.IsOn) (Traced ??= new TracedDeliveries()).Add(offset, trace);
        return trace;
    }

    /// <summary>Looks up a publisher's id among the retained events.</summary>
    internal bool TryFindCallerId(string id, out long offset)
    {
        lock (_gate)
        {
            offset = 0;
            return _current?.CallerIds is { } ids && ids.TryGetValue(id, out offset);
        }
    }

    /// <summary>Decides under the lock, so that nothing is appended between looking and placing a cursor.</summary>
    internal T Locked<TState, T>(TState state, Func<LogGeneration?, TState, T> decide)
    {
        lock (_gate) return decide(_current, state);
    }

    /// <summary>The chunk and frame at which a reader of this generation goes on.</summary>
    /// <remarks>
    /// What is lost is decided under the same lock as the place: looked at before, the log could be trimmed in between, and the reader
    /// would go on behind a hole that nobody named.
    /// </remarks>
    internal SeekResult Seek(LogGeneration generation, ref long offset, out LogChunk? chunk, out int frame)
    {
        lock (_gate)
        {
            chunk = null;
            frame = 0;
            if (!ReferenceEquals(generation, _current)) return SeekResult.Nothing;
            if (offset < generation.First)
            {
                if (offset <= generation.LostThrough) return SeekResult.Lost;
                offset = generation.First;
            }
            chunk = generation.Chunks.Find(offset);
            if (chunk is null) return SeekResult.Nothing;
            frame = chunk.Find(offset);
            return SeekResult.Found;
        }
    }

    /// <summary>What a reader at an offset has missed, and the conflated frames among it, of one and the same moment.</summary>
    internal Gap Missed(LogGeneration generation, long from, bool conflate, out ConflatedFrame[] kept)
    {
        lock (_gate)
        {
            var gap = StartResolver.Missing(generation, from, GapReason.Lagged);
            kept = conflate && gap.Reason == GapReason.Lagged && generation.Conflation is { } table
                ? [.. table.From(from).Where(f => f.Offset < generation.RetainedFirst)]
                : [];
            return kept.Length == 0 ? gap : gap with { Reason = GapReason.Conflated };
        }
    }

    /// <summary>Offset of the first retained event that was published at or after a time; Head + 1 when there is none.</summary>
    internal static long FirstAt(LogGeneration g, long at)
    {
        for (var i = 0; i < g.Chunks.Count; i++)
        {
            var chunk = g.Chunks[i];
            if (i + 1 < g.Chunks.Count && g.Chunks[i + 1].FirstAt < at) continue;
            chunk.ReadCommitted(out var frames, out var used);
            var index = chunk.Index!;
            for (var f = 0; f < frames; f++)
            {
                if (chunk.FirstAt + index[f].AtDelta < at) continue;
                // A transient frame stands at the offset of the event before it, which is older.
                var end = f + 1 < frames ? index[f + 1].Start : used;
                var offset = chunk.BaseOffset + index[f].OffsetDelta + (chunk.IsTransient(index, f, end) ? 1 : 0);
                return Math.Max(g.First, offset);
            }
        }
        return g.Head + 1;
    }

    private void Equip(LogGeneration g)
    {
        if (_options.Ids != StreamIds.Caller) g.CallerIds = null;
        else g.CallerIds ??= new Dictionary<string, long>(StringComparer.Ordinal);
        if (_options.SlowReader != SlowReaderPolicy.Conflate) g.Conflation = null;
        else (g.Conflation ??= new ConflationTable()).Bound(_options.ConflateMaxKeys, _options.ConflateMaxBytes);
    }

    private bool EquipGate()
    {
        var had = Gate is not null;
        if (_options.SlowReader != SlowReaderPolicy.Wait) Gate = null;
        else (Gate ??= new AppendGate()).Bound = _options.WaitBound;
        return had != Gate is not null;
    }

    private LogChunk ChunkFor(LogGeneration g, int size, long at, long offset)
    {
        var newest = g.Chunks.Newest;
        if (newest is not null && newest.Fits(size, at)) return newest;
        var capacity = Math.Max(_nextChunkBytes, size);
        _nextChunkBytes = Math.Min(LogChunk.MaxBytes, _nextChunkBytes * 2);
        var chunk = new LogChunk(capacity, offset, g.Ordinal, at);
        Account(capacity);
        while (_budget.IsExceeded && g.Chunks.Count > 1)
        {
            var oldest = g.Chunks.Oldest;
            while (ReferenceEquals(g.Chunks.Oldest, oldest) && g.First <= g.Head) DropOldest(g, at);
            if (ReferenceEquals(g.Chunks.Oldest, oldest)) break;
        }
        newest = g.Chunks.Newest;
        if (newest is { HasEvents: false }) BoundTransient(g, newest);
        g.Chunks.Add(chunk);
        _trimChunk ??= chunk;
        newest?.LinkTo(chunk);
        return chunk;
    }

    // Retention counts events. Chunks of comments and retries alone are a flush buffer for the readers that are there, and the oldest of
    // them goes however long the events around it are kept: a stream that gets nothing but comments would grow for ever.
    private void BoundTransient(LogGeneration g, LogChunk full)
    {
        g.TransientChunks.Enqueue(full);
        g.TransientBytes += full.Capacity;
        while (g.TransientBytes > LiveOnlyBytes && g.TransientChunks.TryDequeue(out var oldest))
        {
            g.TransientBytes -= oldest.Capacity;
            if (!g.Chunks.Remove(oldest)) continue;
            if (ReferenceEquals(_trimChunk, oldest))
            {
                _trimChunk = g.Chunks.Oldest;
                _trimFrame = 0;
            }
            Account(-oldest.Capacity);
            oldest.Free();
        }
    }

    private void Trim(LogGeneration g, long now)
    {
        var o = _options;
        if (o.Replay)
        {
            while (g.First <= g.Head && (g.Head - g.First + 1 > o.MaxEvents || (g.Bytes > o.MaxBytes && g.First < g.Head)))
                DropOldest(g, now);
            var oldest = now - (long)o.MaxAge.TotalMilliseconds;
            while (g.First <= g.Head && (OldestAt(g) < oldest || OldestExpired(g, now))) DropOldest(g, now);
        }
        else
        {
            while (g.Head - g.First + 1 > LiveOnlyEvents && g.Bytes > LiveOnlyBytes) DropOldest(g, now);
            while (g.First <= g.Head && OldestExpired(g, now)) DropOldest(g, now);
        }
    }

    private long OldestAt(LogGeneration g)
    {
        SkipTransient(g);
        return _trimChunk!.FirstAt + _trimChunk.Index![_trimFrame].AtDelta;
    }

    private bool OldestExpired(LogGeneration g, long now)
    {
        SkipTransient(g);
        return _trimChunk!.ExpiryOf(_trimFrame) is var expiry && expiry != 0 && expiry <= now;
    }

    // Only called while an event is retained, so an event's frame lies at or after the trim place.
    private void SkipTransient(LogGeneration g)
    {
        while (true)
        {
            var chunk = _trimChunk!;
            chunk.ReadCommitted(out var frames, out var bytes);
            if (_trimFrame >= frames)
            {
                NextTrimChunk(g);
                continue;
            }
            var index = chunk.Index!;
            var end = _trimFrame + 1 < frames ? index[_trimFrame + 1].Start : bytes;
            if (!chunk.IsTransient(index, _trimFrame, end)) return;
            _trimFrame++;
        }
    }

    private void DropOldest(LogGeneration g, long now)
    {
        SkipTransient(g);
        var chunk = _trimChunk!;
        chunk.ReadCommitted(out var frames, out var bytes);
        var index = chunk.Index!;
        var frame = _trimFrame;
        var start = index[frame].Start;
        var end = frame + 1 < frames ? index[frame + 1].Start : bytes;
        var offset = g.First;
        var expired = chunk.ExpiryOf(frame) is var expiry && expiry != 0 && expiry <= now;
        if (g.CallerIds is { } ids) Forget(ids, chunk.Bytes.AsSpan(index[frame].IdStart, end - index[frame].IdStart), offset);
        if (!expired) g.LostThrough = offset;
        g.Conflation?.Trimmed(offset, chunk, index, frame, end, expired);
        g.Bytes -= end - start;
        _trimFrame++;
        g.First = offset + 1;
        if (_trimFrame >= frames && !ReferenceEquals(chunk, g.Chunks.Newest)) NextTrimChunk(g);
    }

    private void NextTrimChunk(LogGeneration g)
    {
        var freed = g.Chunks.RemoveOldest();
        Account(-freed.Capacity);
        freed.Free();
        _trimChunk = g.Chunks.Oldest;
        _trimFrame = 0;
    }

    private static void Forget(Dictionary<string, long> ids, ReadOnlySpan<byte> tail, long offset)
    {
        // "id: x" and a blank line; a frame with the hub's own id is not in the index.
        if (tail.Length < 7) return;
        var id = Encoding.ASCII.GetString(tail[4..^2]);
        if (ids.TryGetValue(id, out var known) && known == offset) ids.Remove(id);
    }

    private void FreeAll()
    {
        if (_current is { } g)
        {
            while (g.Chunks.Count > 0)
            {
                var chunk = g.Chunks.RemoveOldest();
                Account(-chunk.Capacity);
                chunk.Free();
            }
        }
        _trimChunk = null;
        _trimFrame = 0;
        _nextChunkBytes = LogChunk.MinBytes;
    }

    private void Account(long bytes)
    {
        Volatile.Write(ref _allocated, _allocated + bytes);
        _budget.Add(bytes);
    }
}
