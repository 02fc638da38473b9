using System.Net;
using System.Net.Sockets;
using Akka.Configuration;

namespace AkkaSse.Cluster.Sockets;

/// <summary>What <see cref="SocketTransport"/> reads of HOCON.</summary>
internal sealed class SocketSettings(Config config)
{
    private readonly int? _sendBuffer = Bytes(config, "send-buffer-size");
    private readonly int? _receiveBuffer = Bytes(config, "receive-buffer-size");
    private readonly bool _noDelay = config.GetBoolean("tcp-nodelay", true);
    private readonly bool _keepAlive = config.GetBoolean("tcp-keepalive", true);
    private readonly AddressFamily _family = config.GetBoolean("dns-use-ipv6") ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    internal string Hostname { get; } = config.GetString("hostname") is { Length: > 0 } host ? host : IPAddress.Any.ToString();

    internal int Port { get; } = config.GetInt("port");

    internal string PublicHostname { get; } = config.GetString("public-hostname") is { Length: > 0 } host ? host
        : config.GetString("hostname") is { Length: > 0 } bound ? bound : IPAddress.Any.ToString();

    /// <summary>Null: the one that is bound.</summary>
    internal int? PublicPort { get; } = config.GetInt("public-port") is > 0 and var port ? port : null;

    internal TimeSpan ConnectTimeout { get; } = config.GetTimeSpan("connection-timeout", TimeSpan.FromSeconds(15));

    internal int Backlog { get; } = config.GetInt("backlog", 4096);

    internal int MaxFrameBytes { get; } = Bytes(config, "maximum-frame-size") ?? 128_000;

    internal void Apply(Socket socket)
    {
        socket.NoDelay = _noDelay;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, _keepAlive);
        if (_sendBuffer is { } send) socket.SendBufferSize = send;
        if (_receiveBuffer is { } receive) socket.ReceiveBufferSize = receive;
    }

    /// <exception cref="SocketException">The name is not known.</exception>
    internal async Task<IPEndPoint> ResolveAsync(string host, int port, CancellationToken cancellation)
    {
        if (IPAddress.TryParse(host, out var literal)) return new IPEndPoint(literal, port);
        var addresses = await Dns.GetHostAddressesAsync(host, cancellation).ConfigureAwait(false);
        var address = Array.Find(addresses, a => a.AddressFamily == _family) ?? addresses.FirstOrDefault()
            ?? throw new SocketException((int)SocketError.HostNotFound);
        return new IPEndPoint(address, port);
    }

    private static int? Bytes(Config config, string path) =>
        config.GetByteSize(path, null) is > 0 and var bytes ? (int)Math.Min(bytes, int.MaxValue) : null;
}
