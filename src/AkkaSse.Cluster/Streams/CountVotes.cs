using Akka.Actor;

namespace AkkaSse.Cluster.Streams;

/// <summary>How many logs here have a vote. Answered with an int.</summary>
internal sealed class CountVotes : INoSerializationVerificationNeeded
{
    internal static readonly CountVotes Instance = new();
}
