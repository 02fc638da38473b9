namespace AkkaSse.Cluster.Replication;

/// <summary>
/// What one ActorSystem of this process leaves to the next: its copies of logs, after the cluster has removed it. A log of which the others
/// still have enough makes nothing of it. One that all of its voters have lost with their membership begins anew with it, and not with
/// nothing. Thread-safe.
/// </summary>
/// <typeparam name="TState">The logs' state.</typeparam>
internal sealed class UncleanCopies<TState>
    where TState : class, IReplicatedState
{
    // Nodes that were removed for being slow come back within seconds. What is older is not the last of its log but one that went on, or
    // was removed, without this node.
    internal const long KeptFor = 10 * 60_000;

    private readonly Lock _gate = new();
    private Dictionary<string, (UncleanCopy<TState> Log, long Since)> _logs = [];

    /// <summary>At the end of an ActorSystem.</summary>
    internal void Put(string name, UncleanCopy<TState> log, long since)
    {
        lock (_gate) _logs[name] = (log, since);
    }

    /// <summary>At the beginning of the next one; what is here is then that one's.</summary>
    internal Dictionary<string, (UncleanCopy<TState> Log, long Since)> Take()
    {
        lock (_gate)
        {
            var logs = _logs;
            _logs = [];
            return logs;
        }
    }
}
