using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Clients;

/// <summary>
/// Where clients were found, so that a send needs one hop. At most 65 536 clients: a full half is forgotten at once. A place may be old: whoever uses it learns so from the node there, and forgets it.
/// Thread-safe.
/// </summary>
internal sealed class LocationCache
{
    internal const int Half = 32_768;

    private readonly Lock _gate = new();
    private Dictionary<string, (IReadOnlyList<ClaimLocation> Places, long At)> _young = new(StringComparer.Ordinal);
    private Dictionary<string, (IReadOnlyList<ClaimLocation> Places, long At)> _old = new(StringComparer.Ordinal);

    /// <summary>What was found at or after a time; null when nothing is remembered.</summary>
    internal IReadOnlyList<ClaimLocation>? Find(string client, long since)
    {
        lock (_gate)
        {
            if (_young.TryGetValue(client, out var found)) return found.At >= since ? found.Places : null;
            if (!_old.TryGetValue(client, out found)) return null;
            Put(client, found);
            return found.At >= since ? found.Places : null;
        }
    }

    internal void Add(string client, IReadOnlyList<ClaimLocation> places, long at)
    {
        lock (_gate) Put(client, (places, at));
    }

    internal void Forget(string client)
    {
        lock (_gate)
        {
            _young.Remove(client);
            _old.Remove(client);
        }
    }

    internal void Clear()
    {
        lock (_gate)
        {
            _young.Clear();
            _old.Clear();
        }
    }

    private void Put(string client, (IReadOnlyList<ClaimLocation> Places, long At) found)
    {
        if (_young.Count >= Half)
        {
            (_old, _young) = (_young, _old);
            _young.Clear();
        }
        _young[client] = found;
    }
}
