using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>A cluster with one log, in simulated time: everything that happens follows from the seed.</summary>
/// <content>The agenda, and the shells of leaders and replicas.</content>
internal sealed partial class SimCluster
{
    private const int MostUncommitted = 3_000;

    // The longest of 10 000 runs has some ten thousands.
    private const int MostEvents = 2_000_000;

    private readonly Random _random;
    private readonly PriorityQueue<Action, (long At, long Order)> _agenda = new();
    private readonly ISaboteur? _saboteur;
    private long _order;
    private long _notes;
    private bool _calm;
    private SimLeader? _last;

    internal SimCluster(int seed, ISaboteur? saboteur = null)
    {
        _random = new Random(seed);
        _saboteur = saboteur;
        Conditions = new Conditions(_random);
        for (var i = 0; i < Conditions.Nodes; i++) Members.Add(new SimNode(new NodeId($"n{i}", ++_uids)) { IsUp = true });
        foreach (var node in Members) node.View = View();
    }

    internal Conditions Conditions { get; }

    internal Chronicle Chronicle { get; } = new();

    internal long Now { get; private set; }

    internal List<SimLeader> Leaders { get; } = [];

    /// <summary>Told everything that happens, for a look at one run.</summary>
    internal Action<string>? Trace { get; init; }

    /// <summary>Messages and other things that happened.</summary>
    internal long Events { get; private set; }

    internal int Recoveries { get; private set; }

    internal int UncleanRecoveries { get; private set; }

    /// <summary>Trouble, then calm; throws when a promise was broken or the log does not come back to life.</summary>
    internal void Run()
    {
        StartLeader(Pick(Members));
        Later(100, Tick);
        Later(50, Publish);
        Later(_random.Next(Conditions.Trouble * 2), MakeTrouble);
        RunUntil(Conditions.Lasting);
        Calm();
    }

    private void RunUntil(long end)
    {
        while (_agenda.TryPeek(out var action, out var due) && due.At <= end)
        {
            _agenda.Dequeue();
            Now = due.At;
            if (++Events > MostEvents) throw new BreachException($"{MostEvents} messages and other events: it does not come to rest.");
            action();
        }
        Now = end;
    }

    private void Later(long after, Action action) => _agenda.Enqueue(action, (Now + after, _order++));

