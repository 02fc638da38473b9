using System.Net;
using System.Net.Sockets;
using AkkaSse.Server.Hosting;

namespace AkkaSse.Server.Health;

/// <summary>A server that is to be asked whether it is ready.</summary>
/// <param name="Url">The question.</param>
/// <param name="Name">The server, for people.</param>
internal sealed record HealthTarget(Uri Url, string Name)
{
    // An answer has some 100 bytes.
    private const int MaxAnswerBytes = 64 << 10;

    private string? UnixSocket { get; init; }

    private bool IsOwn { get; init; }

    /// <summary>A server that somebody has named.</summary>
    internal static HealthTarget Of(Uri server) => new(new Uri(server.AbsoluteUri.TrimEnd('/') + "/healthz/ready"), server.AbsoluteUri);

    /// <summary>The server that listens here, seen from this machine; null with a fault where nobody can know its port.</summary>
    internal static HealthTarget? Of(ListenUrl listen, List<string> faults)
    {
        var address = BindingAddress.Parse(listen.Url);
        if (address.IsUnixPipe)
            return Of(new Uri("http://localhost")) with { Name = listen.Url, UnixSocket = address.UnixPipePath };
        if (address.Port == 0)
        {
            faults.Add($"{listen.Key} is '{listen.Url}', where the system chooses the port; healthcheck needs the url, like healthcheck "
                + "http://127.0.0.1:8080.");
            return null;
        }
        var url = new Uri($"{address.Scheme}://{Reachable(address.Host)}:{address.Port}");
        return Of(url) with { Name = listen.Url, IsOwn = true };
    }

    /// <summary>A client that goes straight to the server.</summary>
    internal HttpClient CreateClient()
    {
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        if (UnixSocket is { } path)
        {
            handler.ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }
#pragma warning disable CA5359 // The certificate is for the name by which others know the server; a secret is neither sent nor got.
        if (IsOwn) handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        return new HttpClient(handler)
        {
            // The caller has a limit of its own.
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
    }

    // All addresses, which every name but localhost means too, are reached by loopback.
    private static string Reachable(string host) => host.Trim('[', ']') switch
    {
        var text when IPAddress.TryParse(text, out var ip) => ip.Equals(IPAddress.Any) ? "127.0.0.1"
            : ip.Equals(IPAddress.IPv6Any) ? "[::1]"
            : ip.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{text}]" : text,
        "localhost" => "localhost",
        _ => "127.0.0.1",
    };
}
