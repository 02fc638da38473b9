using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using AkkaSse.Cluster.Hosting;

namespace AkkaSse.Cluster.Tests.Hosting;

/// <summary>Which nodes may get a shard.</summary>
public sealed class ReachableAllocationTests
{
    private static readonly Address s_own = Of(1);

    [Theory]
    // Reached or not, per node; the first is the one that looks, and its own region has no address.
    [InlineData("+++", "123")]
    [InlineData("++-", "12")]
    [InlineData("+--", "1")]
    public void Shards_go_to_nodes_that_are_reached_as_long_as_there_is_one(string reached, string expected)
    {
        var regions = reached.Select((_, i) => (IActorRef)new Region(i == 0 ? Address.AllSystems : Of(i + 1), i + 1))
            .ToImmutableDictionary(static r => r, static _ => (IImmutableList<string>)ImmutableList<string>.Empty);
        var view = new ClusterView(new UniqueAddress(s_own, 1), [.. reached.Select((c, i) => Member(i + 1, c == '+'))]);
        var left = ReachableAllocation.Reachable(regions, view);
        string.Concat(left.Keys.OfType<Region>().Select(static r => r.Number).Order()).ShouldBe(expected);
    }

    [Fact]
    public void Where_no_node_is_reached_all_may_get_it()
    {
        var regions = Enumerable.Range(2, 2).Select(static i => (IActorRef)new Region(Of(i), i))
            .ToImmutableDictionary(static r => r, static _ => (IImmutableList<string>)ImmutableList<string>.Empty);
        var view = new ClusterView(new UniqueAddress(s_own, 1), [Member(2, false), Member(3, false)]);
        ReachableAllocation.Reachable(regions, view).Count.ShouldBe(2);
    }

    private static Address Of(int number) => new("akka.tcp", "test", "127.0.0.1", number);

    private static ClusterMember Member(int number, bool reachable) =>
        new(new UniqueAddress(Of(number), number), MemberStatus.Up, reachable, HostsStreams: true);

    private sealed class Region(Address address, int number) : MinimalActorRef
    {
        internal int Number => number;

        public override ActorPath Path { get; } = new RootActorPath(address) / $"region{number}";

        public override IActorRefProvider Provider => throw new NotSupportedException();
    }
}
