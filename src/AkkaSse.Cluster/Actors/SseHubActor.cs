using Akka.Actor;
using AkkaSse.Hub;

namespace AkkaSse.Cluster.Actors;

/// <summary>The hub as an actor.</summary>
public sealed class SseHubActor : ReceiveActor
{
    internal const string Name = "akkasse-hub";
    private readonly ISseHub _hub;

    /// <summary>Made by <see cref="Props"/>.</summary>
    internal SseHubActor(ISseHub hub) => _hub = hub;

    /// <summary>Makes it.</summary>
    public static Props Props(ISseHub hub) => Akka.Actor.Props.CreateBy(new Maker(hub));

    private sealed class Maker(ISseHub hub) : IIndirectActorProducer
    {
        public Type ActorType => typeof(SseHubActor);
        public ActorBase Produce() => new SseHubActor(hub);
        public void Release(ActorBase actor) { }
    }
}
