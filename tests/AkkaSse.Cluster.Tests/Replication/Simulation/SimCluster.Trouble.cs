using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <content>The network, the membership, and what goes wrong with both.</content>
internal sealed partial class SimCluster
{
    private int _uids;
    private int _viewVersion;

    /// <summary>Who was not removed, dead or alive.</summary>
    internal List<SimNode> Members { get; } = [];

    /// <summary>Every node that ever was.</summary>
    internal List<SimNode> Removed { get; } = [];

    private void Transport(SimNode from, SimNode to, ReplicaMessage message, Action<ReplicaMessage> arrive)
    {
        var isLocal = from == to;
        if (!isLocal && !_calm && (Chance(Conditions.Loss) || from.Side != to.Side)) return;
        if (Conditions.ThroughWire && !isLocal) message = Disguise.ThroughWire(message);
        var copies = !isLocal && !_calm && Chance(Conditions.Doubling) ? 2 : 1;
        for (var i = 0; i < copies; i++)
        {
            var delay = isLocal ? 0 : 1 + _random.Next(_calm ? 5 : Conditions.Delay);
            if (!isLocal && !_calm && Chance(Conditions.Straggling)) delay += _random.Next(5_000);
            if (!isLocal && message is ICarriesSnapshot { HasSnapshot: true }) delay += _random.Next(200);
            Later(delay, () => Deliver(to, () =>
            {
                Trace?.Invoke($"{from.Id} -> {to.Id}: {message}");
                arrive(message);
            }));
        }
    }

    private static void Deliver(SimNode to, Action arrive)
    {
        if (!to.IsAlive) return;
        if (to.IsFrozen) to.Waiting.Add(arrive);
        else arrive();
    }

    private MemberView View() => new(
        Members.Select(static n => n.Id),
        Members.Where(static n => !n.Works || !n.IsUp).Select(static n => n.Id),
        Members.Where(static n => n.IsDraining).Select(static n => n.Id));

    /// <summary>The change reaches every node in its own time, and its leaders with it; an older view never follows a newer one.</summary>
    private void TellMembers()
    {
        var view = View();
        var version = ++_viewVersion;
        foreach (var node in Members)
        {
            Later(_random.Next(_calm ? 10 : 400), () => Deliver(node, () =>
            {
                if (node.ViewVersion >= version) return;
                (node.View, node.ViewVersion) = (view, version);
                foreach (var leader in Leaders.ToArray())
                {
                    if (leader.Node != node || !leader.Runs) continue;
                    leader.Machine.SetMembers(view);
                    Drain(leader);
                }
            }));
        }
    }

    private void Join()
    {
        if (_calm) return;
        var node = Add();
        TellMembers();
        Later(200, () => BecomeUp(node, _viewVersion));
    }

    private SimNode Add(string? address = null)
    {
        var node = new SimNode(new NodeId(address ?? $"n{_random.Next(9)}", ++_uids))
        {
            Side = Members.Count == 0 ? 0 : Pick(Members).Side,
        };
        Members.Add(node);
        node.View = View();
        Trace?.Invoke($"{node.Id} joins");
        return node;
    }

    /// <summary>As in the real cluster a node is up, and may be given votes, only when every member knows it at least as joining.</summary>
    private void BecomeUp(SimNode node, int version)
    {
        if (!node.IsAlive) return;
        if (!Members.TrueForAll(n => n == node || (n.Works && n.ViewVersion >= version)))
        {
            Later(200, () => BecomeUp(node, version));
            return;
        }
        node.IsUp = true;
        node.View = View();
        TellMembers();
    }

    private void Kill(SimNode node)
    {
        node.IsAlive = false;
        Trace?.Invoke($"{node.Id} dies");
        NoteLoss();
        TellMembers();
        Later(_random.Next(300, 2_000), () => Remove(node));
    }

    /// <summary>
    /// Others have removed it; the process lives, ends this incarnation, and comes back as another one that still has what this one held.
    /// </summary>
    private void Expel(SimNode node)
    {
        Trace?.Invoke($"{node.Id} is expelled");
        var former = node.Replica?.End(node.Id) ?? node.UncleanCopy;
        Kill(node);
        Later(_random.Next(500, 5_000), () => ComeBack(node.Id.Address, former));
    }

