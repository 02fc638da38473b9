using AkkaSse.Client;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the publishing client.</summary>
public static class SseHubClientServiceCollectionExtensions
{
    private const string HttpName = "AkkaSse.Client.Hub";

    /// <summary>
    /// Registers one <see cref="SseHubClient"/> on the application's <see cref="IHttpClientFactory"/>; the container disposes it, which
    /// sends what is pending.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>The builder of the HTTP client underneath, for handlers of the application's.</returns>
    public static IHttpClientBuilder AddSseHubClient(this IServiceCollection services, Action<SseHubClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.TryAddSingleton(provider =>
        {
            var options = new SseHubClientOptions { LoggerFactory = provider.GetService<ILoggerFactory>() };
            configure(options);
            if (options.HttpClient is null && options.Handler is null)
            {
                var clients = provider.GetRequiredService<IHttpClientFactory>();
                options.HttpClientFactory = () => clients.CreateClient(HttpName);
            }

            return new SseHubClient(options);
        });
        return services.AddStreamingHttpClient(HttpName);
    }
}
