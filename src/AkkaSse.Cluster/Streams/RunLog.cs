namespace AkkaSse.Cluster.Streams;

/// <summary>The retained runs of a stream, oldest first: a ring that grows. Not thread-safe.</summary>
internal sealed class RunLog
{
    private EventRun[] _ring = new EventRun[4];
    private int _head;

    internal int Count { get; private set; }

    /// <summary>What the runs count against the bounds of bytes.</summary>
    internal long Size { get; private set; }

    internal ref EventRun this[int index] => ref _ring[(_head + index) & (_ring.Length - 1)];

    /// <summary>Adds a run behind the others; one without events is no run, see <see cref="ReadRun"/>.</summary>
    internal void Add(in EventRun run)
    {
        if (run.Count == 0) return;
        if (Count == _ring.Length)
        {
            var larger = new EventRun[_ring.Length * 2];
            for (var i = 0; i < Count; i++) larger[i] = this[i];
            _ring = larger;
            _head = 0;
        }
        Count++;
        Size += run.Size;
        this[Count - 1] = run;
    }

    internal void DropOldest()
    {
        Size -= this[0].Size;
        this[0] = default;
        _head = (_head + 1) & (_ring.Length - 1);
        Count--;
    }

    /// <summary>Cuts the oldest run so that it begins with this offset, which it has.</summary>
    internal void CutOldest(long first)
    {
        Size -= this[0].Size;
        this[0] = this[0].From(first);
        Size += this[0].Size;
    }

    internal void Clear()
    {
        _ring = new EventRun[4];
        _head = Count = 0;
        Size = 0;
    }

    /// <summary>
    /// Index of the run that has this offset or, when none has, of the first one after it; <see cref="Count"/> when there is none.
    /// </summary>
    internal int IndexOf(long offset)
    {
        int low = 0, high = Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (this[middle].Last < offset) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    internal EventRun[] ToArray()
    {
        var copy = new EventRun[Count];
        for (var i = 0; i < Count; i++) copy[i] = this[i];
        return copy;
    }
}
