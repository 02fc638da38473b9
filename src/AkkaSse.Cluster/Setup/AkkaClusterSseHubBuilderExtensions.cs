using Akka.Actor;
using AkkaSse.Cluster;
using AkkaSse.Cluster.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses the engine on an Akka.NET cluster.</summary>
public static class AkkaClusterSseHubBuilderExtensions
{
    /// <summary>Many nodes that need nothing but each other.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="configure">Sets options; without seeds this node is a cluster by itself.</param>
    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    public static ISseHubBuilder UseAkkaCluster(this ISseHubBuilder builder, Action<AkkaClusterOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new AkkaClusterOptions();
        configure(options);
        return builder.UseAkkaCluster(options);
    }

    /// <summary>Many nodes that need nothing but each other, with options from the application's services, its configuration among them.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="configure">Sets options when the hub is made; the hub's construction throws <see cref="ArgumentException"/> when they are invalid.</param>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    public static ISseHubBuilder UseAkkaCluster(this ISseHubBuilder builder, Action<AkkaClusterOptions, IServiceProvider> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.UseEngine(provider =>
        {
            var options = new AkkaClusterOptions();
            configure(options, provider);
            return new AkkaClusterEngine(options, provider.GetService<ILoggerFactory>());
        });
    }

    /// <summary>
    /// Many nodes that need nothing but each other, in the ActorSystem of the application: that of <c>services.AddAkka(name, akka => akka.WithRemoting(…).WithClustering(…).WithSseHub(…))</c>. The application joins it, leaves
    /// it, and decides what follows when it ends.
    /// </summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <exception cref="InvalidOperationException">An engine was chosen before. Without <c>AddAkka</c> or <c>WithSseHub</c> the hub throws it when it is made.</exception>
    public static ISseHubBuilder UseActorSystem(this ISseHubBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<GuestHub>();
        return builder.UseEngine(static provider => new AkkaClusterEngine(
            provider.GetService<ActorSystem>() ?? throw new InvalidOperationException("UseActorSystem needs an ActorSystem; call services.AddAkka(name, akka => akka.WithRemoting(…).WithClustering(…).WithSseHub())."),
            provider.GetService<ILoggerFactory>()));
    }

    /// <summary>Many nodes that need nothing but each other.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="options">Checked here and not when the first event is published.</param>
    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    public static ISseHubBuilder UseAkkaCluster(this ISseHubBuilder builder, AkkaClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfInvalid(nameof(options));
        return builder.UseEngine(provider => new AkkaClusterEngine(options, provider.GetService<ILoggerFactory>()));
    }
}
