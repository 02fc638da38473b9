using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <content>The promises.</content>
internal sealed partial class SimCluster
{
    /// <summary>The set at the end of what is committed, and those that anybody alive holds beyond it.</summary>
    private List<VoterSet> SetsInForce()
    {
        List<VoterSet> sets = [];
        var committed = Chronicle.Latest?.Voters();
        if (committed is not null) sets.Add(committed);
        foreach (var node in Members)
        {
            if (node.IsAlive && node.Replica?.Voters is { } held && held.Version > (committed?.Version ?? 0)) sets.Add(held);
        }
        foreach (var leader in Leaders)
        {
            if (leader.Runs && leader.Machine.Voters is { } led && led.Version > (committed?.Version ?? 0)) sets.Add(led);
        }
        return sets;
    }

    private bool CanRecover(VoterSet set, Predicate<SimNode>? without = null) =>
        CanRecover(set.Voters, without) && (set.Next is null || CanRecover(set.Next, without));

    private bool CanRecover(IReadOnlyList<Voter> voters, Predicate<SimNode>? without)
    {
        var alive = 0;
        foreach (var voter in voters)
        {
            if (Members.Find(n => n.Id == voter.Node) is { IsAlive: true } node && without?.Invoke(node) != true
                && node.Replica?.Incarnation == voter.Incarnation)
                alive++;
        }
        return alive >= VoterSet.RecoveryQuorum(voters.Count);
    }

    private Replica<Notebook>? LifeOf(Voter voter) =>
        (Members.Find(n => n.Id == voter.Node) ?? Removed.Find(n => n.Id == voter.Node))?.Lives[(int)voter.Incarnation - 1];

    /// <summary>
    /// Remembers that the log may be beyond saving: when another takes its place what it could have been saved from is overwritten. A
    /// commit proves the contrary.
    /// </summary>
    private void NoteLoss()
    {
        if (Chronicle.Latest is { MayBeLost: false } log && !SetsInForce().TrueForAll(set => CanRecover(set)))
        {
            log.MayBeLost = true;
            Chronicle.Checks.Hopeless++;
        }
    }

    /// <summary>A log may take the place of another only if too few of its voters are left to save it.</summary>
    private void CheckLost()
    {
        NoteLoss();
        if (Chronicle.Latest is { MayBeLost: false } former)
            throw new BreachException($"A new log began although enough voters of {former.Voters()} live.");
    }

    /// <summary>
    /// A leader that recovers holds everything that leaders of lower terms committed. Of a later one it may know nothing, and then cannot
    /// add to what it shows: see <see cref="Chronicle.History.Apply"/>.
    /// </summary>
    private void CheckRecovered(Leader<Notebook> leader)
    {
        var state = leader.State!;
        if (state.Count != leader.Commit) throw new BreachException($"The state has {state.Count} of {leader.Commit} entries.");
        state.History?.Recovered(leader.Term, leader.Commit);
        if (Chronicle.Latest?.FirstMissing(0, leader.Term) is not null) Chronicle.Checks.Recovered++;
        if (Chronicle.Latest is not { } log || log.FirstMissing(state.History == log ? leader.Commit : 0, leader.Term) is not { } missing)
            return;
        if (state.History is null) CheckLost();
        else if (state.History != log) throw new BreachException($"{leader.Term} recovered a log that another had replaced.");
        else throw new BreachException(
            $"{leader.Term} recovered {leader.Commit} entries and not {Chronicle.Text(missing)}, committed before; " +
            $"{log.Acknowledged} are acknowledged.");
    }

    /// <summary>
    /// What a log that begins anew has to begin with is a prefix of the former one, and after it what was perhaps never committed. It is no
    /// less than it had to be: all that was acknowledged, when a majority of the former voters brought what they had.
    /// </summary>
    private void CheckUncleanRecovery(Leader<Notebook> leader)
    {
        if (leader.TakeUncleanState() is not { } state) return;
        if (leader.TakeUncleanState() is not null) throw new BreachException("What was kept from the lost log is given twice.");
        Chronicle.Checks.UncleanRecoveries++;
        // Nothing of its log was known to be committed where it was kept.
        if (state.History is not { } log) return;
        if (state.Missing(state.Count - state.Doubtful) is { } hole)
            throw new BreachException(
                $"The unclean recovery of {leader.Term} kept {state.Count} entries of log {log.Number} and not {Chronicle.Text(hole)}.");
        if (!leader.UncleanRecoveryIsComplete) return;
        Chronicle.Checks.UncleanRecoveryIsComplete++;
        if (state.Missing(log.Acknowledged) is { } lost)
            throw new BreachException(
                $"{leader.Term} heard a majority of the voters and kept {state.Count} entries of log " +
                $"{log.Number}, not {Chronicle.Text(lost)}; {log.Acknowledged} are acknowledged.");
    }

