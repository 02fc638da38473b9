namespace AkkaSse.Cluster.Replication;

/// <summary>
/// What a replica has received of a new leader's log while its own still counts. It takes the own log's place in one step, when it reaches
/// the leader's start: before that moment the replica must go on vouching for everything it has accepted.
/// </summary>
/// <param name="term">The new leader's.</param>
/// <param name="origin">The log it is.</param>
/// <param name="state">The state at <paramref name="index"/>; null when the replica's own state is its beginning.</param>
/// <param name="index">Where it begins.</param>
/// <param name="voters">The voter set in force there.</param>
internal sealed class Staging<TState>(Term term, Term origin, TState? state, long index, VoterSet voters)
    where TState : class, IReplicatedState
{
    internal Term Term { get; } = term;

    internal Term Origin { get; } = origin;

    internal TState? State { get; } = state;

    internal VoterSet Voters { get; } = voters;

    internal EntryLog Tail { get; } = new(index);
}
