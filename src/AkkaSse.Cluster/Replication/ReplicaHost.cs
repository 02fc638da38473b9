using Akka.Actor;

namespace AkkaSse.Cluster.Replication;

/// <summary>All replicas of one kind of log on this node. One per ActorSystem, at the same path on every node.</summary>
/// <typeparam name="TState">The log's state.</typeparam>
internal abstract class ReplicaHost<TState> : UntypedActor, IWithTimers
    where TState : class, IReplicatedState
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(500);

    // An owner that was called needs some round trips, and a transfer of the log.
    private const long WakeInterval = 10_000;
    private const int WokenAtOnce = 1_000;
    private const long UncleanCopyLimit = 60_000;

    private readonly ReplicaPeers _peers;
    private readonly LogKind<TState> _kind;
    private readonly SnapshotTransfers _transfers;
    private MemberView? _wokenFor;
    private long _wakeAt;
    private readonly Dictionary<string, Replica<TState>> _replicas = new(StringComparer.Ordinal);
    private readonly UncleanCopies<TState>? _kept;
    private readonly HashSet<string> _failed = new(StringComparer.Ordinal);
    private string? _taking;
    private Dictionary<string, (UncleanCopy<TState> Log, long Since)> _unclean = [];
    private Queue<string> _toWake = new();
    private long _uncleanUntil;

    // With a place to keep logs in they go on to the next ActorSystem.
    private protected ReplicaHost(ReplicaPeers peers, LogKind<TState> kind, UncleanCopies<TState>? kept = null)
    {
        _peers = peers;
        _kind = kind;
        _kept = kept;
        _transfers = new SnapshotTransfers(kind.Options.BatchBytes);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private protected ReplicaPeers Peers => _peers;

    private protected IReadOnlyDictionary<string, Replica<TState>> Replicas => _replicas;

    /// <summary>Logs whose copy here has a vote: this node may not stop before it is 0.</summary>
    private protected int VotesHeld
    {
        get
        {
            var votes = 0;
            foreach (var (_, replica) in _replicas)
            {
                if (replica.HoldsVote) votes++;
            }
            return votes;
        }
    }

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, TickInterval);
        if (_kept is null) return;
        _unclean = _kept.Take();
        _toWake = new Queue<string>(_unclean.Keys);
    }

    protected override void PostStop()
    {
        if (_kept is null) return;
        foreach (var (log, unclean) in _unclean) _kept.Put(log, unclean.Log, unclean.Since);
        foreach (var (log, replica) in _replicas)
        {
            if (replica.End(_peers.Self) is { } left) _kept.Put(log, left, ReplicaPeers.Now);
        }
    }

    // A new instance under the same NodeId would have forgotten what all copies have promised. None begins: silence is safe for all logs as
    // it is for one.
    protected override void PreRestart(Exception reason, object message)
    {
        Log.Fault(_peers.Node.Logger, reason, "the copies of logs; this node answers for none of them any more");
        Context.Stop(Self);
    }

    protected override void OnReceive(object message)
    {
        try
        {
            Handle(message);
        }
        catch (Exception e)
        {
            Fail(message, e);
        }
    }

    private void Handle(object message)
    {
        switch (message)
        {
            case ToReplica m:
                Take(m, isLocal: false);
                break;
            case WithinNode { Message: ToReplica m }:
                Take(m, isLocal: true);
                break;
            case SnapshotOffer m:
                _transfers.OnOffer(m, Sender, Self, ReplicaPeers.Now);
                break;
            case SnapshotPart m:
                if (_transfers.OnPart(_kind, m, Sender, Self, ReplicaPeers.Now) is ToReplica whole) Take(whole, isLocal: false);
                break;
            case SnapshotPull m:
                _transfers.OnPull(m, Sender, Self, ReplicaPeers.Now);
                break;
            case Tick:
                _transfers.Tick(Self, ReplicaPeers.Now);
                WakeOwners();
                WakeUncleanCopies();
                OnTick();
                break;
            default:
                OnOther(message);
                break;
        }
    }

    /// <summary>A replica has taken a message of its leader.</summary>
    private protected virtual void OnTaken(string log, Replica<TState> replica)
    {
    }

    /// <summary>A replica is gone.</summary>
    private protected virtual void OnDropped(string log)
    {
    }

    private protected virtual void OnTick()
    {
    }

    /// <summary>Wakes a log's owner, wherever it is to be: the owner finds by itself what there is to do.</summary>
    private protected abstract void Wake(string log);

    private protected virtual void OnOther(object message) => Unhandled(message);

    // A log that nobody uses has no owner. When one of its voters is gone or wants to go, somebody must find another: the first of those
    // that stay calls an owner.
    private void WakeOwners()
    {
        var members = _peers.MembersOf(_peers.Node.View);
        var now = ReplicaPeers.Now;
        if (ReferenceEquals(members, _wokenFor) && now < _wakeAt) return;
        _wokenFor = members;
        _wakeAt = now + WakeInterval;
        var woken = 0;
        // The others may count on this node to call the owner.
        foreach (var log in _failed) Wake(log);
        foreach (var (log, replica) in _replicas)
        {
            // One that only promised may have been named a voter: before this node leaves an owner says.
            if (!replica.HasUncleanCopy && (replica.Voters is { } set ? !Misses(set, members) : !members.IsDraining(_peers.Self))) continue;
            Wake(log);
            // The others have their turn with the next tick.
            if (++woken < WokenAtOnce) continue;
            _wakeAt = now;
            return;
        }
    }

    // Each log from before gets an owner, who asks everybody what they have. One that lives needs nothing of it and may not even ask: after
    // a minute all of that is forgotten.
    private void WakeUncleanCopies()
    {
        if (_unclean.Count == 0 || !_peers.MembersOf(_peers.Node.View).CanVote(_peers.Self)) return;
        var now = ReplicaPeers.Now;
        for (var woken = 0; woken < WokenAtOnce && _toWake.TryDequeue(out var log); woken++)
        {
            if (_unclean.ContainsKey(log)) Wake(log);
            _uncleanUntil = now + UncleanCopyLimit;
        }
        if (_toWake.Count == 0 && now >= _uncleanUntil) _unclean.Clear();
    }

    private UncleanCopy<TState>? TakeUncleanCopy(string log) =>
        _unclean.Remove(log, out var unclean) && ReplicaPeers.Now - unclean.Since < UncleanCopies<TState>.KeptFor ? unclean.Log : null;

    private bool Misses(VoterSet set, MemberView members)
    {
        var misses = set.Next is not null;
        NodeId? caller = null;
        foreach (var voter in set.Voters)
        {
            if (members.CanVote(voter.Node)) caller ??= voter.Node;
            else misses = true;
        }
        return misses && (caller is null || caller == _peers.Self);
    }

    // What a fault left half done may contradict what was promised. Silence never does: to the others it is a node that cannot be reached,
    // for this one log.
    private void Fail(object message, Exception fault)
    {
        var log = _taking;
        _taking = null;
        if (log is null)
        {
            Log.Fault(_peers.Node.Logger, fault, $"the copies of logs, on a {message.GetType().Name}");
            return;
        }
        _failed.Add(log);
        if (_replicas.Remove(log)) OnDropped(log);
        Log.ReplicaFailed(_peers.Node.Logger, fault, log, message.GetType().Name);
    }

    private void Take(ToReplica mail, bool isLocal)
    {
        if (mail.To != _peers.Self || !_peers.IsMember(mail.From) || _failed.Contains(mail.Log)) return;
        _taking = mail.Log;
        Answer(mail, isLocal);
        _taking = null;
    }

    private void Answer(ToReplica mail, bool isLocal)
    {
        ReplicaMessage? answer;
        if (_replicas.TryGetValue(mail.Log, out var replica) || mail.Message is Prepare)
        {
            if (replica is null)
                _replicas[mail.Log] = replica = new Replica<TState>(_peers.NextNumber(), _kind, _kind.Options, TakeUncleanCopy(mail.Log));
            answer = replica.Receive(mail.Message);
            if (replica.Dropped)
            {
                _replicas.Remove(mail.Log);
                OnDropped(mail.Log);
            }
            else
            {
                OnTaken(mail.Log, replica);
            }
        }
        else
        {
            answer = Replica<TState>.Absent(mail.Message);
        }
        if (answer is null) return;
        var reply = new ToLeader(_peers.Self, answer);
        if (isLocal) Sender.Tell(new WithinNode(reply), Self);
        else if (answer is ICarriesSnapshot { HasSnapshot: true, Snapshot: { } snapshot })
            _transfers.Offer(_kind, snapshot, reply, Sender, Self, ReplicaPeers.Now);
        else _peers.Node.Batches.Tell(Sender, reply, Self);
    }

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        internal static readonly Tick Instance = new();
    }
}
