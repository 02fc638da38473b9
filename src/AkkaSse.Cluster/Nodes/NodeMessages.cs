using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Nodes;

/// <summary>Who a node is. Sent to every member when something of it changes and until the member has answered.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="StartedAt">Milliseconds since 1970.</param>
/// <param name="Draining">It is leaving.</param>
/// <param name="Address">How people reach it.</param>
/// <param name="Answer">True: the sender wants the receiver's own.</param>
internal sealed record Hello(string Node, long StartedAt, bool Draining, string? Address, bool Answer) : IWireMessage
{
    /// <summary>Whether it takes a <see cref="Batching.MessageBatch"/>; nodes of earlier versions do not.</summary>
    internal bool TakesBatches { get; init; } = true;

    /// <summary>Its <see cref="AkkaEngineOptions.Shards"/>; 0: it has not said it.</summary>
    internal int Shards { get; init; }
}

/// <summary>The name of the node that gets this is held by a member that is there.</summary>
internal sealed record NameTaken(string Node, string By) : IWireMessage;

/// <summary>The sender has found that nothing listens any more at the address of this member.</summary>
internal sealed record Crashed(string Address, int Uid) : IWireMessage;

/// <summary>The sender cannot reach these members, by <see cref="Hosting.ClusterMember.Id"/>; none: it reaches all.</summary>
internal sealed record BrokenPaths(string[] To) : IWireMessage;

/// <summary>Is the node that gets this in a cluster? Asked by a node that looks for one.</summary>
internal sealed record SeedQuestion : IWireMessage
{
    internal static readonly SeedQuestion Instance = new();
}

/// <summary>The answer to a <see cref="SeedQuestion"/>.</summary>
internal sealed record SeedAnswer(bool InCluster) : IWireMessage
{
    /// <summary>Its <see cref="AkkaEngineOptions.Shards"/>; 0: it has not said it.</summary>
    internal int Shards { get; init; }
}

/// <summary>A request of one node to another, opaque to the engine.</summary>
internal sealed record Request(long Correlation, string From, ReadOnlyMemory<byte> Body) : IWireMessage;

/// <summary>The answer to a <see cref="Request"/>; without a body the node could not answer.</summary>
internal sealed record Reply(long Correlation, bool Failed, ReadOnlyMemory<byte> Body) : IWireMessage;

/// <summary>
/// Requests that gathered while others were on their way: a message to another node costs some 100 µs on both sides together, whatever is
/// in it.
/// </summary>
/// <param name="All">In their order.</param>
internal sealed record Requests(Request[] All) : IWireMessage;

/// <summary>
/// The answer to <see cref="Requests"/>: those that were answered at once. The others follow as they come; an empty one says that the line
/// is free again.
/// </summary>
internal sealed record Replies(Reply[] All) : IWireMessage;
