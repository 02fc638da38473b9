using Akka.Actor.Setup;

namespace AkkaSse.Cluster.Hosting;

/// <summary>What <c>WithSseHub</c> leaves in an ActorSystem for the engine that will work in it.</summary>
internal sealed class SseHubSetup(AkkaEngineOptions options) : Setup
{
    internal AkkaEngineOptions Options => options;
}
