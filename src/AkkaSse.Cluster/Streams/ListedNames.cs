using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Streams;

/// <summary>A node's part of a list.</summary>
/// <param name="Names">In ordinal order; those that exist not any more as well, where their owner says so.</param>
/// <param name="More">Whether there are more.</param>
internal sealed record ListedNames(ListedName[] Names, bool More) : IWireMessage;
