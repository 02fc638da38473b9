using AkkaSse.Hub.Diagnostics;

namespace AkkaSse.Hub.Streams;

/// <summary>Where one frame lies in its chunk. Its end is the next frame's start, or the committed bytes.</summary>
internal struct FrameEntry
{
    /// <summary>First byte of the frame.</summary>
    internal int Start;

    /// <summary>First byte of the id line; the frame's end for a frame without one.</summary>
    internal int IdStart;

    /// <summary>Offset minus the chunk's base offset; for a transient frame that of the event before it.</summary>
    internal int OffsetDelta;

    /// <summary>Publish time in milliseconds after the chunk's first frame.</summary>
    internal uint AtDelta;
}

/// <summary>
/// A piece of a log: encoded frames that lie contiguously, and their index. One writer appends under the log's lock; readers see what is
/// committed and take no lock.
/// </summary>
/// <remarks>
/// Retention frees a chunk by cutting its arrays and its link off. A reader that still points at it holds a shell of about 100 bytes, not
/// the bytes and not the chunks after it: a stalled reader costs its lag and nothing else.
/// </remarks>
internal sealed class LogChunk
{
    /// <summary>Largest chunk for ordinary events: below the 85 000 bytes from which an array is a large object.</summary>
    internal const int MaxBytes = 64 << 10;

    /// <summary>Size of a log's first chunk: most streams are small.</summary>
    internal const int MinBytes = 4 << 10;

    // Frames and bytes in one word, so that a reader sees both of the same moment.
    private ulong _committed;
    private byte[]? _bytes;
    private FrameEntry[]? _index;
    private LogChunk? _next;

    internal LogChunk(int capacity, long baseOffset, long baseOrdinal, long firstAt)
    {
        _bytes = GC.AllocateUninitializedArray<byte>(capacity);
        _index = new FrameEntry[Math.Clamp(capacity / 256, 8, 256)];
        Capacity = capacity;
        BaseOffset = baseOffset;
        BaseOrdinal = baseOrdinal;
        FirstAt = firstAt;
    }

    internal int Capacity { get; }

    /// <summary>Offset of the first event that lies here or will.</summary>
    internal long BaseOffset { get; }

    /// <summary>Number of frames, transient ones included, that were appended to the log before this chunk.</summary>
    internal long BaseOrdinal { get; }

    /// <summary>Publish time of the first frame, in milliseconds since 1970.</summary>
    internal long FirstAt { get; }

    /// <summary>Earliest time at which a frame here expires; <see cref="long.MaxValue"/> when none does.</summary>
    internal long EarliestExpiry = long.MaxValue;

    /// <summary>True when a comment or a retry lies here, which only readers that were there may get.</summary>
    internal bool HasTransient;

    /// <summary>True when frames here have different types; <see cref="Types"/> then has each.</summary>
    internal bool MixedTypes;

    /// <summary>The one type of all frames; null for none.</summary>
    internal string? UniformType;

    /// <summary>The type per frame, when mixed.</summary>
    internal string?[]? Types;

    /// <summary>The expiry per frame, when any has one; 0 for none.</summary>
    internal long[]? Expiries;

    /// <summary>The trace context per frame, when any has one: 32 bytes each beside the frames.</summary>
    internal TraceParent[]? Traces;

    /// <summary>True for a page of history: it never grows, and what comes after it is looked up.</summary>
    internal bool IsCold { get; init; }

    internal byte[]? Bytes => Volatile.Read(ref _bytes);

    internal FrameEntry[]? Index => Volatile.Read(ref _index);

    internal LogChunk? Next => Volatile.Read(ref _next);

    /// <summary>True when an event lies here. Under the log's lock.</summary>
    internal bool HasEvents => _typed;

    internal bool IsFreed => Volatile.Read(ref _bytes) is null;

    internal int Frames => (int)(Volatile.Read(ref _committed) >> 32);

    internal int UsedBytes => (int)(uint)Volatile.Read(ref _committed);

    internal void ReadCommitted(out int frames, out int bytes)
    {
        var word = Volatile.Read(ref _committed);
        frames = (int)(word >> 32);
        bytes = (int)(uint)word;
    }

