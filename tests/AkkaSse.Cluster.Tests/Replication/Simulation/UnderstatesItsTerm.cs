using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>Calls its log older than it is.</summary>
internal sealed class UnderstatesItsTerm : ISaboteur
{
    public ReplicaMessage? FromReplica(SimNode node, ReplicaMessage asked, ReplicaMessage? answer) =>
        answer is Promise { Held: { } held } promise && node.Id.Uid % 2 == 0
            ? promise with { Held = held with { Accepted = held.Origin } }
            : answer;
}
