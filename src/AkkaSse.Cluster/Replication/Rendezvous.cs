namespace AkkaSse.Cluster.Replication;

/// <summary>
/// Which nodes a log's voters stand on: highest hash of (name, node) first, so every node computes the same order and a change of the
/// cluster moves as few logs as possible.
/// </summary>
internal static class Rendezvous
{
    /// <summary>The nodes, best first. Part of nothing that is stored: a different order after an update moves no voter.</summary>
    internal static List<NodeId> Order(string name, IEnumerable<NodeId> nodes)
    {
        var ranked = new List<(ulong Weight, NodeId Node)>();
        foreach (var node in nodes) ranked.Add((Weight(name, node), node));
        ranked.Sort(static (a, b) => a.Weight != b.Weight ? b.Weight.CompareTo(a.Weight) : a.Node.CompareTo(b.Node));
        return ranked.ConvertAll(static r => r.Node);
    }

    // FNV-1a, then MurmurHash3's finaliser: FNV's high bits, which decide the order, hardly depend on the last characters.
    private static ulong Weight(string name, NodeId node)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in name) hash = (hash ^ c) * 1099511628211UL;
        hash = (hash ^ 0xFFFF) * 1099511628211UL;
        foreach (var c in node.Address) hash = (hash ^ c) * 1099511628211UL;
        hash ^= (ulong)node.Uid;
        hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCDUL;
        hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53UL;
        return hash ^ (hash >> 33);
    }
}
