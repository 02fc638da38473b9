using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Clients;

/// <summary>Instances of one client that may not connect for a time; with a null instance nobody may. Not thread-safe.</summary>
internal sealed class Refusals
{
    /// <summary>At most so many of one client: the one that ends first makes place.</summary>
    internal const int Max = 64;

    private readonly List<(string Zone, string? Instance, long Until)> _all = [];

    /// <summary>Changes with every one that is added.</summary>
    internal int Version { get; private set; }

    internal void Add(string zone, string? instance, long until, long now)
    {
        Expire(now);
        _all.RemoveAll(r => r.Zone == zone && r.Instance == instance);
        if (_all.Count == Max) _all.RemoveAt(_all.IndexOf(_all.MinBy(static r => r.Until)));
        _all.Add((zone, instance, until));
        Version++;
    }

    internal bool Contains(string zone, string? instance, long now) =>
        _all.Exists(r => r.Zone == zone && r.Until > now && (r.Instance is null || r.Instance == instance));

    /// <summary>When the last one ends; 0 when there is none.</summary>
    internal long LastUntil => _all.Count == 0 ? 0 : _all.Max(static r => r.Until);

    internal void Expire(long now) => _all.RemoveAll(r => r.Until <= now);

    internal byte[] ToBytes()
    {
        var to = new WireWriter();
        to.UInt((ulong)_all.Count);
        foreach (var (zone, instance, until) in _all)
        {
            to.Text(zone);
            to.Text(instance);
            to.Int(until);
        }
        return to.Take();
    }

    /// <summary>Adds what an earlier incarnation has written.</summary>
    internal void Load(ReadOnlyMemory<byte> bytes, long now)
    {
        var from = new WireReader(bytes);
        for (var left = from.Length(); left > 0; left--)
        {
            var (zone, instance, until) = (from.RequiredText(), from.Text(), from.Int());
            if (until > now && !_all.Exists(r => r.Zone == zone && r.Instance == instance)) _all.Add((zone, instance, until));
        }
    }
}
