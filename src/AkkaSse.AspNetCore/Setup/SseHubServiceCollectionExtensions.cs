using System.Diagnostics.CodeAnalysis;
using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the hub to an application.</summary>
public static class SseHubServiceCollectionExtensions
{
    /// <summary>
    /// Adds a hub with the in-process engine: <see cref="SseHub"/>, <see cref="ISseHub"/> and <see cref="IHubEdge"/> as singletons, and a
    /// hosted service that starts it before the server listens and drains it before the server closes connections. Its clock is the
    /// container's <see cref="TimeProvider"/>, where there is one.
    /// </summary>
    /// <remarks>
    /// The options are <see cref="IOptions{TOptions}"/> of <see cref="HubOptions"/>: what the application configures besides
    /// (<c>services.Configure&lt;HubOptions&gt;(…)</c>) holds too.
    /// </remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets options. All faults are listed in one <see cref="OptionsValidationException"/> at start.</param>
    /// <returns>A builder that chooses engine, observers, authorizer and error writer. Calling this again adds options and returns the
    /// same kind of builder.</returns>
    public static ISseHubBuilder AddSseHub(this IServiceCollection services, Action<HubOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (configure is not null) services.Configure(configure);
        return Add(services);
    }

    /// <summary>
    /// Adds a hub like <see cref="AddSseHub(IServiceCollection, Action{HubOptions}?)"/>, with options from the configuration.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configuration">
    /// The section, like <c>builder.Configuration.GetSection("Hub")</c>. Durations are written like <c>15s</c> or <c>00:00:15</c>. A key
    /// that is no option, null where an option has none, and a value that cannot be read are faults of the options.
    /// </param>
    /// <returns>The builder that the other overload returns.</returns>
    [RequiresUnreferencedCode("Options are read by reflection.")]
    public static ISseHubBuilder AddSseHub(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        AddOptions(services).BindSseHubSection(configuration);
        return Add(services);
    }

    private static OptionsBuilder<HubOptions> AddOptions(IServiceCollection services) =>
        services.AddSseHubOptions<HubOptions>(static o => o.Validate());

    private static SseHubBuilder Add(IServiceCollection services)
    {
        if (services.Any(s => s.ServiceType == typeof(SseHub))) return new SseHubBuilder(services);

        AddOptions(services);
        services.AddSingleton(static provider => new SseHub(
            provider.GetRequiredService<IOptions<HubOptions>>().Value,
            provider.GetService<SseHubBuilder.EngineFactory>()?.Create(provider),
            provider.GetServices<IHubObserver>(),
            provider.GetService<ILogger<SseHub>>(),
            provider.GetService<TimeProvider>()));
        services.AddSingleton<ISseHub>(static provider => provider.GetRequiredService<SseHub>());
        services.AddSingleton<IHubEdge>(static provider => provider.GetRequiredService<SseHub>());
        services.AddSingleton<HubMappings>();
        services.AddSingleton<IApiDescriptionProvider, HubApiDescriptions>();
        services.AddSingleton<IPostConfigureOptions<KestrelServerOptions>, LastEventId.Encodings>();
        services.TryAddSingleton<IHubErrorWriter, ProblemErrorWriter>();
        services.AddHostedService<HubLifetimeService>();
        return new SseHubBuilder(services);
    }
}
