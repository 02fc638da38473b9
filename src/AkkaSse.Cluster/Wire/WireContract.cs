using AkkaSse.Cluster.Nodes;

namespace AkkaSse.Cluster.Wire;

/// <summary>Every message between nodes, room by room.</summary>
internal static class WireContract
{
    internal static IReadOnlyList<WireCodec> Codecs { get; } = [.. NodesWire.Codecs];
}
