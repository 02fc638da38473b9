using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>Says that it has what it was never given: a gap is acknowledged as if it were filled.</summary>
internal sealed class AcknowledgesUnseen : ISaboteur
{
    public ReplicaMessage? FromReplica(SimNode node, ReplicaMessage asked, ReplicaMessage? answer) =>
        asked is AppendEntries accept && answer is Ack { Gap: true } ack
            ? ack with { Index = accept.After + accept.Entries.Length, Stands = true, Gap = false }
            : answer;
}
