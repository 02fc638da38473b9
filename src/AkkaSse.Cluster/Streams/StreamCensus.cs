using AkkaSse.Hub;

namespace AkkaSse.Cluster.Streams;

/// <summary>
/// The streams that this node knows of: those whose log it has a copy of, and those whose owner runs here, which knows better. Counts them
/// against the limit and lists them by name. Thread-safe.
/// </summary>
internal sealed class StreamCensus(HubOptions options)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _elsewhere = new(StringComparer.Ordinal);
    private int _present;
    private int _copies;
    private int _taken;
    private int _copiesOfEach = 1;

    /// <summary>Copies of streams that exist, on this node.</summary>
    internal int Copies => Volatile.Read(ref _copies);

    /// <summary>
    /// Streams in the whole cluster: exact while this node is alone, else as of the last exchange of counts, one second ago.
    /// </summary>
    internal int Streams
    {
        get
        {
            lock (_gate) return Count();
        }
    }

    /// <summary>Takes a place for a stream that begins to exist; its owner is here.</summary>
    internal bool TryTake(string name)
    {
        lock (_gate)
        {
            var entry = Of(name);
            if (!entry.IsPresent && Count() >= options.MaxStreams)
            {
                Drop(name, entry);
                return false;
            }
            _taken++;
            Change(name, entry, static e => e.Led = true);
            return true;
        }
    }

    /// <summary>What the owner here says.</summary>
    internal void SetLed(string name, StreamHeader header)
    {
        lock (_gate)
        {
            var entry = Of(name);
            entry.Header = header;
            Change(name, entry, e => e.Led = header.Present);
        }
    }

    /// <summary>The owner here has ended.</summary>
    internal void EndLed(string name)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(name, out var entry)) return;
            entry.Header = null;
            Change(name, entry, static e => e.Led = null);
        }
    }

    /// <summary>What the copy here says.</summary>
    internal void SetCopy(string name, bool isPresent)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(name, out var entry))
            {
                if (!isPresent) return;
                entry = Of(name);
            }
            if (entry.Copy == isPresent) return;
            Volatile.Write(ref _copies, _copies + (isPresent ? 1 : -1));
            Change(name, entry, e => e.Copy = isPresent);
        }
    }

    /// <summary>How many copies another node has.</summary>
    /// <param name="node">Its address.</param>
    /// <param name="copies">Null: it has left.</param>
    internal void SetElsewhere(string node, int? copies)
    {
        lock (_gate)
        {
            if (copies is { } c) _elsewhere[node] = c;
            else _elsewhere.Remove(node);
            _taken = 0;
        }
    }

    internal void ForgetElsewhere(Func<string, bool> isMember)
    {
        lock (_gate)
        {
            foreach (var node in _elsewhere.Keys)
            {
                if (!isMember(node)) _elsewhere.Remove(node);
            }
        }
    }

    internal int CopiesOfEach
    {
        set
        {
            lock (_gate) _copiesOfEach = Math.Max(1, value);
        }
    }

    /// <summary>Names after one, with what their owners here say of them; streams of the hub's own are left out.</summary>
    internal List<(string Name, bool? Led, StreamHeader? Header)> Names(string prefix, string? after, int limit, out bool more)
    {
        var names = new List<(string, bool?, StreamHeader?)>();
        more = false;
        lock (_gate)
        {
            foreach (var (name, entry) in _entries)
            {
                if (name[0] == '$' || string.CompareOrdinal(name, prefix) < 0
                    || (after is not null && string.CompareOrdinal(name, after) <= 0))
                    continue;
                if (!name.StartsWith(prefix, StringComparison.Ordinal)) break;
                if (names.Count == limit)
                {
                    more = true;
                    break;
                }
                names.Add((name, entry.Led, entry.Header));
            }
        }
        return names;
    }

    // Under the gate.
    private int Count()
    {
        if (_elsewhere.Count == 0) return _present;
        var copies = _copies;
        foreach (var (_, count) in _elsewhere) copies += count;
        return (copies / Math.Min(_copiesOfEach, _elsewhere.Count + 1)) + _taken;
    }

    private Entry Of(string name)
    {
        if (!_entries.TryGetValue(name, out var entry)) _entries[name] = entry = new Entry();
        return entry;
    }

    private void Change(string name, Entry entry, Action<Entry> change)
    {
        var was = entry.IsPresent;
        change(entry);
        if (entry.IsPresent != was) _present += was ? -1 : 1;
        Drop(name, entry);
    }

    private void Drop(string name, Entry entry)
    {
        if (entry.Led is null && !entry.Copy) _entries.Remove(name);
    }

    private sealed class Entry
    {
        internal bool? Led { get; set; }

        internal bool Copy { get; set; }

        internal StreamHeader? Header { get; set; }

        internal bool IsPresent => Led ?? Copy;
    }
}
