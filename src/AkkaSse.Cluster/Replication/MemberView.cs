using System.Collections.Frozen;

namespace AkkaSse.Cluster.Replication;

/// <summary>
/// The <c>stream</c> nodes of the cluster as the leader's node sees them. Immutable: one view serves all leaders of a node.
/// </summary>
/// <param name="members">Every node that was not removed from the cluster, unreachable and joining ones too. <b>A node that is missing here
/// counts as dead for good</b>: it must never answer again, which is what downing by the split-brain resolver and the death of a downed
/// node promise.</param>
/// <param name="unreachable">Those of them that do not answer now, and those that are not up yet: that a node may be up only when every
/// member knows it at least as joining is what keeps a leader with an old view from founding a log beside one it cannot see. They keep
/// their votes but are given no new ones.</param>
/// <param name="draining">Those of them that want to leave: their votes move to others.</param>
internal sealed class MemberView(IEnumerable<NodeId> members, IEnumerable<NodeId> unreachable, IEnumerable<NodeId> draining)
{
    private readonly FrozenSet<NodeId> _unreachable = unreachable.ToFrozenSet();
    private readonly FrozenSet<NodeId> _draining = draining.ToFrozenSet();

    internal MemberView(IEnumerable<NodeId> members)
        : this(members, [], [])
    {
    }

    /// <summary>In the order given, so that what a leader does depends on nothing else.</summary>
    internal IReadOnlyList<NodeId> Members { get; } = [.. members];

    /// <summary>A scan: the stream nodes of a cluster are few.</summary>
    internal bool Has(NodeId node)
    {
        for (var i = 0; i < Members.Count; i++)
        {
            if (Members[i] == node) return true;
        }
        return false;
    }

    internal bool IsReachable(NodeId node) => Has(node) && !_unreachable.Contains(node);

    internal bool IsDraining(NodeId node) => _draining.Contains(node);

    /// <summary>Whether a vote may be given to it.</summary>
    internal bool CanVote(NodeId node) => IsReachable(node) && !IsDraining(node);
}
