using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Streams;

/// <summary>Each second, to the others: how many copies are here.</summary>
internal sealed record CopyCount(int Copies) : IWireMessage
{
    /// <summary>How many of them are of each namespace that bounds its streams.</summary>
    internal NamespaceCopies[] Namespaces { get; init; } = [];
}

/// <summary>Copies of the streams of one namespace, which nodes know by its prefix.</summary>
internal readonly record struct NamespaceCopies(string Prefix, int Copies);