    /// <summary>True when a frame of this size and time still fits. Times are kept as 32 bits of milliseconds (49 days).</summary>
    internal bool Fits(int size, long at) => Capacity - UsedBytes >= size && at - FirstAt < uint.MaxValue;

    /// <summary>Appends a frame: head then tail. Only under the log's lock, and only when it fits.</summary>
    internal void Append(
        ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail, long offset, bool transient, string? type, long expiry, long at,
        in TraceParent trace = default)
    {
        var frames = Frames;
        var start = UsedBytes;
        var index = _index!;
        if (frames == index.Length)
        {
            Array.Resize(ref index, frames * 2);
            Volatile.Write(ref _index, index);
        }
        var bytes = _bytes!;
        head.CopyTo(bytes.AsSpan(start));
        tail.CopyTo(bytes.AsSpan(start + head.Length));
        index[frames] = new FrameEntry
        {
            Start = start,
            IdStart = start + head.Length,
            OffsetDelta = (int)(offset - BaseOffset),
            AtDelta = (uint)Math.Max(0, at - FirstAt),
        };
        if (transient) HasTransient = true;
        else SetType(frames, type);
        if (expiry != 0) SetExpiry(frames, expiry);
        if (trace.IsSet) SetTrace(frames, trace);
        Volatile.Write(ref _committed, ((ulong)(uint)(frames + 1) << 32) | (uint)(start + head.Length + tail.Length));
    }

    internal void LinkTo(LogChunk next) => Volatile.Write(ref _next, next);

    internal void Free()
    {
        Volatile.Write(ref _bytes, null);
        Volatile.Write(ref _index, null);
        Volatile.Write(ref _next, null);
        Types = null;
        Expiries = null;
        Traces = null;
    }

    internal string? TypeOf(int frame) => MixedTypes ? Types is { } types ? types[frame] : null : UniformType;

    internal long ExpiryOf(int frame) => Expiries is { } e && frame < e.Length ? e[frame] : 0;

    internal TraceParent TraceOf(int frame) => Volatile.Read(ref Traces) is { } t && frame < t.Length ? t[frame] : default;

    /// <summary>True when this entry has no offset of its own.</summary>
    internal bool IsTransient(FrameEntry[] index, int frame, int end) => HasTransient && index[frame].IdStart == end;

    /// <summary>
    /// The first frame, at or after which an event with at least this offset lies; the number of frames when there is none.
    /// </summary>
    internal int Find(long offset)
    {
        var index = Index;
        ReadCommitted(out var frames, out _);
        if (index is null || offset <= BaseOffset) return 0;
        if (!HasTransient) return (int)Math.Min(offset - BaseOffset, frames);
        int low = 0, high = frames;
        var delta = offset - BaseOffset;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (index[middle].OffsetDelta < delta) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private void SetType(int frame, string? type)
    {
        if (!MixedTypes)
        {
            // Transient frames have no type and do not make a chunk mixed.
            if (!_typed)
            {
                _typed = true;
                UniformType = type;
                return;
            }
            if (string.Equals(UniformType, type, StringComparison.Ordinal)) return;
            var types = new string?[Math.Max(_index!.Length, frame + 1)];
            types.AsSpan(0, frame).Fill(UniformType);
            types[frame] = type;
            Types = types;
            Volatile.Write(ref MixedTypes, true);
            return;
        }
        var known = Types!;
        if (frame >= known.Length) Array.Resize(ref known, Math.Max(_index!.Length, frame + 1));
        known[frame] = type;
        Volatile.Write(ref Types, known);
    }

    private void SetTrace(int frame, in TraceParent trace)
    {
        var traces = Traces ?? [];
        if (frame >= traces.Length) Array.Resize(ref traces, Math.Max(_index!.Length, frame + 1));
        traces[frame] = trace;
        Volatile.Write(ref Traces, traces);
    }

    private bool _typed;

    private void SetExpiry(int frame, long expiry)
    {
        var expiries = Expiries ?? [];
        if (frame >= expiries.Length) Array.Resize(ref expiries, Math.Max(_index!.Length, frame + 1));
        expiries[frame] = expiry;
        Volatile.Write(ref Expiries, expiries);
        if (expiry < EarliestExpiry) Volatile.Write(ref EarliestExpiry, expiry);
    }
}
