using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Streams;

/// <summary>The owner has looked.</summary>
internal sealed record Tidied(string Entity) : IWireMessage;
