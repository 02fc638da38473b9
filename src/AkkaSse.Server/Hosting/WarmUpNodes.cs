using System.Net;
using System.Net.Sockets;
using AkkaSse.Cluster;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Security;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace AkkaSse.Server.Hosting;

/// <summary>
/// What a warm-up plays on: a hub in memory, or with the engine akka a cluster of two nodes in this process, so that remoting, replication
/// and the hand-over of a leaving node are compiled too. Everything is on free loopback ports.
/// </summary>
internal sealed class WarmUpNodes : IAsyncDisposable
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(10);

    private readonly List<WebApplication> _nodes = [];

    /// <summary>Where the first node listens.</summary>
    internal Uri First => AddressOf(_nodes[0]);

    /// <summary>Where the last one does; with one node the same.</summary>
    internal Uri Last => AddressOf(_nodes[^1]);

    /// <summary>Builds and starts the nodes, and waits until they serve.</summary>
    /// <exception cref="IOException">A port was taken, or an engine did not come up within 10 s.</exception>
    internal async Task StartAsync(EffectiveSettings settings)
    {
        if (settings.Server.Engine == "akka")
        {
            var seed = FreePort();
            await StartAsync(settings, "warm-up-1", hub => hub.UseAkkaCluster(akka => Configure(akka, seed, seed)));
            await StartAsync(settings, "warm-up-2", hub => hub.UseAkkaCluster(akka => Configure(akka, 0, seed)));
            return;
        }
        await StartAsync(settings, "warm-up", static _ => { });
    }

    /// <summary>The nodes leave one after the other.</summary>
    internal async Task StopAsync()
    {
        for (var i = _nodes.Count - 1; i >= 0; i--) await _nodes[i].StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = _nodes.Count - 1; i >= 0; i--) await _nodes[i].DisposeAsync();
    }

    // Membership in rounds of 50 ms: forming a cluster is waiting for rounds.
    private static void Configure(AkkaClusterOptions akka, int port, int seed)
    {
        akka.Port = port;
        akka.Seeds = [$"127.0.0.1:{seed}"];
        akka.Hocon = """
            akka.cluster {
              gossip-interval = 50ms
              leader-actions-interval = 50ms
              periodic-tasks-initial-delay = 50ms
              sharding.distributed-data.gossip-interval = 50ms
            }
            akkasse {
              singleton.hand-over-retry-interval = 50ms
              sharding.retry-interval = 50ms
            }
            """;
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static Uri AddressOf(WebApplication node) =>
        new(node.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    private async Task StartAsync(EffectiveSettings settings, string name, Action<ISseHubBuilder> engine)
    {
        var node = Build(settings, name, engine);
        _nodes.Add(node);
        try
        {
            await node.StartAsync();
        }
        catch (InvalidOperationException fault)
        {
            // So an engine says that it has no port.
            throw new IOException(fault.Message, fault);
        }
        var hub = node.Services.GetRequiredService<IHubEdge>();
        for (var began = TimeProvider.System.GetTimestamp(); hub.EngineState != EngineState.Ready; await Task.Delay(10))
        {
            if (TimeProvider.System.GetElapsedTime(began) > ReadyLimit)
                throw new IOException($"the engine of {name} was {hub.EngineState} after {ReadyLimit.TotalSeconds:0} s.");
        }
    }

    private static WebApplication Build(EffectiveSettings settings, string name, Action<ISseHubBuilder> engine)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        KestrelSetup.Apply(builder, settings);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        engine(builder.Services.AddSseHub(hub => (hub.AutoCreate, hub.DrainWindow, hub.NodeName) = (true, TimeSpan.Zero, name)));
        var app = builder.Build();
        Guard.Use(app, settings);
        app.MapSseHub(static edge => edge.AllowAnonymousClientIds = true);
        return app;
    }

    // Signals are for the server.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
