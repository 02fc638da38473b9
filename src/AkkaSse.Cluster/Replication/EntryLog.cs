namespace AkkaSse.Cluster.Replication;

/// <summary>Contiguous entries in a ring: added at the end, let go at the front. Not thread-safe.</summary>
/// <param name="after">The index before the first entry.</param>
internal sealed class EntryLog(long after)
{
    private Entry?[] _ring = new Entry?[16];
    private int _head;
    private int _count;

    /// <summary>The index before the first entry that is kept.</summary>
    internal long After { get; private set; } = after;

    internal long Last => After + _count;

    internal Entry this[long index]
    {
        get
        {
            if (index <= After || index > Last)
                throw new ArgumentOutOfRangeException(nameof(index), index, $"Entries {After + 1} to {Last} are kept.");
            return _ring[Slot(index - After - 1)]!;
        }
    }

    /// <exception cref="ArgumentException">The entry is not the next.</exception>
    internal void Add(Entry entry)
    {
        if (entry.Index != Last + 1) throw new ArgumentException($"Entry {entry.Index} cannot follow {Last}.", nameof(entry));
        if (_count == _ring.Length) Grow();
        _ring[Slot(_count)] = entry;
        _count++;
    }

    /// <summary>Lets the first entry go and returns it.</summary>
    internal Entry TakeFirst()
    {
        var entry = this[After + 1];
        _ring[_head] = null;
        _head = Slot(1);
        _count--;
        After++;
        return entry;
    }

    /// <summary>The entries after <paramref name="after"/>: as many as fit, at least one if there is any.</summary>
    internal Entry[] Slice(long after, int maxEntries, int maxBytes)
    {
        var available = (int)Math.Min(Last - after, maxEntries);
        if (available <= 0) return [];
        var count = 1;
        long bytes = this[after + 1].Size;
        while (count < available && (bytes += this[after + 1 + count].Size) <= maxBytes) count++;
        var slice = new Entry[count];
        for (var i = 0; i < count; i++) slice[i] = this[after + 1 + i];
        return slice;
    }

    private int Slot(long place) => (int)((_head + place) & (_ring.Length - 1));

    private void Grow()
    {
        var larger = new Entry?[_ring.Length * 2];
        for (var i = 0; i < _count; i++) larger[i] = _ring[Slot(i)];
        _ring = larger;
        _head = 0;
    }
}
