using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Clients;

/// <summary>
/// Where clients were found, so that a send needs one hop. At most 65 536 clients: a full half is forgotten at once. A place may be old:
/// whoever uses it learns so from the node there, and forgets it. Thread-safe.
/// </summary>
internal sealed class LocationCache
{
    internal const int Half = 32_768;

    private readonly Lock _gate = new();
    private Dictionary<string, (IReadOnlyList<ClaimLocation> Places, long Until)> _young = new(StringComparer.Ordinal);
    private Dictionary<string, (IReadOnlyList<ClaimLocation> Places, long Until)> _old = new(StringComparer.Ordinal);

    private long _changes;

    /// <summary>How often a client's places were said to have changed.</summary>
    internal long Changes => Volatile.Read(ref _changes);

    /// <summary>What counts at a time; null when nothing does.</summary>
    internal IReadOnlyList<ClaimLocation>? Find(string client, long at)
    {
        lock (_gate)
        {
            if (_young.TryGetValue(client, out var found)) return found.Until >= at ? found.Places : null;
            if (!_old.TryGetValue(client, out found)) return null;
            Put(client, found);
            return found.Until >= at ? found.Places : null;
        }
    }

    /// <summary>Remembers an answer.</summary>
    /// <param name="client">The client.</param>
    /// <param name="places">Where it is.</param>
    /// <param name="changes"><see cref="Changes"/> before the question: what was said since may have overtaken the answer.</param>
    /// <param name="until">How long it counts in any case.</param>
    /// <param name="untilTold">How long it counts while nobody says that it has changed.</param>
    internal void Add(string client, IReadOnlyList<ClaimLocation> places, long changes, long until, long untilTold)
    {
        lock (_gate) Put(client, (places, changes == _changes ? untilTold : until));
    }

    /// <summary>The client may be elsewhere by now.</summary>
    internal void Changed(string client)
    {
        lock (_gate)
        {
            _changes++;
            Remove(client);
        }
    }

    internal void Forget(string client)
    {
        lock (_gate) Remove(client);
    }

    internal void Clear()
    {
        lock (_gate)
        {
            _young.Clear();
            _old.Clear();
        }
    }

    private void Remove(string client)
    {
        _young.Remove(client);
        _old.Remove(client);
    }

    private void Put(string client, (IReadOnlyList<ClaimLocation> Places, long Until) found)
    {
        if (_young.Count >= Half)
        {
            (_old, _young) = (_young, _old);
            _young.Clear();
        }
        _young[client] = found;
    }
}
