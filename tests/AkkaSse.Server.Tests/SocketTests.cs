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

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("app.localhost", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.8.9.10", true)]
    [InlineData("[::1]", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("[::]", false)]
    [InlineData("localhost.example", false)]
    [InlineData("127.0.0.1.example", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("", false)]
    public void Loopback_is_only_what_no_other_host_can_reach(string host, bool expected) => ListenUrls.IsLoopback(host).ShouldBe(expected);
}
