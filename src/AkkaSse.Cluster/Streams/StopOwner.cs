using Akka.Actor;

namespace AkkaSse.Cluster.Streams;

/// <summary>To an owner of this node: its shard moves, or it has asked to rest.</summary>
internal sealed record StopOwner : INoSerializationVerificationNeeded
{
    internal static StopOwner Instance { get; } = new();
}
