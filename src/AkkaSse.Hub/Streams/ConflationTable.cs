namespace AkkaSse.Hub.Streams;

/// <summary>A frame that retention has dropped but that is still the newest of its key.</summary>
/// <param name="Offset">Its offset.</param>
/// <param name="Bytes">The whole frame.</param>
/// <param name="IdStart">Where its id line begins.</param>
/// <param name="Type">Its type.</param>
/// <param name="Expiry">When it expires, or 0.</param>
internal sealed record ConflatedFrame(long Offset, byte[] Bytes, int IdStart, string? Type, long Expiry);

/// <summary>
/// The newest frame per key, outside retention, bounded in keys and bytes. A frame is copied only when retention drops it and nothing newer
/// of its key exists, so a stream that nobody falls off pays one dictionary entry per retained event. Under the log's lock.
/// </summary>
internal sealed class ConflationTable
{
    // Per key the newest offset; a key leaves when its frame does.
    private readonly Dictionary<string, long> _newest = new(StringComparer.Ordinal);

    // Keys of the retained events, oldest first, in step with retention.
    private readonly Queue<(string Key, long Offset)> _retained = new();
    private readonly SortedDictionary<long, (string Key, ConflatedFrame Frame)> _kept = [];
    private long _keptBytes;
    private int _maxKeys;
    private long _maxBytes;

    internal int Keys => _kept.Count;

    internal long Bytes => _keptBytes;

    /// <summary>Sets the bounds, at once.</summary>
    internal void Bound(int maxKeys, long maxBytes)
    {
        _maxKeys = maxKeys;
        _maxBytes = maxBytes;
        Shrink();
    }

    internal void Appended(string key, long offset)
    {
        if (_newest.TryGetValue(key, out var older)) Drop(older);
        _newest[key] = offset;
        _retained.Enqueue((key, offset));
    }

    /// <summary>Retention drops an event: keeps a copy when it is the newest of its key and not over.</summary>
    internal void Trimmed(long offset, LogChunk chunk, FrameEntry[] index, int frame, int end, bool expired)
    {
        while (_retained.TryPeek(out var oldest) && oldest.Offset <= offset)
        {
            _retained.Dequeue();
            if (oldest.Offset != offset || _newest[oldest.Key] != offset) continue;
            if (expired)
            {
                _newest.Remove(oldest.Key);
                continue;
            }
            var start = index[frame].Start;
            var bytes = chunk.Bytes!.AsSpan(start, end - start).ToArray();
            _kept[offset] = (oldest.Key, new ConflatedFrame(
                offset, bytes, index[frame].IdStart - start, chunk.TypeOf(frame), chunk.ExpiryOf(frame)));
            _keptBytes += bytes.Length;
        }
        Shrink();
    }

    private void Shrink()
    {
        while (_kept.Count > _maxKeys || (_keptBytes > _maxBytes && _kept.Count > 0))
        {
            var (offset, (key, _)) = _kept.First();
            _newest.Remove(key);
            Drop(offset);
        }
    }

    internal void Clear()
    {
        _newest.Clear();
        _retained.Clear();
        _kept.Clear();
        _keptBytes = 0;
    }

    /// <summary>The kept frames from an offset on, in offset order.</summary>
    internal ConflatedFrame[] From(long offset) => [.. _kept.Where(k => k.Key >= offset).Select(k => k.Value.Frame)];

    private void Drop(long offset)
    {
        if (_kept.Remove(offset, out var dropped)) _keptBytes -= dropped.Frame.Bytes.Length;
    }
}
