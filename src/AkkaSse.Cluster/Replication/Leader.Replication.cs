namespace AkkaSse.Cluster.Replication;

/// <content>AppendEntries, acknowledge, commit.</content>
internal sealed partial class Leader<TState>
{
    private EntryLog _log = new(0);
    private Term _origin;
    private long _start;
    private long _keptBytes;
    private VoterSet? _committedVoters;

    // The last batch cut: voters that are equally far share it.
    private Entry[] _batch = [];
    private long _batchAfter = -1;
    private bool _batchIsFull;

    /// <summary>
    /// Appends a command and gives its index. It is sent with the next <see cref="Flush"/>; <see cref="LeaderEffectKind.Committed"/> tells
    /// its end.
    /// </summary>
    /// <exception cref="InvalidOperationException">Not recovered, or deposed.</exception>
    internal long Propose(Command command)
    {
        if (!IsRecovered || _phase == Phase.Deposed)
            throw new InvalidOperationException(IsDeposed ? $"The leader of '{Name}' is deposed." : $"The log '{Name}' is not recovered.");
        Append(new Entry(Last + 1, Term, command));
        return Last;
    }

    /// <summary>
    /// Sends what was proposed, as far as the windows of the voters allow; the rest follows with their answers. Once per mailbox turn, so
    /// that a turn's proposals go out together.
    /// </summary>
    internal void Flush()
    {
        if (_phase != Phase.Leading) return;
        foreach (var peer in _peers.Values) SendMore(peer);
    }

    /// <summary>
    /// A committed entry that is still kept: at least those of a <see cref="LeaderEffectKind.Committed"/> effect until the next call that
    /// changes the machine.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not kept, or not committed.</exception>
    internal Entry Committed(long index) =>
        index <= Commit ? _log[index] : throw new ArgumentOutOfRangeException(nameof(index), index, $"Committed is up to {Commit}.");

    private void Append(Entry entry)
    {
        _log.Add(entry);
        UncommittedBytes += entry.Size;
        if (entry.Command is not VoterChange change) return;
        Voters = change.Voters;
        _votersAt = entry.Index;
    }

    /// <summary>The log is complete here; now the voters get it.</summary>
    private void Lead(Term origin)
    {
        _phase = Phase.Leading;
        if (!_isUnclean) _uncleanState = null;
        _origin = origin;
        _start = Last;
        _source = null;
        FindVoters();
        foreach (var peer in _peers.Values)
        {
            peer.Tries = 0;
            peer.NextTry = _now;
            if (peer.Promised) Engage(peer);
        }
        Plan();
    }

    /// <summary>What an answering node is to this leader: one that gets the log, or one that lets it go.</summary>
    private void Engage(Peer peer)
    {
        var voter = Voters!.On(peer.Node);
        peer.IsActive = voter is { } v ? v.Incarnation == peer.Incarnation : peer == _learner || _confirming.Contains(peer.Node);
        peer.NextTry = _now;
        if (peer.IsActive)
        {
            if (peer.Held is { } held && held.Origin == _origin && held.Commit >= _log.After) peer.GoOnAfter(held.Commit);
            SendMore(peer);
        }
        else if (IsRecovered && !IsJoint && _votersAt <= Commit)
        {
            LetGo(peer);
        }
    }

    private void SendMore(Peer peer)
    {
        if (!peer.IsActive || peer.Installing >= 0) return;
        if (peer.Next <= _log.After || peer.Next == 0)
        {
            // The patience for a snapshot is long: it does not begin doubled by what was lost before.
            peer.Tries = 0;
            SendSnapshot(peer);
            return;
        }
        // A peer that does not answer is probed with one batch.
        var window = peer.Tries > 1 ? 1 : _options.Window;
        while (peer.BatchesOnTheWay < window && (peer.Next <= Last || (!peer.Stands && peer.BatchesOnTheWay == 0)))
        {
            var entries = Batch(peer.Next - 1);
            if (peer.BatchesOnTheWay == 0) TryLater(peer, _options.ResendAfter);
            Send(peer, new AppendEntries(Term, peer.Incarnation, _origin, _start, peer.Next - 1, entries, Commit));
            peer.Sent(peer.Next - 1 + entries.Length);
        }
    }

