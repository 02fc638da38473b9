using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Streams;

/// <summary>Each second, to the others: how many copies are here.</summary>
internal sealed record CopyCount(int Copies) : IWireMessage;
