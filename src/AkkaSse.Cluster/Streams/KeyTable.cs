namespace AkkaSse.Cluster.Streams;

/// <summary>An idempotency key that was used.</summary>
/// <param name="Hash">Of the event or the run.</param>
/// <param name="Epoch">Of its answer.</param>
/// <param name="First">Offset of the first event; the head for a key without an offset.</param>
/// <param name="HasOffset">False when it was used for a comment or a retry.</param>
/// <param name="At">When, in milliseconds since 1970.</param>
internal readonly record struct UsedKey(ulong Hash, string Epoch, long First, bool HasOffset, long At);

/// <summary>A key's scope in its stream.</summary>
internal readonly record struct KeyName(string Principal, string Key);

/// <summary>
/// The keys of one stream. Kept for the whole window; what is past it counts no more and is dropped when somebody looks. Not thread-safe.
/// </summary>
internal sealed class KeyTable(long window)
{
    private readonly Dictionary<KeyName, UsedKey> _used = [];
    private readonly Queue<(KeyName Name, long At)> _order = new();

    /// <summary>Keys within the window.</summary>
    internal int Count(long now)
    {
        Expire(now);
        return _used.Count;
    }

    internal bool TryGet(in KeyName name, long now, out UsedKey used) => _used.TryGetValue(name, out used) && used.At + window > now;

    internal void Add(in KeyName name, in UsedKey used)
    {
        _used[name] = used;
        _order.Enqueue((name, used.At));
    }

    internal void Expire(long now)
    {
        while (_order.TryPeek(out var oldest) && oldest.At + window <= now)
        {
            _order.Dequeue();
            // The same key may have been used again after its window.
            if (_used.TryGetValue(oldest.Name, out var used) && used.At == oldest.At) _used.Remove(oldest.Name);
        }
    }

    internal (KeyName Name, UsedKey Used)[] ToArray()
    {
        var copy = new List<(KeyName, UsedKey)>(_used.Count);
        foreach (var (name, at) in _order)
        {
            if (_used.TryGetValue(name, out var used) && used.At == at) copy.Add((name, used));
        }
        return [.. copy];
    }
}
