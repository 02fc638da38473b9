namespace AkkaSse.Cluster.Replication;

/// <content>Keeps as many voters as there should be.</content>
internal sealed partial class Leader<TState>
{
    private long _votersAt;
    private Peer? _learner;

    // The voters of both sets, null where the voter's life is over or its node was removed, and what each set needs.
    private Peer?[] _old = [];
    private Peer?[] _next = [];
    private int _oldNeeded;
    private int _nextNeeded;

    private bool IsJoint => Voters!.Next is not null;

    private void FindVoters()
    {
        (_old, _oldNeeded) = Find(Voters!.Voters);
        (_next, _nextNeeded) = Voters.Next is { } next ? Find(next) : ([], 0);
    }

    private (Peer?[] Peers, int Needed) Find(IReadOnlyList<Voter> voters)
    {
        var found = new Peer?[voters.Count];
        var left = 0;
        for (var i = 0; i < voters.Count; i++)
        {
            if (!_view.Has(voters[i].Node)) continue;
            left++;
            var peer = PeerOf(voters[i].Node);
            if (!peer.Promised || peer.Incarnation == voters[i].Incarnation) found[i] = peer;
        }
        return (found, Quorum.Needed(voters.Count, left, IsJoint));
    }

    /// <summary>One step at a time: a joint change, committed, its end; a learner before it takes a vote.</summary>
    private void Plan()
    {
        if (_phase != Phase.Leading || _confirming.Count > 0) return;
        if (IsJoint)
        {
            if (IsRecovered && _votersAt <= Commit) Change(Voters!.Settled());
            else if (CanNeverCommit(Voters!.Voters) || CanNeverCommit(Voters.Next!)) Depose();
            return;
        }
        if (CanNeverCommit(Voters!.Voters))
        {
            Depose();
            return;
        }
        var plan = VoterPlan.Next(Name, Voters!, _view, IsLost, _options.Voters);
        // Before the log lives nothing is changed but what keeps it from living.
        if (!IsRecovered && plan is not { IsUrgent: true }) return;
        Learn(plan?.Learn);
        if (plan is null || (plan.Learn is not null && !(_learner is { Stands: true } && _learner.Match >= Commit))) return;
        List<Voter> next = [];
        foreach (var voter in Voters!.Voters)
        {
            if (!plan.Remove.Contains(voter)) next.Add(voter);
        }
        if (_learner is not null) next.Add(new Voter(_learner.Node, _learner.Incarnation));
        _learner = null;
        Change(Voters.Joint(next));
    }

    private bool IsLost(Voter voter) =>
        _peers.TryGetValue(voter.Node, out var peer) && peer.Promised && peer.Incarnation != voter.Incarnation;

    /// <summary>
    /// Whether fewer voters live than any way to commit needs. A new leader finds out whether another set took over, or begins anew.
    /// </summary>
    private bool CanNeverCommit(IReadOnlyList<Voter> voters)
    {
        var living = 0;
        foreach (var voter in voters)
        {
            if (_view.Has(voter.Node) && !IsLost(voter)) living++;
        }
        return living < VoterSet.RecoveryQuorum(voters.Count);
    }

    private void Change(VoterSet set)
    {
        Append(new Entry(Last + 1, Term, new VoterChange(set)));
        FindVoters();
        foreach (var peer in _peers.Values)
        {
            if (peer.Promised && !peer.IsActive && !peer.IsDropping) Engage(peer);
        }
        Flush();
    }

    /// <summary>The one node that is being brought up to date, or none.</summary>
    private void Learn(NodeId? node)
    {
        if (_learner?.Node == node) return;
        if (_learner is { } former)
        {
            _learner = null;
            LetGo(former);
        }
        if (node is null) return;
        var peer = PeerOf(node);
        // It is letting an earlier life go; the next plan finds it free.
        if (peer.IsDropping) return;
        _learner = peer;
        if (peer.Promised) Engage(peer);
        else if (_now >= peer.NextTry) AskFor(peer);
    }

    /// <summary>Replicas that have no vote any more, now that the set without them is committed.</summary>
    private void LetGo()
    {
        if (!IsRecovered || IsJoint || _votersAt > Commit) return;
        foreach (var peer in _peers.Values) LetGo(peer);
    }

    private void LetGo(Peer peer)
    {
        if (!peer.Promised || peer.IsDropping || peer == _learner || Voters!.On(peer.Node) is not null) return;
        peer.IsActive = false;
        peer.IsDropping = true;
        peer.Tries = 0;
        peer.NextTry = _now;
        Repeat(peer);
    }

    private void OnGone(Peer peer, Gone gone)
    {
        if (!peer.Promised || gone.Incarnation != peer.Incarnation) return;
        if (peer.IsDropping || peer == _learner)
        {
            if (peer == _learner) _learner = null;
            peer.Reset();
            _peers.Remove(peer.Node);
            Plan();
            return;
        }
        // A voter's replica lives no more: a later leader has let it go.
        Depose();
    }

    private bool IsQuiet()
    {
        if (!IsRecovered || IsJoint || _learner is not null || _votersAt > Commit) return false;
        foreach (var peer in _peers.Values)
        {
            if (!peer.Promised || peer.IsDropping) return false;
            if (peer.IsActive && (!peer.Stands || peer.Match < Last || peer.CommitKnown < Commit)) return false;
        }
        return VoterPlan.Next(Name, Voters!, _view, IsLost, _options.Voters) is null;
    }
}
