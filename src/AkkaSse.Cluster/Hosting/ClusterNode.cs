using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using AkkaSse.Cluster.Batching;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster.Hosting;

/// <summary>One incarnation of this node: an ActorSystem from its start to its end. Thread-safe.</summary>
internal sealed class ClusterNode
{
    // Before the names of an application's own regions.
    private const string RegionPrefix = "akkasse-";

    private volatile ClusterView _view;
    private long _refusedAt;
    private long _refusedFor;

    internal ClusterNode(EngineContext context, ActorSystem system)
    {
        Context = context;
        System = system;
        Cluster = Akka.Cluster.Cluster.Get(system);
        _view = new ClusterView(Cluster.SelfUniqueAddress, []);
        Batches = new NodeBatches((ExtendedActorSystem)system, Self.Address, Logger);
    }

    internal EngineContext Context { get; }

    internal ActorSystem System { get; }

    internal Akka.Cluster.Cluster Cluster { get; }

    /// <summary>How this node's actors talk with those of others.</summary>
    internal NodeBatches Batches { get; }

    internal UniqueAddress Self => Cluster.SelfUniqueAddress;

    /// <summary><see cref="ClusterMember.Id"/> of this incarnation.</summary>
    internal string Id => ClusterMember.IdOf(Self);

    internal ILogger Logger => Context.Logger;

    /// <summary>The membership as it is known here now.</summary>
    internal ClusterView View => _view;

    /// <summary>
    /// Starts a region of entities, or a proxy to it where this node hosts none. Messages are <see cref="IEntityMessage"/>, or the engine's
    /// own query messages of Akka.
    /// </summary>
    /// <param name="type">The region's name, the same on all nodes.</param>
    /// <param name="entity">Makes an entity's props from its name.</param>
    /// <param name="stop">What an entity gets when its shard moves away; it stops itself then.</param>
    internal IActorRef StartRegion(string type, Func<string, Props> entity, object stop)
    {
        var sharding = ClusterSharding.Get(System);
        var extractor = new EntityExtractor(Context.Options.Shards);
        if (!Context.Options.HostsStreams) return sharding.StartProxy(RegionPrefix + type, ClusterRoles.Stream, extractor);
        var settings = RegionSettings();
        var allocation = ShardAllocationStrategy.LeastShardAllocationStrategy(
            settings.TuningParameters.LeastShardAllocationAbsoluteLimit, settings.TuningParameters.LeastShardAllocationRelativeLimit);
        return sharding.Start(RegionPrefix + type, entity, settings, extractor, new ReachableAllocation(this, allocation), stop);
    }

    // What the engine cannot do without is set here and not in HOCON, where the application's own regions have theirs.
    private ClusterShardingSettings RegionSettings()
    {
        var config = System.Settings.Config;
        return ClusterShardingSettings.Create(
                config.GetConfig("akkasse.sharding").WithFallback(config.GetConfig("akka.cluster.sharding")),
                config.GetConfig("akkasse.singleton").WithFallback(config.GetConfig("akka.cluster.singleton")))
            .WithRole(ClusterRoles.Stream)
            .WithStateStoreMode(StateStoreMode.DData)
            .WithRememberEntities(false)
            // Idle entities are stopped by themselves, where they know whether anybody reads.
            .WithPassivateIdleAfter(TimeSpan.Zero);
    }

    /// <summary>For so long from now the others take this node for a stranger: another one has its name.</summary>
    internal void Refuse(TimeSpan time)
    {
        var clock = Context.Time;
        Volatile.Write(ref _refusedAt, clock.GetTimestamp());
        Volatile.Write(ref _refusedFor, time.Ticks);
        // Looked at again when it may be over.
        _ = Task.Delay(time + TimeSpan.FromMilliseconds(50), clock).ContinueWith(
            _ => RefusalChanged(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        RefusalChanged();
    }

    /// <summary>Whether another node has this one's name.</summary>
    internal bool IsRefused =>
        Volatile.Read(ref _refusedFor) is > 0 and var ticks && Context.Time.GetElapsedTime(Volatile.Read(ref _refusedAt)).Ticks < ticks;

    /// <summary>Called when <see cref="IsRefused"/> may have changed.</summary>
    internal Action RefusalChanged { get; init; } = static () => { };

    /// <summary>Called by the node's actor alone.</summary>
    internal void Publish(ClusterView view)
    {
        _view = view;
        System.EventStream.Publish(view);
    }
}
