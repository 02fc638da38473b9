using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>Makes a replica break its word. A simulation that does not notice proves nothing.</summary>
internal interface ISaboteur
{
    /// <summary>What the replica is given instead; null is nothing.</summary>
    ReplicaMessage? ToReplica(SimNode node, ReplicaMessage message) => message;

    /// <summary>Whether the replica forgets everything but its incarnation before it takes the message.</summary>
    bool Forgets(SimNode node, ReplicaMessage message) => false;

    /// <summary>What the leader is given instead; null is nothing.</summary>
    ReplicaMessage? FromReplica(SimNode node, ReplicaMessage asked, ReplicaMessage? answer) => answer;
}
