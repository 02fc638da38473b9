using System.Collections.Frozen;

namespace AkkaSse.Cluster.Replication;

/// <summary>The <c>stream</c> nodes of the cluster as the leader's node sees them. Immutable: one view serves all leaders of a node.</summary>
/// <param name="members">Every node that was not removed from the cluster, unreachable ones too. <b>A node that is missing here counts as dead for good</b>: it must never answer again, which is what downing by the split-brain resolver and the death of a downed node promise.</param>
/// <param name="unreachable">Those of them that do not answer now: they keep their votes but are given no new ones.</param>
/// <param name="draining">Those of them that want to leave: their votes move to others.</param>
internal sealed class MemberView(IEnumerable<NodeId> members, IEnumerable<NodeId> unreachable, IEnumerable<NodeId> draining)
{
    private readonly FrozenSet<NodeId> _members = members.ToFrozenSet();
    private readonly FrozenSet<NodeId> _unreachable = unreachable.ToFrozenSet();
    private readonly FrozenSet<NodeId> _draining = draining.ToFrozenSet();

    internal MemberView(IEnumerable<NodeId> members)
        : this(members, [], [])
    {
    }

    internal IReadOnlyList<NodeId> Members => _members.Items;

    internal bool Has(NodeId node) => _members.Contains(node);

    internal bool IsReachable(NodeId node) => _members.Contains(node) && !_unreachable.Contains(node);

    internal bool IsDraining(NodeId node) => _draining.Contains(node);

    /// <summary>Whether a vote may be given to it.</summary>
    internal bool CanVote(NodeId node) => IsReachable(node) && !IsDraining(node);
}
