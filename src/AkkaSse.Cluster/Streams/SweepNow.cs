using Akka.Actor;

namespace AkkaSse.Cluster.Streams;

/// <summary>Sweep now. Answered when the owners have looked at what was found.</summary>
internal sealed class SweepNow : INoSerializationVerificationNeeded
{
    internal static readonly SweepNow Instance = new();
}
