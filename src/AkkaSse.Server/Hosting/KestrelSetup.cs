using System.Net;
using System.Net.Sockets;
using AkkaSse.Server.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace AkkaSse.Server.Hosting;

/// <summary>Kestrel as a host of many long responses.</summary>
internal static class KestrelSetup
{
    private const int TcpLevel = 6;
    private const int TcpUserTimeout = 18;
    private const int MaxBacklog = 65_535;

    internal static void Apply(WebApplicationBuilder builder, EffectiveSettings settings)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = null;
            kestrel.Limits.MaxConcurrentUpgradedConnections = null;
            // A quiet stream is not a slow reader; the hub's write timeout and tolerance decide who is one.
            kestrel.Limits.MinResponseDataRate = null;
            // The edge bounds bodies itself: it knows the limit of each call and drains a refused body so that the sender can read the
            // answer.
            kestrel.Limits.MaxRequestBodySize = null;
            // Browsers and proxies put all streams of a page on one connection; 100 would be the 101st tab's silence.
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1_000;
            // The access log has a line per request when it ends: for a stream that is when the reader has gone.
            if (settings.Server.ConnectionDetach && !settings.Server.AccessLog)
                kestrel.ConfigureEndpointDefaults(static endpoint => endpoint.UseSseConnectionDetach());
        });
        builder.WebHost.UseSockets(sockets => Apply(sockets, settings));
        // Nothing in this process blocks on a reader's way in.
        builder.WebHost.UseSseAcceptThrottle();
    }

    private static void Apply(SocketTransportOptions sockets, EffectiveSettings settings)
    {
        sockets.NoDelay = true;
        // The default of 512 makes most of a storm of connects wait 1 s for their second SYN; the kernel cuts this to net.core.somaxconn.
        sockets.Backlog = MaxBacklog;
        // Reads and writes continue on the thread that completed them: see InlineCompletions for the measurement and the condition.
        sockets.UnsafePreferInlineScheduling = settings.Server.Inline;
        sockets.CreateBoundListenSocket = endpoint =>
        {
            var socket = Bind(endpoint);
            if (endpoint is IPEndPoint) Tune(socket, settings.Server.SendBufferBytes, settings.Hub.Heartbeat);
            return socket;
        };
    }

    private static Socket Bind(EndPoint endpoint)
    {
        try
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        }
        catch (SocketException e)
        {
            StartFailures.KeepEndpoint(e, endpoint);
            throw;
        }
    }

    // Set on the listening socket, because accepted sockets inherit both, and an accepted one would be tuned only after its window was
    // announced.
    internal static void Tune(Socket socket, int sendBuffer, TimeSpan heartbeat)
    {
        if (sendBuffer > 0) socket.SendBufferSize = sendBuffer;
        // A peer that vanished without a word acknowledges nothing: the kernel ends the connection after two heartbeats instead of after 15
        // minutes.
        if (!OperatingSystem.IsLinux() || heartbeat == TimeSpan.Zero) return;
        Span<byte> value = stackalloc byte[sizeof(int)];
        BitConverter.TryWriteBytes(value, (int)(2 * heartbeat.TotalMilliseconds));
        socket.SetRawSocketOption(TcpLevel, TcpUserTimeout, value);
    }
}
