using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>A replica that was let go and made again passes itself off as the first.</summary>
internal sealed class KeepsItsFirstIncarnation : ISaboteur
{
    public ReplicaMessage? ToReplica(SimNode node, ReplicaMessage message) => node.Replica is not { } replica ? message : message switch
    {
        AppendEntries m => m with { Incarnation = replica.Incarnation },
        InstallSnapshot m => m with { Incarnation = replica.Incarnation },
        FetchSnapshot m => m with { Incarnation = replica.Incarnation },
        FetchEntries m => m with { Incarnation = replica.Incarnation },
        Drop m => m with { Incarnation = replica.Incarnation },
        _ => message,
    };

    public ReplicaMessage? FromReplica(SimNode node, ReplicaMessage asked, ReplicaMessage? answer) => answer switch
    {
        Promise m => m with { Incarnation = 1 },
        FetchedSnapshot m => m with { Incarnation = 1 },
        FetchedEntries m => m with { Incarnation = 1 },
        Ack m => m with { Incarnation = 1 },
        Gone m => m with { Incarnation = 1 },
        _ => answer,
    };
}
