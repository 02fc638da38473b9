using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Replication;

/// <summary>The wire forms of the log's messages.</summary>
internal static class ReplicationWire
{
    internal static IReadOnlyList<WireCodec> Codecs { get; } = [];

    internal static IReadOnlyList<CommandCodec> Commands { get; } = [];

    /// <summary>Writes a message inside another. The snapshot of an <see cref="ICarriesSnapshot"/> is left out.</summary>
    internal static void Write(ReplicaMessage message, WireWriter to) => throw new NotImplementedException();

    /// <exception cref="FormatException">The bytes are no message.</exception>
    internal static ReplicaMessage Read(ref WireReader from) => throw new NotImplementedException();

    internal static void Write(NodeId node, WireWriter to)
    {
        to.Text(node.Address);
        to.Int(node.Uid);
    }

    internal static NodeId ReadNode(ref WireReader from) => new(from.RequiredText(), from.Int());
}
