namespace AkkaSse.Cluster.Clients;

/// <summary>The claims of this node: asked for, and held. It is the truth about them; entities ask it. Thread-safe.</summary>
internal sealed class HeldClaims
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<Entry>> _byClient = new(StringComparer.Ordinal);

    /// <summary>Before the entity is asked.</summary>
    internal void Ask(string client, string zone, string? instance, string? subject, long token)
    {
        lock (_gate)
        {
            if (!_byClient.TryGetValue(client, out var entries)) _byClient[client] = entries = new(1);
            entries.Add(new Entry { Zone = zone, Instance = instance, Subject = subject, Token = token });
        }
    }

    /// <summary>
    /// The entity has granted it. False: another incarnation of the entity has been told meanwhile that this node does not hold it.
    /// </summary>
    internal bool Grant(string client, long token, long generation, long incarnation)
    {
        lock (_gate)
        {
            if (Find(client, e => e.Token == token) is not { } entry) return false;
            if (entry.AskedBy != 0 && entry.AskedBy != incarnation)
            {
                Remove(client, entry);
                return false;
            }
            entry.Generation = generation;
            return true;
        }
    }

    /// <summary>It was not granted, or nobody answered.</summary>
    internal void Drop(string client, long token)
    {
        lock (_gate)
        {
            if (Find(client, e => e.Token == token) is { } entry) Remove(client, entry);
        }
    }

    /// <summary>Takes a held claim out; its token, or 0 when it is not held.</summary>
    internal long Take(string client, string zone, long generation)
    {
        lock (_gate)
        {
            if (Find(client, e => e.Zone == zone && e.Generation == generation) is not { } entry) return 0;
            Remove(client, entry);
            return entry.Token;
        }
    }

    /// <summary>What an entity asks. From now on only that incarnation can grant what is asked for.</summary>
    internal IReadOnlyList<HeldEntry> Answer(string client, long incarnation)
    {
        lock (_gate)
        {
            if (!_byClient.TryGetValue(client, out var entries)) return [];
            foreach (var entry in entries) entry.AskedBy = incarnation;
            return [.. entries.Select(static e => e.ToHeld())];
        }
    }

    /// <summary>All that are held.</summary>
    internal IReadOnlyList<(string Client, HeldEntry Claim)> All()
    {
        lock (_gate)
            return [.. _byClient.SelectMany(static c => c.Value.Where(static e => e.Generation != 0).Select(e => (c.Key, e.ToHeld())))];
    }

    private Entry? Find(string client, Predicate<Entry> match) =>
        _byClient.TryGetValue(client, out var entries) ? entries.Find(match) : null;

    private void Remove(string client, Entry entry)
    {
        var entries = _byClient[client];
        entries.Remove(entry);
        if (entries.Count == 0) _byClient.Remove(client);
    }

    private sealed class Entry
    {
        internal required string Zone { get; init; }

        internal string? Instance { get; init; }

        internal string? Subject { get; init; }

        internal required long Token { get; init; }

        internal long Generation { get; set; }

        internal long AskedBy { get; set; }

        internal HeldEntry ToHeld() => new(Zone, Instance, Subject, Token, Generation);
    }
}
