using Akka.Cluster;
using AkkaSse.Cluster.Hosting;

namespace AkkaSse.Cluster.Nodes;

/// <summary>When a member is taken for crashed without waiting for the split brain resolver. Pure.</summary>
internal static class CrashRules
{
    /// <summary>
    /// Whether the nodes that have found its port closed decide. They do when they are more than half of all nodes that hold streams, the
    /// crashed one counted: the side that keep-majority would keep. So what refuses connections and is no host (a firewall, a proxy) cannot
    /// make two clusters of one.
    /// </summary>
    /// <param name="view">The membership as this node knows it.</param>
    /// <param name="suspect">The member at whose address nothing listens.</param>
    /// <param name="witnesses">Who has found that.</param>
    internal static bool IsCertain(ClusterView view, UniqueAddress suspect, IReadOnlySet<UniqueAddress> witnesses)
    {
        if (view.Find(suspect) is not { } member) return false;
        // One without streams, or that is only joining, counts as one more.
        int all = member is { HostsStreams: true, IsMember: true } ? 0 : 1, found = 0;
        foreach (var node in view.StreamNodes)
        {
            all++;
            if (node.Reachable && !node.Unique.Equals(suspect) && witnesses.Contains(node.Unique)) found++;
        }
        return 2 * found > all;
    }
}
