namespace AkkaSse.Cluster.Replication;

/// <summary>What is to be done about a log's voters.</summary>
/// <param name="Remove">Voters that leave.</param>
/// <param name="Learn">A node that is to be brought up to date and then takes a vote (the place of those that leave, if any); null when the
/// set only shrinks.</param>
/// <param name="IsUrgent">Nothing can be committed before it is done.</param>
internal sealed record VoterPlan(IReadOnlyList<Voter> Remove, NodeId? Learn, bool IsUrgent = false)
{
    /// <summary>Decides the next step for a set that is not in the middle of a change; null when all is well. Pure.</summary>
    /// <param name="name">The log's name.</param>
    /// <param name="set">The set in force.</param>
    /// <param name="view">The cluster.</param>
    /// <param name="isLost">Whether a voter's replica is known to live no more although its node does.</param>
    /// <param name="wanted">Voters when the cluster is large enough.</param>
    internal static VoterPlan? Next(string name, VoterSet set, MemberView view, Func<Voter, bool> isLost, int wanted)
    {
        var voters = set.Voters;
        List<Voter> removed = [], left = [];
        foreach (var voter in voters) (view.Has(voter.Node) ? left : removed).Add(voter);
        if (left.Count == 0) return null;

        // Nothing can be committed any more: the dead go first, the new come when the log lives again.
        if (left.Count < VoterSet.CommitQuorum(voters.Count)) return new VoterPlan(removed, null, IsUrgent: true);

        var leaving = removed.Count > 0 ? removed[0] : Find(voters, isLost) ?? Find(voters, v => view.IsDraining(v.Node));
        if (leaving is null && voters.Count >= wanted) return null;

        List<NodeId> candidates = [];
        foreach (var node in view.Members)
        {
            if (view.CanVote(node) && set.On(node) is null) candidates.Add(node);
        }
        if (candidates.Count > 0 && voters.Count - (leaving is null ? 0 : 1) < wanted)
        {
            return new VoterPlan(leaving is { } one ? [one] : [], Rendezvous.Order(name, candidates)[0]);
        }
        if (leaving is not { } last || voters.Count == 1) return null;

        // A voter that only wants to leave waits while those that stay could not commit without it.
        var reachable = 0;
        foreach (var voter in voters)
        {
            if (voter != last && view.IsReachable(voter.Node)) reachable++;
        }
        return removed.Count > 0 || reachable >= VoterSet.CommitQuorum(voters.Count - 1) ? new VoterPlan([last], null) : null;
    }

    private static Voter? Find(IReadOnlyList<Voter> voters, Func<Voter, bool> which)
    {
        foreach (var voter in voters)
        {
            if (which(voter)) return voter;
        }
        return null;
    }
}
