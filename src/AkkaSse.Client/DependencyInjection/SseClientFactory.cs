using Microsoft.Extensions.Logging;

namespace AkkaSse.Client;

/// <summary>One named registration.</summary>
internal sealed record SseClientRegistration(string Name, Action<IServiceProvider, SseClientOptions> Configure);

/// <summary>
/// Clients on the application's <see cref="IHttpClientFactory"/>: each attempt takes an HTTP client of its own, so that handlers rotate.
/// </summary>
internal sealed class SseClientFactory(
    IServiceProvider services, IHttpClientFactory clients, ILoggerFactory logs, IEnumerable<SseClientRegistration> registrations)
    : ISseClientFactory
{
    public SseClient Create(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var options = new SseClientOptions { LoggerFactory = logs };
        var found = false;
        foreach (var registration in registrations.Where(r => r.Name == name))
        {
            found = true;
            registration.Configure(services, options);
        }

        if (!found)
        {
            throw new ArgumentException(
                $"No SSE client named '{name}' is registered; call services.AddSseClient(\"{name}\", ...).", nameof(name));
        }

        if (options.HttpClient is null && options.Handler is null)
        {
            options.HttpClientFactory = () => clients.CreateClient(HttpName(name));
        }

        return new SseClient(options);
    }

    public static string HttpName(string name) => "AkkaSse.Client:" + name;
}
