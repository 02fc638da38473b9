namespace AkkaSse.Cluster.Replication;

/// <summary>
/// One node's copy of one log: the state up to the commit index and the entries after it. Not thread-safe; pure: no clock, no I/O.
/// </summary>
/// <remarks>
/// The host keeps one per log name. It makes one only for a <see cref="Prepare"/>, answers every other message about a log it has no
/// replica of with <see cref="Absent"/>, and throws a replica away only when <see cref="Dropped"/> says so, or as a whole with the node's
/// <see cref="NodeId"/>: a host that forgets replicas and goes on under the same NodeId breaks the promise that an acknowledged entry is
/// kept. Messages of nodes that were removed from the cluster must not be handed in. A <see cref="FetchSnapshot"/> that comes while the
/// <see cref="FetchedSnapshot"/> to the same term is still being moved need not be answered twice.
/// </remarks>
/// <typeparam name="TState">The log's state.</typeparam>
/// <param name="incarnation">A number that this node gives to no other replica of this log since it started, above 0; a counter of the host
/// will do.</param>
/// <param name="states">Makes states.</param>
/// <param name="options">Limits.</param>
/// <param name="unclean">What this node has of the log from before.</param>
internal sealed class Replica<TState>(
    long incarnation, IReplicatedStates<TState> states, ReplicationOptions options, UncleanCopy<TState>? unclean = null)
    where TState : class, IReplicatedState
{
    private EntryLog _tail = new(0);
    private VoterSet? _committedVoters;
    private Term _origin;
    private Staging<TState>? _staging;
    private UncleanCopy<TState>? _unclean = unclean;

    /// <summary>
    /// Which life of the log's copy on this node this is. A leader names it in every message, so nothing that was meant for an earlier life
    /// reaches a later one.
    /// </summary>
    internal long Incarnation { get; } = incarnation;

    /// <summary>Older terms are refused.</summary>
    internal Term Promised { get; private set; }

    /// <summary>The leader whose log this is a prefix of; <see cref="Term.None"/> as long as it holds none.</summary>
    internal Term Accepted { get; private set; }

    /// <summary>Everything up to here is committed and in <see cref="State"/>.</summary>
    internal long Commit => _tail.After;

    internal long Last => _tail.Last;

    /// <summary>
    /// The state at <see cref="Commit"/>; null as long as it holds none. Only committed entries show in it. Another object takes its place
    /// when a snapshot is installed.
    /// </summary>
    internal TState? State { get; private set; }

    /// <summary>The set in force at the end of the log, or null.</summary>
    internal VoterSet? Voters { get; private set; }

    /// <summary>True once a leader let it go: the host forgets it.</summary>
    internal bool Dropped { get; private set; }

    /// <summary>
    /// Whether this node may not stop yet: until a leader let it go. Also a learner, and one that has only promised: that it was given a
    /// vote it may hear later than others count on it.
    /// </summary>
    internal bool HoldsVote => !Dropped;

    /// <summary>
    /// Whether it keeps a <see cref="UncleanCopy{TState}"/>; until the log has a committed entry here, or a leader lets the replica go.
    /// </summary>
    internal bool HasUncleanCopy => _unclean is not null;

    /// <summary>
    /// What is left of this copy when its node was removed; null when there is nothing. The replica must not be used afterwards.
    /// </summary>
    /// <param name="self">The node it was on.</param>
    internal UncleanCopy<TState>? End(NodeId self) => Last > 0 && State is not null ? Aside(new Voter(self, Incarnation)) : _unclean;

    /// <summary>Takes a message of a leader and gives the answer to it, or null.</summary>
    internal ReplicaMessage? Receive(ReplicaMessage message)
    {
        if (Dropped || (IncarnationOf(message) is { } meant && meant != Incarnation)) return Absent(message);
        if (message.Term < Promised)
            return message is Promise or FetchedSnapshot or FetchedEntries or Ack or Refused or Gone
                ? null
                : new Refused(message.Term, Promised);
        switch (message)
        {
            case Prepare prepare:
                Promised = prepare.Term;
                return new Promise(prepare.Term, Incarnation, Holds());
            case FetchSnapshot fetch when IsUncleanCopyShown:
                return _unclean!.Read(fetch);
            case FetchSnapshot fetch when State is not null:
                return new FetchedSnapshot(fetch.Term, Incarnation, Commit, _committedVoters!, HasSnapshot: true, State.Snapshot());
            case FetchEntries pull when IsUncleanCopyShown:
                return _unclean!.Read(pull, options);
            case FetchEntries pull when pull.After >= Commit:
                return new FetchedEntries(
                    pull.Term, Incarnation, pull.After, _tail.Slice(pull.After, options.BatchEntries, options.BatchBytes));
            case AppendEntries accept:
                return Take(accept);
            case InstallSnapshot install:
                return Take(install);
            case Drop drop:
                Dropped = true;
                return new Gone(drop.Term, Incarnation);
            default:
                return null;
        }
    }

    /// <summary>
    /// The answer of a node that has no replica of this log; null for a <see cref="Prepare"/>, for which the host makes one, and for what
    /// is no leader's message.
    /// </summary>
    internal static ReplicaMessage? Absent(ReplicaMessage message) =>
        IncarnationOf(message) is { } incarnation ? new Gone(message.Term, incarnation) : null;

    // A log without entries is none.
    private bool IsUncleanCopyShown => _unclean is not null && Last == 0;

    private Held? Holds() =>
        IsUncleanCopyShown ? _unclean!.Held : Accepted == Term.None ? null : new Held(_origin, Accepted, Last, Commit, Voters!);

    private UncleanCopy<TState> Aside(Voter? vote) => new(vote, _origin, Accepted, State!, _committedVoters!, Voters!, _tail);

    private static long? IncarnationOf(ReplicaMessage message) => message switch
    {
        AppendEntries m => m.Incarnation,
        InstallSnapshot m => m.Incarnation,
        FetchSnapshot m => m.Incarnation,
        FetchEntries m => m.Incarnation,
        Drop m => m.Incarnation,
        _ => null,
    };

    private Ack Take(AppendEntries accept)
    {
        Promised = accept.Term;
        if (Accepted == accept.Term)
        {
            if (accept.After > Last) return Acknowledge(gap: true);
            foreach (var entry in accept.Entries)
            {
                if (entry.Index <= Last) continue;
                _tail.Add(entry);
                if (entry.Command is VoterChange change) Voters = change.Voters;
            }
        }
        else
        {
            if (_staging?.Term != accept.Term)
            {
                // Its own committed prefix is a prefix of every later leader's log, if it is the same log at all.
                if (Accepted == Term.None || _origin != accept.Origin)
                    return new Ack(accept.Term, Incarnation, 0, Stands: false, Gap: true, Commit);
                _staging = new Staging<TState>(accept.Term, _origin, null, Commit, _committedVoters!);
            }
            if (accept.After > _staging.Tail.Last) return Acknowledge(gap: true);
            foreach (var entry in accept.Entries)
            {
                if (entry.Index > _staging.Tail.Last) _staging.Tail.Add(entry);
            }
            StandIfComplete(accept.Start);
        }
        if (Accepted == accept.Term) CommitUpTo(accept.Commit);
        return Acknowledge(gap: false);
    }

    private Ack Take(InstallSnapshot install)
    {
        Promised = install.Term;
        if (Accepted == install.Term)
        {
            if (install.Index > Last)
                Become(new Staging<TState>(
                    install.Term, install.Origin, ((ICarriesSnapshot)install).Restore(states), install.Index, install.Voters));
        }
        else if (_staging?.Term != install.Term || _staging.Tail.Last < install.Index)
        {
            var ownIsFurther = Accepted != Term.None && _origin == install.Origin && Commit >= install.Index;
            _staging = ownIsFurther
                ? new Staging<TState>(install.Term, _origin, null, Commit, _committedVoters!)
                : new Staging<TState>(
                    install.Term, install.Origin, ((ICarriesSnapshot)install).Restore(states), install.Index, install.Voters);
            StandIfComplete(install.Start);
        }
        return Acknowledge(gap: false);
    }

    private void StandIfComplete(long start)
    {
        if (_staging!.Tail.Last >= start) Become(_staging);
    }

    private void Become(Staging<TState> log)
    {
        _staging = null;
        // Whoever founded the log that takes this one's place may be gone before it is more than a beginning.
        if (log.Voters.BeganAnew && log.Origin != _origin && Last > 0) _unclean = Aside(null);
        Accepted = log.Term;
        _origin = log.Origin;
        State = log.State ?? State;
        _committedVoters = log.Voters;
        _tail = log.Tail;
        Voters = _committedVoters;
        for (var index = _tail.After + 1; index <= _tail.Last; index++)
        {
            if (_tail[index].Command is VoterChange change) Voters = change.Voters;
        }
        if (Commit > 0) _unclean = null;
    }

    private void CommitUpTo(long commit)
    {
        while (Commit < commit && Commit < Last)
        {
            var entry = _tail.TakeFirst();
            State!.Apply(entry);
            if (entry.Command is VoterChange change) _committedVoters = change.Voters;
        }
        if (Commit > 0) _unclean = null;
    }

    private Ack Acknowledge(bool gap) =>
        Accepted == Promised
            ? new Ack(Promised, Incarnation, Last, Stands: true, gap, Commit)
            : new Ack(Promised, Incarnation, _staging!.Tail.Last, Stands: false, gap, Commit);
}
