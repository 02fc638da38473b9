namespace AkkaSse.Cluster.Replication;

/// <summary>What a log's entries build. Every leader and every replica has one of its own.</summary>
internal interface IReplicatedState
{
    /// <summary>
    /// Called once for each committed entry, in order, never for one that is not committed. Deterministic: no clock, no randomness, no
    /// reading of anything but the state and the entry; whatever time or chance decides goes into the command. It must not throw. A
    /// <see cref="VoterChange"/> comes too and means nothing to the state.
    /// </summary>
    /// <param name="entry">The entry at the index after the last.</param>
    void Apply(Entry entry);

    /// <summary>
    /// The state as it is now, immutable: later calls of <see cref="Apply"/> must not show through it. Cheap, because leader and replicas
    /// of one node hand it over by reference.
    /// </summary>
    object Snapshot();
}

/// <summary>Makes states.</summary>
/// <typeparam name="TState">The state of one kind of log.</typeparam>
internal interface IReplicatedStates<out TState>
    where TState : class, IReplicatedState
{
    /// <summary>The state of a log without entries.</summary>
    TState Create();

    /// <summary>
    /// The state that <see cref="IReplicatedState.Snapshot"/> gave, here or on another node. The snapshot may be restored several times.
    /// </summary>
    TState Restore(object snapshot);
}
