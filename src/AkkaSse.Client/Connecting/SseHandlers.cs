using System.Text;

namespace AkkaSse.Client;

/// <summary>The built-in HTTP handler, fit for streams that never end.</summary>
internal static class SseHandlers
{
    // Long enough to reuse connections for publishing, short enough that a changed DNS entry is followed.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    public static SocketsHttpHandler Create(SseClientOptions? options = null)
    {
        var handler = new SocketsHttpHandler
        {
            // Redirects are followed by Connector, which keeps the authorization on its origin.
            AllowAutoRedirect = false,
            PooledConnectionLifetime = ConnectionLifetime,
            EnableMultipleHttp2Connections = true,

            // Disposing an endless response would otherwise read on for up to 2 s in the hope of reusing its connection.
            ResponseDrainTimeout = TimeSpan.Zero,
            MaxResponseDrainSize = 0,

            // WHATWG HTML section 9.2.3: the last event id is sent as UTF-8. Everything else stays ASCII.
            RequestHeaderEncodingSelector = static (name, _) =>
                name.Equals("Last-Event-ID", StringComparison.OrdinalIgnoreCase) ? Encoding.UTF8 : null,
        };
        if (options?.Proxy is { } proxy)
        {
            handler.Proxy = proxy;
        }

        if (options?.SkipTlsVerification == true)
        {
#pragma warning disable CA5359 // What the option SkipTlsVerification says, off by default.
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        return handler;
    }

    public static HttpClient CreateClient(HttpMessageHandler handler, bool dispose) => new(handler, dispose)
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestVersion = System.Net.HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };
}
