using AkkaSse.Cluster.Batching;
using AkkaSse.Cluster.Clients;
using AkkaSse.Cluster.Nodes;
using AkkaSse.Cluster.Replication;
using AkkaSse.Cluster.Streams;
using AkkaSse.Cluster.Values;

namespace AkkaSse.Cluster.Wire;

/// <summary>Every message between nodes, component by component.</summary>
internal static class WireContract
{
    internal static IReadOnlyList<WireCodec> Codecs { get; } = [.. NodesWire.Codecs, .. ClientsWire.Codecs, .. ReplicationWire.Codecs,
        .. HostWire.Codecs, .. StreamsWire.Codecs, .. ValuesWire.Codecs, .. MessageBatch.Codecs];
}