    private void ComeBack(string address, UncleanCopy<Notebook>? former)
    {
        if (_calm) return;
        if (Members.Exists(n => n.Id.Address == address))
        {
            Later(500, () => ComeBack(address, former));
            return;
        }
        var node = Add(address);
        node.UncleanCopy = former;
        TellMembers();
        Later(200, () => BecomeUp(node, _viewVersion));
    }

    private void Remove(SimNode node)
    {
        if (!Members.Remove(node)) return;
        Removed.Add(node);
        Trace?.Invoke($"{node.Id} is removed");
        NoteLoss();
        if (Members.Count == 0) Join();
        TellMembers();
    }

    private void Freeze(SimNode node, int milliseconds)
    {
        node.IsFrozen = true;
        Trace?.Invoke($"{node.Id} freezes");
        TellMembers();
        Later(milliseconds, () => Thaw(node));
    }

    private void Thaw(SimNode node)
    {
        if (!node.IsFrozen) return;
        node.IsFrozen = false;
        Trace?.Invoke($"{node.Id} thaws");
        TellMembers();
        var waiting = node.Waiting.ToArray();
        node.Waiting.Clear();
        foreach (var action in waiting) Deliver(node, action);
    }

    /// <summary>It asks to leave and goes when it holds no vote.</summary>
    private void LeaveWhenDrained(SimNode node)
    {
        if (_calm || !node.IsAlive) return;
        if (!node.IsFrozen && node.Replica?.HoldsVote != true && Members.Count > 1)
        {
            Kill(node);
            return;
        }
        Later(100, () => LeaveWhenDrained(node));
    }

    private void MakeTrouble()
    {
        if (_calm) return;
        var node = Pick(Members);
        switch (_random.Next(11))
        {
            case 9 when node.IsAlive && MayDie(node):
                Expel(node);
                break;
            case 10 when !Conditions.SparesMajority && Chance(0.5):
                foreach (var one in Members.ToArray())
                {
                    if (one.IsAlive && Chance(0.8)) Expel(one);
                }
                break;
            case 0 or 1 when node.IsAlive && MayDie(node):
                Kill(node);
                if (Chance(0.7)) Later(_random.Next(2_000), Join);
                break;
            case 2 when node.Works:
                Freeze(node, _random.Next(100, 4_000));
                break;
            case 3:
                foreach (var one in Members) one.Side = _random.Next(2);
                Later(_random.Next(200, 4_000), Heal);
                break;
            case 4 or 5 or 6 when node.Works && node.IsUp && Leaders.Count < 5:
                StartLeader(node);
                break;
            case 7 when Leaders.Count > 0 && Chance(0.5):
                Pick(Leaders).IsStopped = true;
                break;
            case 7 when Members.Count < 7:
                Join();
                break;
            case 8 when node.Works && !node.IsDraining && Members.Count > 1 && MayDie(node):
                node.IsDraining = true;
                Trace?.Invoke($"{node.Id} drains");
                TellMembers();
                LeaveWhenDrained(node);
                break;
        }
        Later(_random.Next(Conditions.Trouble * 2), MakeTrouble);
    }

    private void Heal()
    {
        foreach (var node in Members) node.Side = 0;
    }

    /// <summary>
    /// In a run that spares majorities a node stays when any voter set that could be in force needs it for recovery, or any that such a set
    /// may become while nobody hears of its death: a leader gives the vote to a replica that has caught up, which it may have heard of
    /// before it stood still. A voter that drains is no longer counted on: of two voters one of which leaves, the other is the next set by
    /// itself.
    /// </summary>
    private bool MayDie(SimNode node)
    {
        if (!Conditions.SparesMajority) return true;
        var sets = SetsInForce();
        return sets.TrueForAll(set => CanRecover(set, n => n == node || n.IsDraining))
            && sets.TrueForAll(set => SetsToCome(set).All(next => CanRecover(next, n => n == node)));
    }

    private IEnumerable<IReadOnlyList<Voter>> SetsToCome(VoterSet set)
    {
        foreach (var learner in Members)
        {
            if (learner is { IsAlive: true, Replica: { } replica } && set.On(learner.Id) is null)
                yield return [.. set.Next ?? set.Voters, new Voter(learner.Id, replica.Incarnation)];
        }
    }
}
