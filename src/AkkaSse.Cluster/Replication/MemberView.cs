namespace AkkaSse.Cluster.Replication;

/// <summary>The <c>stream</c> nodes of the cluster as the leader's node sees them.</summary>
/// <param name="Members">Every node that was not removed from the cluster, unreachable ones too. <b>A node that is missing here counts as dead for good</b>: it must never answer again, which is what downing by the split-brain resolver and the death of a downed node promise. The order does not matter.</param>
/// <param name="Unreachable">Those of them that do not answer now: they keep their votes but are given no new ones.</param>
/// <param name="Draining">Those of them that want to leave: their votes move to others.</param>
internal sealed record MemberView(IReadOnlyCollection<NodeId> Members, IReadOnlyCollection<NodeId> Unreachable, IReadOnlyCollection<NodeId> Draining)
{
    internal MemberView(IReadOnlyCollection<NodeId> members)
        : this(members, [], [])
    {
    }
}
