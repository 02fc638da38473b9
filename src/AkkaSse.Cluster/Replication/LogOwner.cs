using Akka.Actor;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Replication;

/// <summary>
/// The shell of a log's leader: an entity of a shard region. Recovers the log when it starts, takes part in commits, and stops when another
/// leader is at work.
/// </summary>
/// <typeparam name="TState">The log's state.</typeparam>
internal abstract class LogOwner<TState> : UntypedActor, IWithTimers
    where TState : class, IReplicatedState
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan DropInterval = TimeSpan.FromMilliseconds(500);
    private const int DropTries = 4;

    private readonly LogKind<TState> _kind;
    private readonly SnapshotTransfers _transfers;
    private bool _ticking;
    private bool _turnEnds;
    private HashSet<Voter>? _leaving;
    private int _dropTries;

    private protected LogOwner(string name, ReplicaPeers peers, LogKind<TState> kind)
    {
        Name = name;
        Peers = peers;
        _kind = kind;
        _transfers = new SnapshotTransfers(kind.Options.BatchBytes);
        Leader = new Leader<TState>(name, peers.Self, peers.NextNumber(), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), kind,
            peers.MembersOf(peers.Node.View), kind.Options, ReplicaPeers.Now);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private protected string Name { get; }

    private protected ReplicaPeers Peers { get; }

    private protected Leader<TState> Leader { get; }

    /// <summary>The state at the commit index; from <see cref="OnRecovered"/> on.</summary>
    private protected TState State => Leader.State!;

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(ClusterView));
        Leader.SetMembers(Peers.MembersOf(Peers.Node.View));
        Drain();
    }

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ToLeader m:
                Receive(m);
                break;
            case WithinNode { Message: ToLeader m }:
                Receive(m);
                break;
            case SnapshotOffer m:
                _transfers.OnOffer(m, Sender, Self, ReplicaPeers.Now);
                break;
            case SnapshotPart m:
                if (_transfers.OnPart(_kind, m, Sender, Self, ReplicaPeers.Now) is ToLeader whole) Receive(whole);
                break;
            case SnapshotPull m:
                _transfers.OnPull(m, Sender, Self, ReplicaPeers.Now);
                break;
            case ClusterView view:
                Leader.SetMembers(Peers.MembersOf(view));
                Drain();
                break;
            case Tick:
                _ticking = false;
                _transfers.Tick(Self, ReplicaPeers.Now);
                Leader.Tick(ReplicaPeers.Now);
                Drain();
                break;
            case DropAgain:
                OnDropAgain();
                break;
            case TurnEnd:
                _turnEnds = false;
                OnTurnEnd();
                Leader.Flush();
                Drain();
                break;
            default:
                OnOther(message);
                Drain();
                break;
        }
    }

    /// <summary>The log is known, and proposals are taken.</summary>
    /// <param name="left">When the log's voters were lost and it begins anew, empty: what was left of it; otherwise null.</param>
    private protected abstract void OnRecovered(TState? left);

    /// <summary>Commands up to this index are committed and applied.</summary>
    private protected abstract void OnCommitted(long index);

    /// <summary>
    /// Everything that was in the mailbox when <see cref="EndTurn"/> was called has been seen: what has gathered is to be proposed.
    /// </summary>
    private protected abstract void OnTurnEnd();

    /// <summary>Another leader is at work; this actor stops.</summary>
    private protected virtual void OnDeposed()
    {
    }

    private protected virtual void OnOther(object message) => Unhandled(message);

    /// <summary>
    /// Asks for <see cref="OnTurnEnd"/> after what is in the mailbox now, so that one message to each voter carries all of it.
    /// </summary>
    private protected void EndTurn()
    {
        if (_turnEnds) return;
        _turnEnds = true;
        Self.Tell(TurnEnd.Instance, Self);
    }

    /// <summary>Does what the leader wants done.</summary>
    private protected void Drain()
    {
        if (_leaving is not null) return;
        while (Leader.TryTake(out var effect))
        {
            switch (effect.Kind)
            {
                case LeaderEffectKind.Send:
                    Send(effect.To!, effect.Message!);
                    break;
                case LeaderEffectKind.Recovered:
                    OnRecovered(null);
                    break;
                case LeaderEffectKind.RecoveredUncleanly:
                    OnRecovered(Leader.TakeUncleanState());
                    break;
                case LeaderEffectKind.Committed:
                    OnCommitted(effect.Index);
                    break;
                case LeaderEffectKind.Deposed:
                    OnDeposed();
                    Context.Stop(Self);
                    return;
            }
        }
        if (_ticking || (!Leader.NeedsTick && _transfers.IsIdle)) return;
        _ticking = true;
        Timers.StartSingleTimer(nameof(Tick), Tick.Instance, TickInterval);
    }

    /// <summary>
    /// Lets go of the whole log: nothing in it is worth keeping. Its voters forget it, and <see cref="OnDissolved"/> follows; whoever asks
    /// later founds another. A voter that cannot be reached keeps its copy, and then the next owner waits for the recovery limit. Only
    /// while nothing is uncommitted.
    /// </summary>
    private protected void Dissolve()
    {
        if (_leaving is not null || Leader.Voters is not { } set) return;
        _leaving = [.. set.Voters, .. set.Next ?? []];
        SendDrops();
    }

    private protected bool IsDissolving => _leaving is not null;

    private protected virtual void OnDissolved()
    {
    }

    private void SendDrops()
    {
        foreach (var voter in _leaving!) Send(voter.Node, new Drop(Leader.Term, voter.Incarnation));
        Timers.StartSingleTimer(nameof(DropAgain), DropAgain.Instance, DropInterval);
    }

    private void OnDropAgain()
    {
        if (_leaving is null) return;
        if (++_dropTries < DropTries) SendDrops();
        else OnDissolved();
    }

    private void Receive(ToLeader mail)
    {
        if (_leaving is not null)
        {
            if (mail.Message is Gone gone && _leaving.Remove(new Voter(mail.From, gone.Incarnation)) && _leaving.Count == 0) OnDissolved();
            return;
        }
        Leader.Receive(mail.From, mail.Message);
        Drain();
    }

    /// <summary>
    /// Sends a message to an actor of this node or of another. All that this actor says to one goes this way, or some of it would overtake
    /// the rest; only snapshots go by themselves.
    /// </summary>
    private protected void Tell(IActorRef to, IWireMessage message) => Peers.Node.Batches.Tell(to, message, Self);

    private void Send(NodeId to, ReplicaMessage message)
    {
        var mail = new ToReplica(Name, Peers.Self, to, message);
        var host = Peers.HostOf(to);
        if (to == Peers.Self) host.Tell(new WithinNode(mail), Self);
        else if (message is ICarriesSnapshot { HasSnapshot: true, Snapshot: { } snapshot })
            _transfers.Offer(_kind, snapshot, mail, host, Self, ReplicaPeers.Now);
        else Tell(host, mail);
    }

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        internal static readonly Tick Instance = new();
    }

    private sealed class DropAgain : INoSerializationVerificationNeeded
    {
        internal static readonly DropAgain Instance = new();
    }

    private sealed class TurnEnd : INoSerializationVerificationNeeded
    {
        internal static readonly TurnEnd Instance = new();
    }
}
