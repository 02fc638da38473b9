using System.Text;

namespace AkkaSse.Hub.Streams;

/// <summary>One epoch of a log on this node: an unbroken run of offsets. A log that cannot prove continuity starts another.</summary>
/// <remarks>
/// Fields that readers look at without a lock are written in the order that a reader needs: chunk contents, then <see cref="Head"/>.
/// </remarks>
internal sealed class LogGeneration
{
    private long _head;
    private long _first;
    private long _lostThrough;
    private long _clearedThrough;

    internal LogGeneration(string epoch, long baseOffset, long head, long idBase)
    {
        Epoch = epoch;
        EpochTag = CursorToken.TagOf(epoch);
        Base = baseOffset;
        IdBase = idBase;
        _head = head;
        _first = head + 1;
        // What was before this run is not here: it counts as trimmed.
        _lostThrough = head;
        IdTail = Encoding.ASCII.GetBytes("-" + epoch + "\n\n");
    }

    internal string Epoch { get; }

    internal uint EpochTag { get; }

    /// <summary>The first event of the epoch has the offset after this one.</summary>
    internal long Base { get; }

    /// <summary>What is added to an offset where ids are bare decimals, so that those of an older epoch are recognisably old.</summary>
    internal long IdBase { get; }

    /// <summary>End of the id line: <c>-epoch</c> and the blank line.</summary>
    internal byte[] IdTail { get; }

    /// <summary>Offset of the newest event.</summary>
    internal long Head { get => Volatile.Read(ref _head); set => Volatile.Write(ref _head, value); }

    /// <summary>Offset of the oldest retained event; Head + 1 when none is.</summary>
    internal long First { get => Volatile.Read(ref _first); set => Volatile.Write(ref _first, value); }

    /// <summary>The highest offset that was trimmed although it had not expired: a reader that wanted it has a gap.</summary>
    internal long LostThrough { get => Volatile.Read(ref _lostThrough); set => Volatile.Write(ref _lostThrough, value); }

    /// <summary>The highest offset that a clear dropped.</summary>
    internal long ClearedThrough { get => Volatile.Read(ref _clearedThrough); set => Volatile.Write(ref _clearedThrough, value); }

    /// <summary>Bytes of the retained frames. Under the log's lock.</summary>
    internal long Bytes;

    /// <summary>Frames ever appended here, transient ones included. Under the log's lock.</summary>
    internal long Ordinal;

    /// <summary>What an engine elsewhere retains beyond this log; null when the log is all there is.</summary>
    internal ColdPages? Cold { get; init; }

    /// <summary>Offset of the oldest event that a reader can still get.</summary>
    internal long RetainedFirst => Cold is { } cold ? Math.Min(cold.First, Head + 1) : First;

    /// <summary>The highest offset that no reader can get any more although it had not expired.</summary>
    internal long RetainedLost => Cold?.LostThrough ?? LostThrough;

    internal long RetainedCleared => Cold?.ClearedThrough ?? ClearedThrough;

    internal ChunkList Chunks { get; } = new();

    /// <summary>Publishers' ids among the retained events; null unless the stream's ids are the caller's. Under the log's lock.</summary>
    internal Dictionary<string, long>? CallerIds;

    /// <summary>Newest frame per key outside retention; null unless the policy is conflate. Under the log's lock.</summary>
    internal ConflationTable? Conflation;

    /// <summary>Full chunks without an event, oldest first; those that were freed since are passed over. Under the log's lock.</summary>
    internal Queue<LogChunk> TransientChunks { get; } = new();

    /// <summary>Capacity of <see cref="TransientChunks"/>. Under the log's lock.</summary>
    internal long TransientBytes;

    internal StreamPosition HeadPosition => new(Epoch, Head);
}

/// <summary>The chunks of a log, oldest first. Under the log's lock.</summary>
internal sealed class ChunkList
{
    private LogChunk?[] _items = new LogChunk?[4];
    private int _first;

    internal int Count { get; private set; }

    internal LogChunk? Oldest => Count == 0 ? null : this[0];

    internal LogChunk? Newest => Count == 0 ? null : this[Count - 1];

    internal LogChunk this[int i] => _items[(_first + i) & (_items.Length - 1)]!;

    internal void Add(LogChunk chunk)
    {
        if (Count == _items.Length)
        {
            var grown = new LogChunk?[Count * 2];
            for (var i = 0; i < Count; i++) grown[i] = this[i];
            _items = grown;
            _first = 0;
        }
        _items[(_first + Count) & (_items.Length - 1)] = chunk;
        Count++;
    }

    /// <summary>Takes a chunk out of the middle, and links its neighbours. False when it is not here any more.</summary>
    internal bool Remove(LogChunk chunk)
    {
        var at = 0;
        while (at < Count && !ReferenceEquals(this[at], chunk)) at++;
        if (at == Count) return false;
        if (at > 0 && at + 1 < Count) this[at - 1].LinkTo(this[at + 1]);
        for (var i = at; i > 0; i--) _items[(_first + i) & (_items.Length - 1)] = this[i - 1];
        RemoveOldest();
        return true;
    }

    internal LogChunk RemoveOldest()
    {
        var chunk = this[0];
        _items[_first] = null;
        _first = (_first + 1) & (_items.Length - 1);
        Count--;
        return chunk;
    }

    /// <summary>The chunk in which an offset lies or would; the newest one for offsets beyond it. Binary search.</summary>
    internal LogChunk? Find(long offset)
    {
        if (Count == 0) return null;
        int low = 0, high = Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) >>> 1;
            if (this[middle].BaseOffset <= offset) low = middle;
            else high = middle - 1;
        }
        // A chunk of transient frames alone begins at the same offset as the next: the first of equals holds what came before the event.
        // Not for an offset behind the event: the way from there leads over the event itself.
        while (low > 0 && this[low].BaseOffset == offset && this[low - 1].BaseOffset == offset) low--;
        return this[low];
    }
}
