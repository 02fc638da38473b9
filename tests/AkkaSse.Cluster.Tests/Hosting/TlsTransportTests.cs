using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Cluster.Nodes;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests.Hosting;

/// <summary>A node that connects to somebody who does not agree on TLS. Akka.NET alone shuts its ActorSystem down then.</summary>
public sealed class TlsTransportTests : IAsyncLifetime
{
    private readonly TestAuthority _authority = new();
    private readonly TcpListener _stranger = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private AkkaHarness? _harness;
    private Task _serving = Task.CompletedTask;
    private int _connections;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_harness is { } harness) await harness.DisposeAsync();
        await _stop.CancelAsync();
        await _serving;
        _stranger.Dispose();
        _stop.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [InlineData("no TLS", "it speaks no TLS")]
    [InlineData("nothing", "it ended the connection before TLS was agreed on")]
    [InlineData("another authority", "its certificate CN=stranger is signed by CN=another authority, and trusted is CN=test authority")]
    [InlineData("another name", "is for else.example and not for '127.0.0.1'")]
    public async Task Node_goes_on_and_says_why_it_does_not_speak_to_the_other(string stranger, string says)
    {
        using var other = new TestAuthority("another authority");
        using var certificate = stranger == "another authority"
            ? other.Issue("stranger")
            : _authority.Issue("stranger", names: ["else.example"]);
        _stranger.Start();
        _serving = ServeAsync(async stream =>
        {
            if (stranger == "nothing") return;
            if (stranger == "no TLS")
            {
                await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), _stop.Token);
                return;
            }
            await using var tls = new SslStream(stream, leaveInnerStreamOpen: true, static (_, _, _, _) => true);
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = certificate, ClientCertificateRequired = true }, _stop.Token);
            // Nothing of the cluster's comes.
            (await tls.ReadAsync(new byte[1], _stop.Token)).ShouldBe(0);
        });
        _harness = new AkkaHarness(change: o => o.Tls = _authority.Options());
        await using var node = await _harness.StartNodeAsync();
        var system = _harness.Engines[0].Node!.System;
        var place = $"127.0.0.1:{((IPEndPoint)_stranger.LocalEndpoint).Port}";
        var selection = system.ActorSelection($"akka.ssl.tcp://{system.Name}@{place}/user/node");

        // Again and again: the second connection shows that the node has outlived the first.
        await Eventually.Until(() =>
        {
            selection.Tell(SeedQuestion.Instance);
            return Volatile.Read(ref _connections) >= 3;
        }, () => $"three connections; there were {_connections}\n{string.Join('\n', _harness.Log.Lines)}");
        _harness.Log.Lines.ShouldContain(l => l.Contains($"No TLS with the node at {place}: ", StringComparison.Ordinal)
            && l.Contains(says, StringComparison.Ordinal), string.Join('\n', _harness.Log.Lines));
        CoordinatedShutdown.Get(system).ShutdownReason.ShouldBeNull();
        system.WhenTerminated.IsCompleted.ShouldBeFalse();
    }

    /// <summary>The engine tries again until the port is free.</summary>
    [Fact]
    public async Task Ten_starts_at_a_port_that_is_taken_leave_no_transport_behind()
    {
        _stranger.Start();
        var options = Options();
        using var tls = TlsNode.Start(options.Tls, new LineLog(), TimeProvider.System)!;
        ActorSystem Start() =>
            ActorSystem.Create(options.SystemName, TlsNode.Add(
                ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(ClusterHocon.Compose(options))), tls));
        for (var i = 0; i < 10; i++) Should.Throw<Exception>(Start).ToString().ShouldContain("Address already in use");
        await Eventually.Until(() => tls.Transports == 0, () => $"no transport; there are {tls.Transports}");

        options.Port = 0;
        var system = Start();
        tls.Transports.ShouldBe(1, "of a node that runs");
        await system.Terminate();
        await Eventually.Until(() => tls.Transports == 0, () => $"no transport of a node that ended; there are {tls.Transports}");
    }

    /// <summary>Whatever becomes of the ActorSystem of the node.</summary>
    [Theory]
    [InlineData("", "Address already in use")]
    [InlineData("enable-ssl = off", "speaks tcp and not TLS")]
    public async Task Transport_that_fails_ends_its_own_actor_system_while_the_nodes_goes_on(string hocon, string says)
    {
        _stranger.Start();
        var options = Options();
        using var tls = TlsNode.Start(options.Tls, new LineLog(), TimeProvider.System)!;
        var system = ActorSystem.Create("node", TlsNode.Add(ActorSystemSetup.Create(), tls));
        var config = ConfigurationFactory.ParseString(hocon).WithFallback(
            ClusterHocon.Compose(options).WithFallback(
            ConfigurationFactory.FromResource("Akka.Remote.Configuration.Remote.conf", typeof(Akka.Remote.Transport.Transport).Assembly))
            .GetConfig("akka.remote.dot-netty.tcp"));
        for (var i = 0; i < 10; i++)
            (await Should.ThrowAsync<Exception>(async () => await new TlsTransport(system, config).Listen())).ToString()
                .ShouldContain(says);
        await Eventually.Until(() => tls.Transports == 0, () => $"no transport; there are {tls.Transports}");
        system.WhenTerminated.IsCompleted.ShouldBeFalse();
        await system.Terminate();
    }

    // Of a node whose port a stranger has.
    private AkkaClusterOptions Options() => new() { Port = ((IPEndPoint)_stranger.LocalEndpoint).Port, Tls = _authority.Options() };

    private async Task ServeAsync(Func<NetworkStream, Task> serve)
    {
        while (true)
        {
            try
            {
                using var socket = await _stranger.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                await using var stream = new NetworkStream(socket);
                await serve(stream);
            }
            catch (Exception e) when (e is IOException or AuthenticationException)
            {
                // The node ended the connection.
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
