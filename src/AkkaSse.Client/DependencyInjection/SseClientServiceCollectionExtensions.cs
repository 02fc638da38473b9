using AkkaSse.Client;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers clients of event streams.</summary>
public static class SseClientServiceCollectionExtensions
{
    /// <summary>
    /// Registers a named <see cref="SseClient"/>, made by <see cref="ISseClientFactory.Create"/>, on the application's <see
    /// cref="IHttpClientFactory"/>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name. Registering it again adds to its settings.</param>
    /// <param name="configure">Sets the options; called for every client made.</param>
    /// <returns>The builder of the HTTP client underneath, for handlers of the application's.</returns>
    public static IHttpClientBuilder AddSseClient(this IServiceCollection services, string name, Action<SseClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddSseClient(name, (_, options) => configure(options));
    }

    /// <summary>
    /// Registers a named <see cref="SseClient"/>, made by <see cref="ISseClientFactory.Create"/>, on the application's <see
    /// cref="IHttpClientFactory"/>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name. Registering it again adds to its settings.</param>
    /// <param name="configure">Sets the options, with the application's services at hand; called for every client made.</param>
    /// <returns>The builder of the HTTP client underneath, for handlers of the application's.</returns>
    public static IHttpClientBuilder AddSseClient(
        this IServiceCollection services, string name, Action<IServiceProvider, SseClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddSingleton(new SseClientRegistration(name, configure));
        services.TryAddSingleton<ISseClientFactory, SseClientFactory>();
        return services.AddStreamingHttpClient(SseClientFactory.HttpName(name));
    }

    internal static IHttpClientBuilder AddStreamingHttpClient(this IServiceCollection services, string name) =>
        services.AddHttpClient(name)
            .ConfigureHttpClient(client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() => SseHandlers.Create());
}
