using System.Net;
using System.Net.Sockets;
using AkkaSse.Server.Hosting;

namespace AkkaSse.Server.Tests;

public sealed class SocketTests
{
    private const int TcpLevel = 6;
    private const int TcpUserTimeout = 18;

    [Fact]
    [Trait("parity", "HTTP-08")]
    public async Task Accepted_connections_inherit_the_bound_and_the_time_of_dead_peers()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        KestrelSetup.Tune(listener, 65_536, TimeSpan.FromSeconds(7));
        listener.Listen();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!);

        using var accepted = await listener.AcceptAsync();

        // The kernel doubles the size for its own bookkeeping.
        accepted.SendBufferSize.ShouldBe(2 * 65_536);
        var value = new byte[4];
        accepted.GetRawSocketOption(TcpLevel, TcpUserTimeout, value).ShouldBe(4);
        BitConverter.ToInt32(value).ShouldBe(14_000);
    }
}
