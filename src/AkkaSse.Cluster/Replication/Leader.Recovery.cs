namespace AkkaSse.Cluster.Replication;

/// <content>From the first question to a log that is being led.</content>
internal sealed partial class Leader<TState>
{
    // Nodes that have not yet confirmed that the log begins here; only while one is founded.
    private readonly HashSet<NodeId> _confirming = [];
    private readonly long _preparingSince;
    private long _prepareAt;
    private int _raised;
    private Peer? _source;
    private bool _isUnclean;

    // The source's log is not led but kept for a beginning; what was kept, and what it was.
    private bool _isRecoveringUncleanly;
    private TState? _uncleanState;
    private Held? _uncleanSource;

    /// <summary>
    /// Whether a log is being read only to begin another with it: the state takes entries that were perhaps never committed.
    /// </summary>
    internal bool IsRecoveringUncleanly => _phase == Phase.Fetching && _isRecoveringUncleanly;

    /// <summary>
    /// Whether the log that began anew had a majority of the former one's voters to begin with: then nothing that was acknowledged is
    /// missing in what <see cref="TakeUncleanState"/> gives.
    /// </summary>
    internal bool UncleanRecoveryIsComplete { get; private set; }

    /// <summary>
    /// After <see cref="LeaderEffectKind.RecoveredUncleanly"/>, once: the best that was left of the former log, or null. The new log is
    /// empty: it is for the shell to propose what of it shall go on.
    /// </summary>
    internal TState? TakeUncleanState()
    {
        var state = _uncleanState;
        _uncleanState = null;
        return state;
    }

    /// <summary>A new term: every node is asked.</summary>
    private void Prepare()
    {
        _phase = Phase.Preparing;
        _source = null;
        _isRecoveringUncleanly = false;
        State = null;
        _peers.Clear();
        Ask();
    }

    /// <summary>Asks those that have not answered.</summary>
    private void Ask()
    {
        if (_now < _prepareAt) return;
        foreach (var node in _view.Members)
        {
            var peer = PeerOf(node);
            if (!peer.Promised && _now >= peer.NextTry) AskFor(peer);
        }
    }

    private void AskFor(Peer peer)
    {
        Send(peer, new Prepare(Term));
        TryLater(peer, _options.ResendAfter);
    }

    private Peer PeerOf(NodeId node)
    {
        if (!_peers.TryGetValue(node, out var peer)) _peers.Add(node, peer = new Peer(node, _options.Window));
        return peer;
    }

    private void OnPromise(Peer peer, Promise promise)
    {
        // The first answer counts. A later one with another incarnation comes of a question that was late or doubled, and of a life that
        // began after the first answer.
        if (!peer.Promised) peer.Promise(promise.Incarnation, promise.Held);
        else if (peer.Incarnation != promise.Incarnation) return;
        switch (_phase)
        {
            case Phase.Preparing:
                Evaluate();
                break;
            case Phase.Fetching when IsBetterLog(peer, _source!):
                // A set that is newer than the source's may ask for more voters.
                GoBackToPreparing();
                break;
            case Phase.Leading when !peer.IsActive && !peer.IsDropping:
                Engage(peer);
                break;
        }
    }

    /// <summary>Another term is at work. Before anything was led a higher one is tried; afterwards this leader is finished.</summary>
    private void OnRefused(Term promised)
    {
        if (promised <= Term) return;
        if (_phase == Phase.Leading)
        {
            Depose();
            return;
        }
        Term = Term with { Number = promised.Number + 1 };
        // A removed node is no rival, and the first refusal only says that the hint was low. Further ones come of rivals, or of promises
        // that are left of several; different waits end a duel.
        if (promised.Leader is { } rival && _view.Has(rival)) _raised++;
        if (_raised > 1)
            _prepareAt = _now + ((_options.ResendAfter << Math.Min(_raised - 2, MostBackoff)) * (1
                + ((_self.Uid + _self.Address.Length) & 3)) / 4);
        Prepare();
    }

