using Akka.Actor;
using Akka.Configuration;
using AkkaSse.Cluster;
using AkkaSse.Cluster.Actors;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Hub;

namespace Akka.Hosting;

/// <summary>Lets the hub work in an application's own ActorSystem.</summary>
public static class SseHubAkkaHostingExtensions
{
    /// <summary>
    /// The hub of <c>services.AddSseHub().UseActorSystem()</c> works in this ActorSystem, beside the application's actors and shard
    /// regions: its messages have a serializer of their own, its regions and top-level actors begin with <c>akkasse-</c>, and the node gets
    /// the hub's roles besides those it has. Call it after <c>WithRemoting</c> and <c>WithClustering</c>. An actor that talks to the hub
    /// stands in the registry under <see cref="SseHubActor"/>.
    /// </summary>
    /// <remarks>
    /// The largest message between nodes is raised to 4 MiB where the application has set none. Everything else of the cluster stays the
    /// application's: seeds, downing, failure detection, and what follows when the ActorSystem ends.
    /// </remarks>
    /// <param name="builder">The ActorSystem's.</param>
    /// <param name="configure">Sets options.</param>
    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    /// <exception cref="InvalidOperationException">It was called before.</exception>
    public static AkkaConfigurationBuilder WithSseHub(this AkkaConfigurationBuilder builder, Action<AkkaEngineOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new AkkaEngineOptions();
        configure?.Invoke(options);
        options.ThrowIfInvalid(nameof(configure));
        if (builder.Setups.Any(static s => s is SseHubSetup))
            throw new InvalidOperationException("WithSseHub was called before; an ActorSystem has one hub.");
        return builder
            .AddSetup(new SseHubSetup(options))
            .AddHocon(ClusterHocon.Guest(options, builder.Configuration.GetOrElse(Config.Empty)), HoconAddMode.Prepend)
            .AddHocon(ClusterHocon.GuestDefaults, HoconAddMode.Append)
            .WithActors((system, registry, resolver) =>
            {
                if (resolver.GetService<GuestHub>() is null)
                    throw new InvalidOperationException(
                        "WithSseHub prepares an ActorSystem for a hub that is not there; call services.AddSseHub().UseActorSystem() too.");
                registry.Register<SseHubActor>(system.ActorOf(Props.Create<SseHubActor>(resolver.GetService<ISseHub>()), SseHubActor.Name));
            });
    }
}
