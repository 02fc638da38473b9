namespace AkkaSse.Cluster.Replication;

/// <summary>What the shells of leaders and replicas need to know of one kind of log. Thread-safe.</summary>
/// <typeparam name="TState">The log's state.</typeparam>
internal abstract class LogKind<TState> : IReplicatedStates<TState>
    where TState : class, IReplicatedState
{
    /// <summary>The replica host's name below <c>/user</c>; the same on all nodes.</summary>
    internal abstract string HostName { get; }

    internal required ReplicationOptions Options { get; init; }

    public abstract TState Create();

    public abstract TState Restore(object snapshot);

    /// <summary>A snapshot as texts of bytes of about this size each; one event alone may be larger.</summary>
    internal abstract IReadOnlyList<byte[]> Split(object snapshot, int partBytes);

    /// <summary>What <see cref="Split"/> was given.</summary>
    /// <exception cref="FormatException">The parts are no snapshot.</exception>
    internal abstract object Join(IReadOnlyList<ReadOnlyMemory<byte>> parts);
}