    /// <summary>
    /// Enough voters of the best log's set: take it. All nodes have answered and no log can go on: found one, with the best of what is
    /// left.
    /// </summary>
    private void Evaluate()
    {
        var best = Best();
        if (best is not null && IsEnough(best.Held!.Voters))
        {
            FetchFrom(best);
            return;
        }
        foreach (var node in _view.Members)
        {
            if (!PeerOf(node).Promised) return;
        }
        var remains = BestRemains();
        if (remains is null && _uncleanState is null)
        {
            Found(anew: AnyBeganAnew());
            return;
        }
        // Others may bring more of it, for as long as the limit.
        if (remains is not null && IsBetter(remains.Remains!, _uncleanSource))
        {
            if (!IsAll(remains.Remains!.Voters) && _now - _preparingSince < _options.RecoveryLimit) return;
            _isRecoveringUncleanly = true;
            FetchFrom(remains);
            return;
        }
        UncleanRecoveryIsComplete = IsAll(_uncleanSource!.Voters);
        Found(anew: true);
    }

    /// <summary>
    /// The highest (accepted term, length); among equals the one that is furthest in committing and has been tried least, then this node's
    /// own, because that costs no transfer.
    /// </summary>
    /// <remarks>
    /// An empty log is none: whether every member confirmed its founding nobody but its founder knew, and nothing is lost with it.
    /// </remarks>
    private Peer? Best()
    {
        Peer? best = null;
        foreach (var peer in _peers.Values)
        {
            if (peer.Held is { Last: > 0 } && (best is null || IsBetterSource(peer, best))) best = peer;
        }
        return best;
    }

    /// <summary>The node that has most of a log which cannot go on.</summary>
    private Peer? BestRemains()
    {
        Peer? best = null;
        foreach (var peer in _peers.Values)
        {
            if (peer.Remains is not { } remains) continue;
            if (best is null || IsBetter(remains, best.Remains) || (!IsBetter(best.Remains!, remains) && peer.Tries < best.Tries))
                best = peer;
        }
        return best;
    }

    private static bool IsBetter(Held held, Held? than) => than is null || held.CompareLog(than) > 0;

    private bool AnyBeganAnew()
    {
        foreach (var peer in _peers.Values)
        {
            if (peer.Held?.Voters.BeganAnew == true) return true;
        }
        return false;
    }

    private bool IsBetterSource(Peer peer, Peer than)
    {
        var byLog = peer.Held!.CompareLog(than.Held!);
        if (byLog != 0) return byLog > 0;
        if (peer.Tries != than.Tries) return peer.Tries < than.Tries;
        if ((peer.Node == _self) != (than.Node == _self)) return peer.Node == _self;
        return peer.Held!.Commit > than.Held!.Commit;
    }

    /// <summary>Whether those that promised meet every majority of the set, of both while it is joint.</summary>
    private bool IsEnough(VoterSet set) => IsEnough(set.Voters) && (set.Next is null || IsEnough(set.Next));

    private bool IsEnough(IReadOnlyList<Voter> voters)
    {
        var (heard, left) = (0, 0);
        foreach (var voter in voters)
        {
            if (!_view.Has(voter.Node)) continue;
            left++;
            if (_peers.TryGetValue(voter.Node, out var peer) && peer.Incarnation == voter.Incarnation) heard++;
        }
        return Quorum.Heard(voters.Count, left, heard);
    }

    /// <summary>
    /// Whether a majority of the set, of both while it is joint, is heard, be it as what it was: every commit met one of these.
    /// </summary>
    private bool IsAll(VoterSet set) => IsAll(set.Voters) && (set.Next is null || IsAll(set.Next));

    private bool IsAll(IReadOnlyList<Voter> voters)
    {
        var heard = 0;
        foreach (var voter in voters)
        {
            foreach (var peer in _peers.Values)
            {
                if (peer.Promised && (peer.UncleanCopy?.Vote == voter
                    || (peer.Node == voter.Node && peer.Incarnation == voter.Incarnation)))
                {
                    heard++;
                    break;
                }
            }
        }
        return heard >= VoterSet.CommitQuorum(voters.Count);
    }