    private T Pick<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];

    private bool Chance(double p) => _random.NextDouble() < p;

    private SimLeader StartLeader(SimNode node)
    {
        SimLeader? leader = null;
        var states = new Notebooks(Chronicle)
        {
            Leader = () => leader!.Machine.Term,
            BeforeCommit = entry => CheckStored(leader!.Machine, entry),
            IsRecoveringUncleanly = () => leader!.Machine.IsRecoveringUncleanly,
            Begins = () =>
            {
                CheckLost();
                return new VoterSet(1, leader!.Machine.Voters!.Voters);
            },
        };
        leader = new SimLeader(
            node, new Leader<Notebook>(
            "log", node.Id, ++node.Incarnations, Chance(0.5) ? 0 : Now, states, node.View, Conditions.Options, Now));
        Leaders.Add(leader);
        Trace?.Invoke($"{leader.Machine.Term} starts, {string.Join(' ', node.View.Members)}");
        Drain(leader);
        return leader;
    }

    private void Drain(SimLeader leader)
    {
        while (leader.Machine.TryTake(out var effect))
        {
            if (effect.Kind != LeaderEffectKind.Send)
                Trace?.Invoke($"{leader.Machine.Term}: {effect.Kind} {effect.Index}, {leader.Machine.Voters}");
            switch (effect.Kind)
            {
                case LeaderEffectKind.Send:
                    ToReplica(leader, effect.To!, effect.Message!);
                    break;
                case LeaderEffectKind.Recovered or LeaderEffectKind.RecoveredUncleanly:
                    Recoveries++;
                    if (effect.Kind == LeaderEffectKind.RecoveredUncleanly)
                    {
                        UncleanRecoveries++;
                        CheckUncleanRecovery(leader.Machine);
                    }
                    CheckRecovered(leader.Machine);
                    break;
                case LeaderEffectKind.Committed:
                    Answer(leader, effect);
                    break;
                case LeaderEffectKind.Deposed:
                    if (leader.Machine.TryTake(out var after)) throw new BreachException($"A deposed leader went on with {after.Kind}.");
                    leader.Pending.Clear();
                    if (_calm && leader == _last) _last = StartLeader(leader.Node);
                    else if (!_calm && Chance(0.5)) Later(_random.Next(300), () => StartLeaderIfMember(leader.Node));
                    break;
            }
        }
    }

    private void StartLeaderIfMember(SimNode node)
    {
        if (!_calm && node.Works && node.IsUp && Members.Contains(node)) StartLeader(node);
    }

    private void Answer(SimLeader leader, LeaderEffect effect)
    {
        for (var index = effect.From + 1; index <= effect.Index; index++)
        {
            var entry = leader.Machine.Committed(index);
            if (entry.Index != index) throw new BreachException($"Asked for {index}, got {Chronicle.Text(entry)}.");
            if (leader.Pending.Remove(index, out var asked))
                Chronicle.Acknowledge(leader.Machine.State!.History!, index, asked.Id, asked.Floor);
        }
    }

    private void Publish()
    {
        if (_calm) return;
        foreach (var leader in Leaders)
        {
            if (leader.Works && Chance(0.7)) Publish(leader, _random.Next(1, 6));
        }
        Later(_random.Next(1, 120), Publish);
    }

    /// <summary>
    /// Idempotent commands: what is committed is answered at once, what is pending waits, anything else is proposed. Clients whose answer
    /// was lost repeat an older command.
    /// </summary>
    private void Publish(SimLeader leader, int count)
    {
        if (!leader.Machine.IsRecovered || leader.Machine.UncommittedBytes > MostUncommitted) return;
        for (var i = 0; i < count; i++)
        {
            var id = _notes > 0 && Chance(0.2) ? _random.NextInt64(Math.Max(1, _notes - 20), _notes + 1) : ++_notes;
            if (leader.Machine.State!.Has(id) || leader.Pending.Values.Any(p => p.Id == id)) continue;
            leader.Pending.Add(leader.Machine.Propose(new Note(id)), (id, Chronicle.Floor));
        }
        leader.Machine.Flush();
        Drain(leader);
    }

    private void Tick()
    {
        NoteLoss();
        Leaders.RemoveAll(static l => !l.Runs);
        foreach (var leader in Leaders.ToArray())
        {
            if (!leader.Works || !leader.Machine.NeedsTick) continue;
            leader.Machine.Tick(Now);
            Drain(leader);
        }
        Later(100, Tick);
    }

    private void ToReplica(SimLeader leader, NodeId to, ReplicaMessage message)
    {
        if (Members.Find(n => n.Id == to) is not { } target) return;
        Transport(leader.Node, target, message, arrived => AtReplica(leader, target, arrived));
    }

    private void AtReplica(SimLeader leader, SimNode node, ReplicaMessage message)
    {
        var given = _saboteur is null ? message : _saboteur.ToReplica(node, message);
        if (node.Replica is null && given is Prepare)
        {
            node.Lives.Add(node.Replica = new Replica<Notebook>(
                node.Lives.Count + 1, new Notebooks(Chronicle), Conditions.Options, node.TakeUncleanCopy()));
        }
        if (node.Replica is { } forgetful && _saboteur?.Forgets(node, message) == true)
            node.Replica = new Replica<Notebook>(forgetful.Incarnation, new Notebooks(Chronicle), Conditions.Options);
        var answer = given is null ? null : node.Replica is { } replica ? replica.Receive(given) : Replica<Notebook>.Absent(given);
        if (node.Replica?.Dropped == true) node.Replica = null;
        if (_saboteur is not null) answer = _saboteur.FromReplica(node, message, answer);
        if (answer is null) return;
        Transport(node, leader.Node, answer, arrived =>
        {
            if (!leader.Runs) return;
            leader.Machine.Receive(node.Id, arrived);
            if (!_calm && !leader.Machine.IsDeposed && Chance(0.2)) Publish(leader, 1);
            Drain(leader);
        });
    }
}
