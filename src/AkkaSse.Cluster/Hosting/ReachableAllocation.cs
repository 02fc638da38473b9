using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Akka.NET's choice of a shard's home, among the nodes that this one reaches. Without it a shard that is asked for while a node is cut off
/// may be given to that node: nobody gets an answer before the cluster has removed it, and one such shard stayed without a home for minutes
/// after that. Called by the coordinator of a region, one call at a time.
/// </summary>
/// <param name="node">Whose view counts: the coordinator runs on it.</param>
/// <param name="inner">Chooses, and moves shards.</param>
internal sealed class ReachableAllocation(ClusterNode node, IShardAllocationStrategy inner) : IActorSystemDependentAllocationStrategy
{
    public void Start(ActorSystem system)
    {
        if (inner is IActorSystemDependentAllocationStrategy dependent) dependent.Start(system);
    }

    public Task<IActorRef> AllocateShard(
        IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations) =>
        inner.AllocateShard(requester, shardId, Reachable(currentShardAllocations, node.View));

    public Task<IImmutableSet<string>> Rebalance(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress) =>
        inner.Rebalance(currentShardAllocations, rebalanceInProgress);

    /// <summary>The regions of nodes that are reached; all of them when no such node has one. Pure.</summary>
    internal static IImmutableDictionary<IActorRef, IImmutableList<string>> Reachable(
        IImmutableDictionary<IActorRef, IImmutableList<string>> regions, ClusterView view)
    {
        var away = view.Members.Where(static m => !m.Reachable).Select(static m => m.Unique.Address).ToHashSet();
        if (away.Count == 0) return regions;
        var left = regions.RemoveRange(regions.Keys.Where(r => away.Contains(r.Path.Address)));
        return left.Count > 0 ? left : regions;
    }
}
