namespace AkkaSse.Cluster.Replication;

/// <summary>
/// What a node still has of a log in which it has no vote any more: the copy of an earlier ActorSystem of the same process, which the
/// cluster has removed, or of a log that another one has replaced. It counts for nothing while the log lives; when it begins anew, the best
/// of these is what it begins with. Not thread-safe.
/// </summary>
/// <param name="vote">The life that held it; null when that is the life of the replica which keeps it.</param>
/// <param name="origin">The log it is.</param>
/// <param name="accepted">The last term whose leader's log this is a prefix of.</param>
/// <param name="state">The state at <paramref name="tail"/>'s beginning.</param>
/// <param name="committedVoters">The voter set in force there.</param>
/// <param name="voters">The one in force at its end.</param>
/// <param name="tail">The entries after it.</param>
/// <typeparam name="TState">The log's state.</typeparam>
internal sealed class UncleanCopy<TState>(
    Voter? vote, Term origin, Term accepted, TState state, VoterSet committedVoters, VoterSet voters, EntryLog tail)
    where TState : class, IReplicatedState
{
    internal Held Held { get; } = new(origin, accepted, tail.Last, tail.After, voters) { IsUnclean = true, Vote = vote };

    internal FetchedSnapshot Read(FetchSnapshot fetch) =>
        new(fetch.Term, fetch.Incarnation, tail.After, committedVoters, HasSnapshot: true, state.Snapshot());

    internal FetchedEntries? Read(FetchEntries pull, ReplicationOptions options) =>
        pull.After < tail.After
            ? null
            : new FetchedEntries(pull.Term, pull.Incarnation, pull.After, tail.Slice(pull.After, options.BatchEntries, options.BatchBytes));
}
