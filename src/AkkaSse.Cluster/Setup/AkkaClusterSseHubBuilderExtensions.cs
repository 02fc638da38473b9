using AkkaSse.Cluster;
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
