using Akka.Actor;
using AkkaSse.Cluster;
using AkkaSse.Cluster.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses the engine on an Akka.NET cluster: many nodes that need nothing but each other.</summary>
/// <remarks>
/// The options are <see cref="IOptions{TOptions}"/> of <see cref="AkkaClusterOptions"/>: what the application configures besides
/// (<c>services.Configure&lt;AkkaClusterOptions&gt;(…)</c>) holds too. The host checks them when it starts, and throws one
/// <see cref="OptionsValidationException"/> that lists every fault.
/// </remarks>
public static class AkkaClusterSseHubBuilderExtensions
{
    /// <summary>Chooses the engine, with options that are set in code.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="configure">Sets options. Without seeds this node is a cluster of one.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    public static ISseHubBuilder UseAkkaCluster(this ISseHubBuilder builder, Action<AkkaClusterOptions>? configure = null)
    {
        var options = Use(builder);
        if (configure is not null) options.Configure(configure);
        return builder;
    }

    /// <summary>Chooses the engine, with options that are set in code with the application's services.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="configure">Sets options, when the host starts.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    public static ISseHubBuilder UseAkkaCluster(this ISseHubBuilder builder, Action<AkkaClusterOptions, IServiceProvider> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Use(builder).Configure(configure);
        return builder;
    }

    /// <summary>Chooses the engine, with options from a section of the configuration.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="configuration">
    /// The section, like <c>builder.Configuration.GetSection("Akka")</c>. Durations are written like <c>15s</c> or <c>00:00:15</c>. A key
    /// that is no option, null where an option has none, and a value that cannot be read are faults of the options.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    public static ISseHubBuilder UseAkkaCluster(this ISseHubBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Use(builder).BindSseHubSection(configuration);
        return builder;
    }

    /// <summary>
    /// Chooses the engine in the application's own ActorSystem: that of <c>services.AddAkka(name, akka =>
    /// akka.WithRemoting(…).WithClustering(…).WithSseHub(…))</c>. The application joins it, leaves it, and decides what follows when it
    /// ends.
    /// </summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">
    /// An engine was chosen before. Without <c>AddAkka</c> or <c>WithSseHub</c> the hub throws it when it is made.
    /// </exception>
    public static ISseHubBuilder UseActorSystem(this ISseHubBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<GuestHub>();
        return builder.UseEngine(static provider => new AkkaClusterEngine(
            provider.GetService<ActorSystem>() ?? throw new InvalidOperationException(
                "UseActorSystem needs an ActorSystem; call "
                + "services.AddAkka(name, akka => akka.WithRemoting(…).WithClustering(…).WithSseHub())."),
            provider.GetService<ILoggerFactory>()));
    }

    private static OptionsBuilder<AkkaClusterOptions> Use(ISseHubBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.UseEngine(static provider => new AkkaClusterEngine(
            provider.GetRequiredService<IOptions<AkkaClusterOptions>>().Value, provider.GetService<ILoggerFactory>()));
        return builder.Services.AddSseHubOptions<AkkaClusterOptions>(static o => o.Validate());
    }
}
