namespace AkkaSse.Cluster.Replication;

/// <summary>One node's copy of one log: the state up to the commit index and the entries after it. Not thread-safe; pure: no clock, no I/O.</summary>
/// <remarks>
/// The host keeps one per log name. It makes one only for a <see cref="Prepare"/>, answers every other message about a log it has no replica of with <see cref="Absent"/>, and throws a replica away only when <see cref="Dropped"/> says so, or as a whole with the
/// node's <see cref="NodeId"/>: a host that forgets replicas and goes on under the same NodeId breaks the promise that an acknowledged entry is kept.
/// Messages of nodes that were removed from the cluster must not be handed in.
/// </remarks>
/// <typeparam name="TState">The log's state.</typeparam>
/// <param name="grant">A number that this node gives to no other replica of this log since it started; a counter of the host will do.</param>
/// <param name="states">Makes states.</param>
/// <param name="options">Limits.</param>
internal sealed class Replica<TState>(long grant, IReplicatedStates<TState> states, ReplicationOptions options)
    where TState : class, IReplicatedState
{
    /// <summary>Which life of the log's copy on this node this is. A leader names it in every message, so nothing that was meant for an earlier life reaches a later one.</summary>
    internal long Grant { get; } = grant;

    internal Term Promised { get; private set; }

    /// <summary>The leader whose log this is a prefix of; <see cref="Term.None"/> as long as it holds none.</summary>
    internal Term Accepted { get; private set; }

    /// <summary>Everything up to here is committed and in <see cref="State"/>.</summary>
    internal long Commit { get; private set; }

    internal long Last { get; private set; }

    /// <summary>The state at <see cref="Commit"/>; null as long as it holds none. Only committed entries show in it.</summary>
    internal TState? State { get; private set; }

    /// <summary>The set in force at the end of the log, or null.</summary>
    internal VoterSet? Voters { get; private set; }

    /// <summary>True once a leader let it go: the host forgets it.</summary>
    internal bool Dropped { get; private set; }

    /// <summary>Whether this node may not stop yet: its copy is one of the voters' as far as it knows.</summary>
    internal bool HoldsVote(NodeId self) => Voters?.Contains(self) == true;

    /// <summary>Takes a message of a leader and gives the answer to it, or null.</summary>
    internal ReplicaMessage? Receive(ReplicaMessage message) => throw new NotImplementedException($"{states} {options} {message}");

    /// <summary>The answer of a node that has no replica of this log; null for a <see cref="Prepare"/>, for which the host makes one.</summary>
    internal static ReplicaMessage? Absent(ReplicaMessage message) => throw new NotImplementedException();
}
