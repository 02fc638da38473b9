using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>One incarnation of the leader.</summary>
internal sealed class SimLeader(SimNode node, Leader<Notebook> machine)
{
    internal SimNode Node { get; } = node;

    internal Leader<Notebook> Machine { get; } = machine;

    internal bool IsStopped { get; set; }

    internal bool Runs => !IsStopped && Node.IsAlive && !Machine.IsDeposed;

    internal bool Works => Runs && !Node.IsFrozen;

    /// <summary>Proposed and not yet committed: index to command and what had been acknowledged before.</summary>
    internal Dictionary<long, (long Id, (Chronicle.History? Log, long Index) Floor)> Pending { get; } = [];
}