    /// <summary>
    /// What a leader commits must lie at a majority of the voters, of both sets while a change is joint; where voters were removed for
    /// good, at all that are left.
    /// </summary>
    private void CheckStored(Leader<Notebook> leader, Entry entry)
    {
        Chronicle.Checks.Stored++;
        CheckStored(leader, entry, leader.Voters!.Voters);
        if (leader.Voters.Next is not { } next) return;
        Chronicle.Checks.StoredByBoth++;
        CheckStored(leader, entry, next);
    }

    private void CheckStored(Leader<Notebook> leader, Entry entry, IReadOnlyList<Voter> voters)
    {
        var stored = 0;
        var left = 0;
        foreach (var voter in voters)
        {
            if (LifeOf(voter) is { } life && life.Accepted >= leader.Term && life.Last >= entry.Index) stored++;
            if (Members.Exists(n => n.Id == voter.Node)) left++;
        }
        var needed = VoterSet.CommitQuorum(voters.Count);
        if (leader.Voters!.Next is not null && left < needed) needed = VoterSet.RecoveryQuorum(voters.Count);
        if (stored < needed)
            throw new BreachException(
                $"{leader.Term} committed {Chronicle.Text(entry)} which lies at {stored} of {leader.Voters}, {needed} are needed.");
    }

    /// <summary>
    /// The network heals, one leader is left: it must recover, commit, and bring the voters to their full number, in bounded time.
    /// </summary>
    private void Calm()
    {
        _calm = true;
        Heal();
        foreach (var node in Members.ToArray())
        {
            if (node.IsAlive) Thaw(node);
            else Remove(node);
        }
        if (Members.Count == 0) Add();
        foreach (var node in Members) node.IsUp = true;
        TellMembers();
        RunUntil(Now + 20);
        foreach (var other in Leaders)
        {
            if (!other.Machine.IsRecovered || Chance(0.5)) other.IsStopped = true;
        }
        _last = StartLeader(Pick(Members));

        // Questions of former leaders may still be on the way for 5 s and depose it; it is started again, as the owner of the shard does
        // it.
        var straggling = Conditions.Straggling > 0 ? 5_500 : 0;
        var mayWait = Chronicle.Latest is null || !SetsInForce().TrueForAll(set => CanRecover(set));
        Await(() => _last.Machine.IsRecovered, 3_000 + straggling + (mayWait ? Conditions.Options.RecoveryLimit : 0),
            "a new leader recovers");
        var acknowledged = Chronicle.Acknowledged;
        Await(() => Chronicle.Acknowledged > acknowledged || PublishOne(), 3_000 + straggling, "it commits");
        RunUntil(Now + straggling);
        Await(() => !_last.Machine.NeedsTick, 10_000, "it has nothing left to do");
        CheckAtRest(_last.Machine);
    }

    private bool PublishOne()
    {
        if (_last!.Machine.IsDeposed || _last.Pending.Count > 0) return false;
        Publish(_last, 1);
        return false;
    }

    private void Await(Func<bool> condition, long atMost, string what)
    {
        var end = Now + atMost;
        while (!condition())
        {
            if (Now >= end) throw new BreachException($"Not within {atMost} ms: {what}.");
            RunUntil(Now + 50);
        }
    }

    private void CheckAtRest(Leader<Notebook> leader)
    {
        var able = Members.Count(static n => !n.IsDraining);
        var set = leader.Voters!;
        if (set.Next is not null) throw new BreachException($"{set} is still joint.");
        if (able > 0 && set.Voters.Count != Math.Min(able, Conditions.Options.Voters))
            throw new BreachException($"{set} has not the size it should: {able} nodes can vote.");
        foreach (var node in Members)
        {
            if (set.On(node.Id) is { } voter)
            {
                if (able > 0 && node.IsDraining) throw new BreachException($"{node.Id} wants to leave and still votes.");
                if (node.Replica is not { } replica || replica.Incarnation != voter.Incarnation || replica.Commit != leader.Commit
                    || replica.State!.Count != leader.Commit)
                    throw new BreachException($"{node.Id} votes and has not the whole log.");
            }
            else if (node.Replica?.State is not null)
            {
                throw new BreachException($"{node.Id} has no vote and keeps a copy.");
            }
        }
        Chronicle.Checks.AtRest++;
    }
}
