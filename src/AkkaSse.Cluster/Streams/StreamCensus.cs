using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Streams;

/// <summary>
/// The streams that this node knows of: those whose log it has a copy of, and those whose owner runs here, which knows better. Counts them
/// against the limit and lists them by name. Thread-safe.
/// </summary>
internal sealed class StreamCensus(HubOptions options)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CopyCount> _elsewhere = new(StringComparer.Ordinal);
    private readonly StreamTally _all = new();

    // Of namespaces that bound their streams; null where none does.
    private readonly StreamTally?[]? _namespaces = options.ListNamespaces() is var all && all.Any(static n => n.MaxStreams is not null)
        ? [.. all.Select(static n => n.MaxStreams is null ? null : new StreamTally())]
        : null;

    private int _copiesOfEach = 1;

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

    /// <summary>Copies of streams that exist, on this node.</summary>
    internal CopyCount CountCopies()
    {
        lock (_gate)
        {
            return new CopyCount(_all.Copies)
            {
                Namespaces = _namespaces is not { } own ? [] : [.. options.ListNamespaces().Where(n => own[n.Index] is not null)
                    .Select(n => new NamespaceCopies(n.Prefix, own[n.Index]!.Copies))],
            };
        }
    }

    /// <summary>Takes a place for a stream that begins to exist; its owner is here. Null, or why there is none.</summary>
    internal string? Take(string name)
    {
        lock (_gate)
        {
            var entry = Of(name);
            if (!entry.IsPresent && Refusal(name) is { } refusal)
            {
                Drop(name, entry);
                return refusal;
            }
            _all.Taken++;
            if (TallyOf(name) is { } own) own.Taken++;
            Change(name, entry, static e => e.Led = true);
            return null;
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
            _all.Copies += isPresent ? 1 : -1;
            if (TallyOf(name) is { } own) own.Copies += isPresent ? 1 : -1;
            Change(name, entry, e => e.Copy = isPresent);
        }
    }

    /// <summary>How many copies another node has.</summary>
    /// <param name="node">Its address.</param>
    /// <param name="copies">What it says.</param>
    internal void SetElsewhere(string node, CopyCount copies)
    {
        lock (_gate)
        {
            _elsewhere[node] = copies;
            _all.Taken = 0;
            foreach (var own in _namespaces ?? [])
            {
                if (own is not null) own.Taken = 0;
            }
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
    private int Count() => _all.Count(_elsewhere.Count, _elsewhere.Values.Sum(static c => c.Copies), _copiesOfEach);

    private string? Refusal(string name)
    {
        if (Count() >= options.MaxStreams && !StreamRules.HasItsPlace(name))
            return $"There are {options.MaxStreams} streams, the most allowed.";
        if (TallyOf(name) is not { } own || options.NamespaceOf(name) is not { } found) return null;
        var elsewhere = 0;
        foreach (var count in _elsewhere.Values)
        {
            foreach (var (prefix, copies) in count.Namespaces)
            {
                if (prefix == found.Prefix) elsewhere += copies;
            }
        }
        return own.Count(_elsewhere.Count, elsewhere, _copiesOfEach) >= found.MaxStreams ? found.TooManyStreams : null;
    }

    // Null: of no namespace that bounds its streams.
    private StreamTally? TallyOf(string name) =>
        _namespaces is { } own && options.NamespaceOf(name) is { } found ? own[found.Index] : null;

    private Entry Of(string name)
    {
        if (!_entries.TryGetValue(name, out var entry)) _entries[name] = entry = new Entry();
        return entry;
    }

    private void Change(string name, Entry entry, Action<Entry> change)
    {
        var was = entry.IsPresent;
        change(entry);
        if (entry.IsPresent != was)
        {
            _all.Present += was ? -1 : 1;
            if (TallyOf(name) is { } own) own.Present += was ? -1 : 1;
        }
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
