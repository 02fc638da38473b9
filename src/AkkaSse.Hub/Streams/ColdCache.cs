namespace AkkaSse.Hub.Streams;

/// <summary>
/// Pages of history that readers of a node have asked for, least recently used first out. An evicted page that a reader is in the middle of
/// stays alive for that reader alone. Thread-safe.
/// </summary>
/// <param name="maxBytes">Bytes of frames that are kept.</param>
public sealed class ColdCache(long maxBytes)
{
    private readonly LinkedList<Entry> _byUse = new();
    private readonly Dictionary<(ColdPages Pages, long Start), LinkedListNode<Entry>> _entries = [];
    private long _bytes;

    /// <summary>Bytes of frames kept now.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    internal Lock Gate { get; } = new();

    // Under the gate.
    internal bool TryGet(ColdPages pages, long start, out ColdSegment segment)
    {
        segment = null!;
        if (!_entries.TryGetValue((pages, start), out var node)) return false;
        _byUse.Remove(node);
        _byUse.AddLast(node);
        segment = node.Value.Segment;
        return true;
    }

    // Under the gate.
    internal void Add(ColdPages pages, long start, ColdSegment segment)
    {
        Remove(pages, start);
        _entries[(pages, start)] = _byUse.AddLast(new Entry(pages, start, segment));
        Volatile.Write(ref _bytes, _bytes + segment.Bytes);
        // The page that was just read is wanted now, however large it is.
        while (_bytes > maxBytes && _byUse.Count > 1) Remove(_byUse.First!.Value.Pages, _byUse.First.Value.Start);
    }

    internal void Forget(ColdPages pages)
    {
        lock (Gate)
        {
            foreach (var key in _entries.Keys.Where(k => ReferenceEquals(k.Pages, pages)).ToArray()) Remove(key.Pages, key.Start);
        }
    }

    private void Remove(ColdPages pages, long start)
    {
        if (!_entries.Remove((pages, start), out var node)) return;
        _byUse.Remove(node);
        Volatile.Write(ref _bytes, _bytes - node.Value.Segment.Bytes);
    }

    private sealed record Entry(ColdPages Pages, long Start, ColdSegment Segment);
}

/// <summary>Frames of consecutive events, read at once.</summary>
/// <param name="Chunk">The frames.</param>
/// <param name="From">Offset of the first.</param>
/// <param name="Through">Offset of the last.</param>
/// <param name="Bytes">Their size.</param>
internal sealed record ColdSegment(LogChunk Chunk, long From, long Through, int Bytes);
