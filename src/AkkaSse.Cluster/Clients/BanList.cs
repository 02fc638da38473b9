namespace AkkaSse.Cluster.Clients;

/// <summary>What this node was told of refused clients: whoever decides about one of them next asks all nodes. Thread-safe.</summary>
internal sealed class BanList
{
    /// <summary>At most so many clients; about 10 MB. While it is full the refusals of others hold as long as their entity does.</summary>
    internal const int Max = 65_536;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Until, ReadOnlyMemory<byte> Refusals)> _all = new(StringComparer.Ordinal);

    internal void Keep(string client, long until, ReadOnlyMemory<byte> refusals, long now)
    {
        lock (_gate)
        {
            if (_all.Count >= Max && !_all.ContainsKey(client))
            {
                foreach (var (other, kept) in _all)
                {
                    if (kept.Until <= now) _all.Remove(other);
                }
                if (_all.Count >= Max) return;
            }
            // The message's array is as long as whatever came with it.
            _all[client] = (until, refusals.ToArray());
        }
    }

    internal ReadOnlyMemory<byte> Of(string client, long now)
    {
        lock (_gate)
        {
            if (!_all.TryGetValue(client, out var kept)) return default;
            if (kept.Until > now) return kept.Refusals;
            _all.Remove(client);
            return default;
        }
    }

    /// <summary>All that have not ended.</summary>
    internal IReadOnlyList<KeepRefusals> All(long now)
    {
        lock (_gate)
            return [.. _all.Where(k => k.Value.Until > now).Select(static k => new KeepRefusals(k.Key, k.Value.Until, k.Value.Refusals))];
    }
}
