using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster.Hosting;

/// <summary>One incarnation of this node: an ActorSystem from its start to its end. Thread-safe.</summary>
internal sealed class ClusterNode
{
    private volatile ClusterView _view;

    internal ClusterNode(EngineContext context, ActorSystem system)
    {
        Context = context;
        System = system;
        Cluster = Akka.Cluster.Cluster.Get(system);
        _view = new ClusterView(Cluster.SelfUniqueAddress, []);
    }

    internal EngineContext Context { get; }

    internal ActorSystem System { get; }

    internal Akka.Cluster.Cluster Cluster { get; }

    internal UniqueAddress Self => Cluster.SelfUniqueAddress;

    /// <summary><see cref="ClusterMember.Id"/> of this incarnation.</summary>
    internal string Id => ClusterMember.IdOf(Self);

    internal ILogger Logger => Context.Logger;

    /// <summary>The membership as it is known here now.</summary>
    internal ClusterView View => _view;

    /// <summary>
    /// Starts a region of entities, or a proxy to it where this node hosts none. Messages are <see cref="IEntityMessage"/>, or the engine's own query messages of Akka.
    /// </summary>
    /// <param name="type">The region's name, the same on all nodes.</param>
    /// <param name="entity">Makes an entity's props from its name.</param>
    /// <param name="stop">What an entity gets when its shard moves away; it stops itself then.</param>
    internal IActorRef StartRegion(string type, Func<string, Props> entity, object stop)
    {
        var sharding = ClusterSharding.Get(System);
        var extractor = new EntityExtractor(Context.Options.Shards);
        if (!Context.Options.HostsStreams) return sharding.StartProxy(type, AkkaClusterOptions.StreamRole, extractor);
        var settings = ClusterShardingSettings.Create(System);
        var allocation = ShardAllocationStrategy.LeastShardAllocationStrategy(settings.TuningParameters.LeastShardAllocationAbsoluteLimit, settings.TuningParameters.LeastShardAllocationRelativeLimit);
        return sharding.Start(type, entity, settings, extractor, allocation, stop);
    }

    /// <summary>Called by the node's actor alone.</summary>
    internal void Publish(ClusterView view)
    {
        _view = view;
        System.EventStream.Publish(view);
    }
}
