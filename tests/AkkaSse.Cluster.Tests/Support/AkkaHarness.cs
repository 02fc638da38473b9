using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Hosting;
using Akka.Remote.Hosting;
using AkkaSse.Engine.Specs;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster.Tests.Support;

/// <summary>
/// Nodes of one cluster, each an ActorSystem with real remoting on a free loopback port of this process. The first one begins the cluster,
/// the others join it. As guests they work in ActorSystems that an application has made.
/// </summary>
public sealed class AkkaHarness(TimeProvider? time = null, Action<AkkaClusterOptions>? change = null, int others = 0, bool guests = false)
    : IManualTimeHarness
{
    // Faster than in production where only waiting for the next round would be tested; what is decided stays the same.
    private const string Fast = """
        akka {
          loglevel = INFO
          cluster {
            gossip-interval = 100ms
            leader-actions-interval = 100ms
            unreachable-nodes-reaper-interval = 200ms
            periodic-tasks-initial-delay = 50ms
            failure-detector {
              implementation-class = "AkkaSse.Cluster.Tests.Support.GrantedFailureDetector, AkkaSse.Cluster.Tests"
              heartbeat-interval = 200ms
              acceptable-heartbeat-pause = 2s
            }
            split-brain-resolver.stable-after = 1s
            down-removal-margin = 200ms
            sharding.distributed-data.gossip-interval = 100ms
            sharding.distributed-data.notify-subscribers-interval = 50ms
            distributed-data.gossip-interval = 100ms
            distributed-data.notify-subscribers-interval = 50ms
          }
        }
        akkasse {
          singleton.hand-over-retry-interval = 100ms
          sharding {
            retry-interval = 100ms
            coordinator-failure-backoff = 200ms
            rebalance-interval = 1s
          }
        }
        """;

    private readonly List<(EngineNode Node, AkkaClusterEngine Engine)> _nodes = [];
    private readonly List<ServiceProvider> _applications = [];

    /// <summary>What the engines and Akka.NET have logged.</summary>
    public LineLog Log { get; } = new();

    public IReadOnlyList<AkkaClusterEngine> Engines => [.. _nodes.Select(static n => n.Engine)];

    /// <summary>What the application of a guest waits for before it joins a cluster; by default nothing.</summary>
    internal Func<Task> BeforeJoin { get; set; } = static () => Task.CompletedTask;

    /// <summary>
    /// Starts a node and waits until its engine is Ready. A harness made for a spec of one node starts its other nodes before the first one
    /// asked for.
    /// </summary>
    public async ValueTask<EngineNode> StartNodeAsync(string name = "n1", Action<HubOptions>? configure = null)
    {
        while (_nodes.Count < others) await StartOneAsync($"other{_nodes.Count}", configure);
        return await StartOneAsync(name, configure);
    }

    public async ValueTask AdvanceAsync(TimeSpan by)
    {
        ((ManualTimeProvider)time!).Advance(by);
        // What each node would do at its own time.
        foreach (var (_, engine) in _nodes) await engine.SweepAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // At once: a test's end is not a rolling restart, and nodes that are ended one after the other would look for each other.
        await Task.WhenAll(_nodes.Select(static n => n.Engine.DisposeAsync().AsTask()));
        await Task.WhenAll(_nodes.Select(static n => n.Node.DisposeAsync().AsTask()));
        await Task.WhenAll(_applications.Select(static a => a.GetRequiredService<ActorSystem>().Terminate()));
        foreach (var application in _applications) await application.DisposeAsync();
    }

    private async Task<EngineNode> StartOneAsync(string name, Action<HubOptions>? configure)
    {
        var hubOptions = new HubOptions { NodeName = name, AutoCreate = true, OpenTimeout = TimeSpan.FromMinutes(1) };
        configure?.Invoke(hubOptions);
        var engine = guests ? GuestEngine() : OwnEngine();
        var hub = new SseHub(hubOptions, engine, time: time ?? GrantedTime.Instance);
        await hub.StartAsync();
        // On a busy machine it may take a new cluster some seconds until a stream has an owner.
        var node = new EngineNode(hub, engine, others > 0 ? Eventually.Deadline : TimeSpan.Zero);
        _nodes.Add((node, engine));
        await Eventually.Until(
            () => engine.State == EngineState.Ready,
            () => $"the engine of {name} to be ready; it is {engine.State}\n{string.Join('\n', Log.Lines.TakeLast(60))}");
        return node;
    }

    private AkkaClusterEngine OwnEngine()
    {
        var options = new AkkaClusterOptions { Port = 0, Hocon = Fast };
        Set(options);
        options.Seeds = [.. Seeds.Select(static s => s.ToString())];
        change?.Invoke(options);
        return new AkkaClusterEngine(options, Log);
    }

    private AkkaClusterEngine GuestEngine()
    {
        var seeds = Seeds.ToList();
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(Log);
        services.AddAkka("app", akka => akka
            .WithRemoting("127.0.0.1", 0)
            .WithClustering(new ClusterOptions { Roles = ["web"] })
            .WithSseHub(Set)
            .AddHocon(Fast, HoconAddMode.Prepend));
        var application = services.BuildServiceProvider();
        _applications.Add(application);
        var system = application.GetRequiredService<ActorSystem>();
        var cluster = Akka.Cluster.Cluster.Get(system);
        _ = JoinAsync(cluster, seeds.Count > 0 ? seeds[0] : cluster.SelfAddress);
        return new AkkaClusterEngine(system, Log);
    }

    private async Task JoinAsync(Akka.Cluster.Cluster cluster, Address first)
    {
        await BeforeJoin();
        cluster.Join(first);
    }

    // Nodes that a test ends take nothing along: what a leaving node hands over is tested where it is asked for. Appends wait as long as an
    // engine may let them: what an owner's silence leads to is tested where it is silent.
    private static void Set(AkkaEngineOptions options) =>
        (options.LeaveLimit, options.AppendTimeout) = (TimeSpan.Zero, TimeSpan.FromMinutes(1));

    private IEnumerable<Address> Seeds => _nodes.Select(static n => n.Engine.Node?.Self.Address).OfType<Address>();
}
