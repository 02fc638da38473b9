using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Replication;

/// <summary>What leader and replica of one log say to each other. Any of them may be lost, doubled, late or out of order.</summary>
/// <param name="Term">The leader's term, in both directions: a leader ignores answers to another term.</param>
internal abstract record ReplicaMessage(Term Term) : IWireMessage;

/// <summary>
/// The shell moves <see cref="Snapshot"/> apart from the message, in parts below the frame limit, and gives the message to the receiver
/// only when it is whole. Until then nothing of it has happened; parts of a transfer that was given up are thrown away.
/// </summary>
internal interface ICarriesSnapshot
{
    /// <summary>
    /// What <see cref="IReplicatedState.Snapshot"/> gave; null stands for the state of a log without entries. The codec does not write it.
    /// </summary>
    object? Snapshot { get; }

    /// <summary>The same message with the snapshot that arrived.</summary>
    ReplicaMessage WithSnapshot(object? snapshot);

    /// <summary>Whether there is a snapshot to move; known before it is there.</summary>
    bool HasSnapshot { get; }

    /// <exception cref="InvalidOperationException">The shell gave the message to the machine without its snapshot.</exception>
    internal TState Restore<TState>(IReplicatedStates<TState> states)
        where TState : class, IReplicatedState =>
        !HasSnapshot ? states.Create() : states.Restore(Snapshot
            ?? throw new InvalidOperationException($"{GetType().Name} came without its snapshot."));
}

/// <summary>Leader to every node: what do you hold, and promise to refuse older terms.</summary>
internal sealed record Prepare(Term Term) : ReplicaMessage(Term);

/// <summary>The answer to <see cref="Prepare"/>.</summary>
/// <param name="Term">The promised term.</param>
/// <param name="Incarnation">Which life of the replica on this node answers: see <see cref="Replica{TState}.Incarnation"/>.</param>
/// <param name="Held">What it holds, or null for nothing.</param>
internal sealed record Promise(Term Term, long Incarnation, Held? Held) : ReplicaMessage(Term);

/// <summary>The log a replica holds.</summary>
/// <param name="Origin">The term of the leader that began this log.</param>
/// <param name="Accepted">The last term whose leader's log this is a prefix of.</param>
/// <param name="Last">Index of the last entry.</param>
/// <param name="Commit">Index up to which it knows entries to be committed.</param>
/// <param name="Voters">The voter set in force at its end.</param>
internal sealed record Held(Term Origin, Term Accepted, long Last, long Commit, VoterSet Voters)
{
    /// <summary>A <see cref="UncleanCopy{TState}"/>: nothing of it counts.</summary>
    internal bool IsUnclean { get; init; }

    /// <summary>Of a former log: the life that held it, when another keeps it now.</summary>
    internal Voter? Vote { get; init; }

    /// <summary>
    /// More than 0: this log was accepted in a later term than the other or, in the same term, is longer. 0: they are the same log.
    /// </summary>
    internal int CompareLog(Held other)
    {
        var byTerm = Accepted.CompareTo(other.Accepted);
        return byTerm != 0 ? byTerm : Last.CompareTo(other.Last);
    }
}

/// <summary>Leader to the replica whose log it takes: your state, please.</summary>
internal sealed record FetchSnapshot(Term Term, long Incarnation) : ReplicaMessage(Term);

/// <summary>The answer to <see cref="FetchSnapshot"/>: the state at the commit index.</summary>
internal sealed record FetchedSnapshot(Term Term, long Incarnation, long Index, VoterSet Voters, bool HasSnapshot, object? Snapshot)
    : ReplicaMessage(Term), ICarriesSnapshot
{
    public ReplicaMessage WithSnapshot(object? snapshot) => this with { Snapshot = snapshot };
}

/// <summary>Leader to that replica: the entries after <paramref name="After"/>.</summary>
internal sealed record FetchEntries(Term Term, long Incarnation, long After) : ReplicaMessage(Term);

/// <summary>The answer to <see cref="FetchEntries"/>: one batch.</summary>
internal sealed record FetchedEntries(Term Term, long Incarnation, long After, Entry[] Entries) : ReplicaMessage(Term);

/// <summary>Leader to a voter or learner: take these entries.</summary>
/// <param name="Term">The leader's term.</param>
/// <param name="Incarnation">The life of the replica it is meant for.</param>
/// <param name="Origin">The log it belongs to.</param>
/// <param name="Start">Where the leader's own entries begin: a replica stands under this term only once it holds everything up to
/// here.</param>
/// <param name="After">The index before the first entry.</param>
/// <param name="Entries">Contiguous; may be empty.</param>
/// <param name="Commit">Committed up to here.</param>
internal sealed record AppendEntries(Term Term, long Incarnation, Term Origin, long Start, long After, Entry[] Entries, long Commit)
    : ReplicaMessage(Term);

/// <summary>
/// Leader to a learner, or to a voter that is too far behind: take this state instead of entries up to <paramref name="Index"/>.
/// </summary>
internal sealed record InstallSnapshot(
    Term Term, long Incarnation, Term Origin, long Start, long Index, VoterSet Voters, bool HasSnapshot, object? Snapshot)
    : ReplicaMessage(Term), ICarriesSnapshot
{
    public ReplicaMessage WithSnapshot(object? snapshot) => this with { Snapshot = snapshot };
}

/// <summary>The answer to <see cref="AppendEntries"/> and <see cref="InstallSnapshot"/>.</summary>
/// <param name="Term">The leader's term.</param>
/// <param name="Incarnation">The life of the replica.</param>
/// <param name="Index">It has everything up to here.</param>
/// <param name="Stands">Whether what it has counts under this term.</param>
/// <param name="Gap">Whether the message began beyond <paramref name="Index"/> and was not taken.</param>
/// <param name="Commit">Committed here up to.</param>
internal sealed record Ack(Term Term, long Incarnation, long Index, bool Stands, bool Gap, long Commit) : ReplicaMessage(Term);

/// <summary>The answer to any message of a term older than the promise.</summary>
/// <param name="Term">The refused term.</param>
/// <param name="Promised">The promise.</param>
internal sealed record Refused(Term Term, Term Promised) : ReplicaMessage(Term);

/// <summary>
/// The answer to any message but <see cref="Prepare"/> when the replica of that incarnation does not live here (any more).
/// </summary>
internal sealed record Gone(Term Term, long Incarnation) : ReplicaMessage(Term);

/// <summary>Leader to a node that is neither voter nor learner: let go of the replica.</summary>
internal sealed record Drop(Term Term, long Incarnation) : ReplicaMessage(Term);