    private Entry[] Batch(long after)
    {
        if (_batchAfter == after && _batch.Length > 0 && (_batchIsFull || _batch[^1].Index == Last)) return _batch;
        _batch = _log.Slice(after, _options.BatchEntries, _options.BatchBytes);
        _batchAfter = after;
        _batchIsFull = _batch.Length > 0 && _batch[^1].Index < Last;
        return _batch;
    }

    private void SendSnapshot(Peer peer)
    {
        var isEmpty = Commit == 0;
        Send(peer, new InstallSnapshot(Term, peer.Incarnation, _origin, _start, Commit, _committedVoters!, !isEmpty, isEmpty
            ? null
            : State!.Snapshot()));
        peer.SentSnapshot(Commit);
        TryLater(peer, isEmpty ? _options.ResendAfter : _options.InstallAfter);
    }

    private void OnAck(Peer peer, Ack ack)
    {
        if (_phase != Phase.Leading || !peer.IsActive || ack.Incarnation != peer.Incarnation) return;
        peer.Acknowledged(ack);
        if (peer.Installing < 0) peer.NextTry = peer.BatchesOnTheWay > 0 ? _now + _options.ResendAfter : _now;
        if (ack.Stands && _confirming.Count > 0) _confirming.Remove(peer.Node);
        AdvanceCommit();
        if (_phase != Phase.Leading) return;
        if (peer == _learner) Plan();
        SendMore(peer);
    }

    private void AdvanceCommit()
    {
        if (_confirming.Count > 0) return;
        var reached = ReachedBy(_old, _oldNeeded);
        if (_next.Length > 0) reached = Math.Min(reached, ReachedBy(_next, _nextNeeded));
        if (reached < _start || (reached <= Commit && IsRecovered)) return;
        Trim();
        var from = Commit;
        var votersChanged = false;
        while (Commit < reached)
        {
            var entry = _log[Commit + 1];
            State!.Apply(entry);
            Commit++;
            UncommittedBytes -= entry.Size;
            _keptBytes += entry.Size;
            if (entry.Command is not VoterChange change) continue;
            _committedVoters = change.Voters;
            votersChanged = true;
        }
        if (!IsRecovered)
        {
            IsRecovered = true;
            _effects.Enqueue(new LeaderEffect(
                _isUnclean ? LeaderEffectKind.RecoveredUncleanly : LeaderEffectKind.Recovered, Index: Commit));
            votersChanged = true;
        }
        else
        {
            _effects.Enqueue(new LeaderEffect(LeaderEffectKind.Committed, From: from, Index: Commit));
        }
        if (!votersChanged) return;
        Plan();
        LetGo();
    }

    private static long ReachedBy(Peer?[] voters, int needed)
    {
        Span<long> matches = stackalloc long[voters.Length];
        for (var i = 0; i < voters.Length; i++) matches[i] = voters[i]?.Match ?? -1;
        return Quorum.Reached(matches, needed);
    }

    /// <summary>
    /// Lets committed entries go, those of the effects already taken. A peer that is being sent a snapshot needs those after it, up to 16
    /// times the usual.
    /// </summary>
    private void Trim()
    {
        if (_keptBytes <= _options.RetainedBytes) return;
        var needed = Commit;
        if (_keptBytes <= 16 * _options.RetainedBytes)
        {
            foreach (var peer in _peers.Values)
            {
                if (peer.Installing >= 0) needed = Math.Min(needed, peer.Installing);
            }
        }
        while (_keptBytes > _options.RetainedBytes && _log.After < needed) _keptBytes -= _log.TakeFirst().Size;
    }

    /// <summary>What a peer was sent and did not answer goes out again.</summary>
    private void Repeat(Peer peer)
    {
        if (_phase != Phase.Leading || _now < peer.NextTry) return;
        if (!peer.Promised)
        {
            AskFor(peer);
        }
        else if (peer.IsDropping)
        {
            Send(peer, new Drop(Term, peer.Incarnation));
            TryLater(peer, _options.ResendAfter);
        }
        else if (peer.Installing >= 0)
        {
            peer.SnapshotFailed();
            SendSnapshot(peer);
        }
        else if (peer.IsActive && (peer.BatchesOnTheWay > 0 || peer.Next <= Last || !peer.Stands))
        {
            peer.Rewind();
            SendMore(peer);
        }
        else if (peer.IsActive && peer.CommitKnown < Commit)
        {
            Send(peer, new AppendEntries(Term, peer.Incarnation, _origin, _start, peer.Reached, [], Commit));
            TryLater(peer, _options.ResendAfter);
        }
    }
}
