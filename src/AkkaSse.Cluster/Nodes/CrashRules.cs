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
        int all = 0, found = 0;
        foreach (var member in view.StreamNodes)
        {
            all++;
            if (member.Reachable && !member.Unique.Equals(suspect) && witnesses.Contains(member.Unique)) found++;
        }
        return view.Find(suspect) is not null && 2 * found > all;
    }
}
