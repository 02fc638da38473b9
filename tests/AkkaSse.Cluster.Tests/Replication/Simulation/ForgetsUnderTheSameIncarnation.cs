using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>Loses its memory and goes on as the same life.</summary>
internal sealed class ForgetsUnderTheSameIncarnation : ISaboteur
{
    private int _asked;

    public bool Forgets(SimNode node, ReplicaMessage message) => message is Prepare && ++_asked % 3 == 0;
}
