using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>Takes entries of older leaders after it promised not to.</summary>
internal sealed class IgnoresPromises : ISaboteur
{
    public ReplicaMessage? ToReplica(SimNode node, ReplicaMessage message) =>
        message is AppendEntries && node.Replica is { } replica && message.Term < replica.Promised
            ? message with { Term = replica.Promised }
            : message;

    public ReplicaMessage? FromReplica(SimNode node, ReplicaMessage asked, ReplicaMessage? answer) =>
        answer is Ack ? answer with { Term = asked.Term } : answer;
}
