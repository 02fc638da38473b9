using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication;

/// <summary>A command with a name, so that it can be told from every other.</summary>
internal sealed class Note(long id) : Command
{
    internal long Id { get; } = id;

    internal override int Size => 100;
}