    // What is read of a node: the log that goes on, or that which does not.
    private Held? Offered(Peer peer) => _isRecoveringUncleanly ? peer.Remains : peer.Held;

    private bool IsBetterLog(Peer peer, Peer than) => Offered(peer) is { Last: > 0 } held && IsBetter(held, Offered(than));

    private bool HoldsTheSame(Peer peer, Peer source) =>
        Offered(peer) is { } held && Offered(source) is { } own && held.CompareLog(own) == 0;

    private void FetchFrom(Peer source)
    {
        _phase = Phase.Fetching;
        _source = source;
        Send(source, new FetchSnapshot(Term, source.Incarnation));
        TryLater(source, _options.ResendAfter);
    }

    private void TryAnotherSource()
    {
        var best = (_isRecoveringUncleanly ? BestRemains() : Best())!;
        if (best != _source) State = null;
        if (State is null) FetchFrom(best);
        else PullFrom(best);
    }

    private void GoBackToPreparing()
    {
        _phase = Phase.Preparing;
        _source = null;
        _isRecoveringUncleanly = false;
        State = null;
        Ask();
        Evaluate();
    }

    private void OnFetchedSnapshot(Peer peer, FetchedSnapshot fetched)
    {
        if (_phase != Phase.Fetching || State is not null || fetched.Incarnation != peer.Incarnation || !HoldsTheSame(peer, _source!))
            return;
        // A large state may take longer than the patience for it: whoever is first is the source.
        _source = peer;
        State = ((ICarriesSnapshot)fetched).Restore(_states);
        Begin(fetched.Index, fetched.Voters);
        peer.Tries = 0;
        PullFrom(peer);
    }

    private void PullFrom(Peer source)
    {
        var offered = Offered(source)!;
        if (Last >= offered.Last)
        {
            if (_isRecoveringUncleanly) KeepUncleanState(offered);
            else Lead(offered.Origin);
            return;
        }
        Send(source, new FetchEntries(Term, source.Incarnation, Last));
        TryLater(source, _options.ResendAfter);
    }

    private void OnFetchedEntries(Peer peer, FetchedEntries pulled)
    {
        if (_phase != Phase.Fetching || peer != _source || State is null || pulled.Incarnation != peer.Incarnation || pulled.After != Last)
            return;
        foreach (var entry in pulled.Entries) Append(entry);
        if (pulled.Entries.Length == 0) return;
        peer.Tries = 0;
        PullFrom(peer);
    }

    // The tail too: whether its entries were acknowledged nobody is left to say.
    private void KeepUncleanState(Held from)
    {
        for (var index = Commit + 1; index <= Last; index++) State!.Apply(_log[index]);
        _uncleanState = State;
        _uncleanSource = from;
        GoBackToPreparing();
    }

    private void Begin(long index, VoterSet voters)
    {
        Commit = index;
        _log = new EntryLog(index);
        UncommittedBytes = _keptBytes = 0;
        _batchAfter = -1;
        Voters = _committedVoters = voters;
        _votersAt = index;
    }

    /// <summary>
    /// A log that begins here: every member has answered at one time that it holds none that could be saved, and must confirm it once more
    /// before anything is committed, so that of two founders at most one succeeds.
    /// </summary>
    private void Found(bool anew)
    {
        List<NodeId> able = [];
        foreach (var node in _view.Members)
        {
            if (_view.CanVote(node)) able.Add(node);
        }
        var order = Rendezvous.Order(Name, able.Count > 0 ? able : _view.Members);
        if (order.Count == 0) return;
        List<Voter> voters = [];
        foreach (var node in order)
        {
            if (voters.Count < _options.Voters) voters.Add(new Voter(node, _peers[node].Incarnation));
        }
        State = _states.Create();
        Begin(0, new VoterSet(1, voters, null, anew));
        _isUnclean = anew;
        _confirming.UnionWith(_view.Members);
        Lead(Term);
    }
}
