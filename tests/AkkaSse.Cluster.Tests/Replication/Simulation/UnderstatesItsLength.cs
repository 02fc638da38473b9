using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>Calls its log shorter than it is.</summary>
internal sealed class UnderstatesItsLength : ISaboteur
{
    public ReplicaMessage? FromReplica(SimNode node, ReplicaMessage asked, ReplicaMessage? answer) =>
        answer is Promise { Held: { } held } promise ? promise with { Held = held with { Last = held.Commit } } : answer;
}
