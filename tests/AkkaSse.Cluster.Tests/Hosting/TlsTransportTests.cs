using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Akka.Actor;
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
        using var certificate = stranger == "another authority" ? other.Issue("stranger") : _authority.Issue("stranger", names: ["else.example"]);
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
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate, ClientCertificateRequired = true }, _stop.Token);
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
        _harness.Log.Lines.ShouldContain(l => l.Contains($"No TLS with the node at {place}: ", StringComparison.Ordinal) && l.Contains(says, StringComparison.Ordinal), string.Join('\n', _harness.Log.Lines));
        CoordinatedShutdown.Get(system).ShutdownReason.ShouldBeNull();
        system.WhenTerminated.IsCompleted.ShouldBeFalse();
    }

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
