namespace AkkaSse.Cluster.Replication;

/// <summary>
/// One incarnation of a log's leader: recovers the log from its voters, decides the order, commits, and keeps as many voters as it should
/// have. Not thread-safe; pure: no clock, no I/O. It need not be a voter itself.
/// </summary>
/// <remarks>
/// The shell hands in messages, members and time, proposes, and after each turn takes the effects with <see cref="TryTake"/> until there
/// are none. Several leaders of one log may live at once; only one of them can commit. Idempotent re-proposal is the shell's decision and
/// is made from <see cref="State"/> plus its own uncommitted proposals, after <see cref="LeaderEffectKind.Recovered"/>.
/// </remarks>
/// <typeparam name="TState">The log's state.</typeparam>
internal sealed partial class Leader<TState>
    where TState : class, IReplicatedState
{
    // 16 times: a node that does not answer is asked every 8 s at last.
    private const int MostBackoff = 4;

    private readonly NodeId _self;
    private readonly IReplicatedStates<TState> _states;
    private readonly ReplicationOptions _options;
    private readonly Queue<LeaderEffect> _effects = [];
    private readonly Dictionary<NodeId, Peer> _peers = [];
    private MemberView _view;
    private long _now;
    private Phase _phase = Phase.Preparing;

    /// <param name="name">The log's name: decides by hash which nodes vote.</param>
    /// <param name="self">This node.</param>
    /// <param name="incarnation">A number this node has given to no other leader since it started; a counter.</param>
    /// <param name="heard">A number not below any term heard of; only a hint: too low costs a round trip. The clock in milliseconds is a
    /// good one.</param>
    /// <param name="states">Makes states.</param>
    /// <param name="members">The cluster.</param>
    /// <param name="options">Limits.</param>
    /// <param name="now">Monotonic milliseconds; see <see cref="Tick"/>.</param>
    internal Leader(string name, NodeId self, long incarnation, long heard, IReplicatedStates<TState> states, MemberView members,
        ReplicationOptions options, long now)
    {
        Name = name;
        _self = self;
        _states = states;
        _view = members;
        _options = options;
        _now = now;
        _preparingSince = now;
        Term = new Term(heard + 1, self, incarnation);
        Prepare();
    }

    private enum Phase
    {
        /// <summary>Asking every node what it holds.</summary>
        Preparing,

        /// <summary>Taking the best log over.</summary>
        Fetching,

        /// <summary>Replicating. Proposals are taken once the start is committed.</summary>
        Leading,

        Deposed,
    }

    internal string Name { get; }

    /// <summary>Rises while the log is being recovered, then stays.</summary>
    internal Term Term { get; private set; }

    /// <summary>The state at <see cref="Commit"/>, from <see cref="LeaderEffectKind.Recovered"/> on.</summary>
    internal TState? State { get; private set; }

    internal bool IsRecovered { get; private set; }

    internal bool IsDeposed => _phase == Phase.Deposed;

    /// <summary>
    /// This log took the place of one whose voters were lost. A shell that recovers such a log with an empty state finishes what the leader
    /// that began it could not: it tells readers of a new epoch.
    /// </summary>
    internal bool BeganAnew => Voters?.BeganAnew == true;

    /// <summary>Everything up to here is committed and applied to <see cref="State"/>.</summary>
    internal long Commit { get; private set; }

    /// <summary>The last proposed entry.</summary>
    internal long Last => _log.Last;

    /// <summary>Bytes proposed and not yet committed. The machine has no bound of its own: the shell refuses publishes above one.</summary>
    internal long UncommittedBytes { get; private set; }

    /// <summary>The voter set in force, once known.</summary>
    internal VoterSet? Voters { get; private set; }

    /// <summary>False when there is nothing to repeat, to change or to tell: the shell may stop its timer until the next call.</summary>
    internal bool NeedsTick => _phase is Phase.Preparing or Phase.Fetching || (_phase == Phase.Leading && !IsQuiet());

    /// <summary>Takes a message of a replica. Messages of another term, and of nodes that are no members, are ignored.</summary>
    internal void Receive(NodeId from, ReplicaMessage message)
    {
        if (_phase == Phase.Deposed || message.Term != Term || !_peers.TryGetValue(from, out var peer)) return;
        switch (message)
        {
            case Ack ack:
                OnAck(peer, ack);
                break;
            case Promise promise:
                OnPromise(peer, promise);
                break;
            case FetchedSnapshot fetched:
                OnFetchedSnapshot(peer, fetched);
                break;
            case FetchedEntries pulled:
                OnFetchedEntries(peer, pulled);
                break;
            case Refused refused:
                OnRefused(refused.Promised);
                break;
            case Gone gone:
                OnGone(peer, gone);
                break;
        }
    }

    /// <summary>The cluster changed.</summary>
    internal void SetMembers(MemberView members)
    {
        if (_phase == Phase.Deposed) return;
        var before = _view;
        _view = members;
        foreach (var node in before.Members)
        {
            if (!members.Has(node)) Forget(node);
        }
        foreach (var peer in _peers.Values)
        {
            if (!members.IsReachable(peer.Node) || before.IsReachable(peer.Node)) continue;
            peer.Tries = 0;
            peer.NextTry = _now;
        }
        switch (_phase)
        {
            case Phase.Preparing:
                Ask();
                Evaluate();
                break;
            case Phase.Fetching when !_peers.ContainsKey(_source!.Node):
                GoBackToPreparing();
                break;
            case Phase.Leading:
                FindVoters();
                AdvanceCommit();
                Plan();
                break;
        }
    }

    /// <summary>
    /// Time passes: repeats what got lost, gives up what takes too long. Every 100 ms or so while <see cref="NeedsTick"/>.
    /// </summary>
    /// <param name="now">Monotonic milliseconds.</param>
    internal void Tick(long now)
    {
        _now = Math.Max(_now, now);
        switch (_phase)
        {
            case Phase.Preparing:
                if (_now < _prepareAt) return;
                Ask();
                Evaluate();
                break;
            case Phase.Fetching:
                if (_now >= _source!.NextTry) TryAnotherSource();
                break;
            case Phase.Leading:
                foreach (var peer in _peers.Values) Repeat(peer);
                Plan();
                break;
        }
    }

    /// <summary>The next thing to do.</summary>
    internal bool TryTake(out LeaderEffect effect) => _effects.TryDequeue(out effect);

    private void Send(Peer peer, ReplicaMessage message) => _effects.Enqueue(new LeaderEffect(LeaderEffectKind.Send, peer.Node, message));

    /// <summary>When a peer that does not answer is tried again.</summary>
    private void TryLater(Peer peer, long after)
    {
        peer.NextTry = _now + (after << Math.Min(peer.Tries, MostBackoff));
        peer.Tries++;
    }

    private void Depose()
    {
        _phase = Phase.Deposed;
        _effects.Enqueue(new LeaderEffect(LeaderEffectKind.Deposed));
    }

    private void Forget(NodeId node)
    {
        _peers.Remove(node);
        _confirming.Remove(node);
        if (_learner?.Node == node) _learner = null;
    }
}
