using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Event;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Cluster.Nodes;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests.Nodes;

/// <summary>What proves that a member has crashed, and who decides.</summary>
public sealed class CrashTests
{
    [Theory]
    // Members in order, the last one suspected: u sees the port closed, o sees nothing, x cannot be reached, e is an edge.
    [InlineData("uux", true)]
    [InlineData("uox", false)]
    [InlineData("ux", false)]
    [InlineData("uuuxx", true)]
    [InlineData("uuxxx", false)]
    [InlineData("uuox", false)]
    [InlineData("uuex", true)]
    [InlineData("ueeex", false)]
    [InlineData("ue", false)]
    [InlineData("uue", true)]
    [InlineData("uuou", false)]
    [InlineData("uuuou", true)]
    public void More_than_half_of_all_nodes_with_streams_decide(string nodes, bool certain)
    {
        var members = nodes.Select(static (c, i) => new ClusterMember(Node(i), MemberStatus.Up, c != 'x', c != 'e')).ToImmutableArray();
        var witnesses = members.Where((_, i) => nodes[i] is 'u' or 'e' && i < nodes.Length - 1).Select(static m => m.Unique).ToHashSet();

        CrashRules.IsCertain(new ClusterView(Node(0), members), Node(nodes.Length - 1), witnesses).ShouldBe(certain);
    }

    [Fact]
    public void Member_that_is_gone_is_not_downed_again() =>
        CrashRules.IsCertain(new ClusterView(Node(0), [new ClusterMember(Node(0), MemberStatus.Up, true, true)]), Node(1),
            new HashSet<UniqueAddress> { Node(0) })
            .ShouldBeFalse();

    [Fact]
    public async Task Port_is_open_while_something_listens_and_refused_afterwards()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var address = new Address("akka.tcp", "s", "127.0.0.1", ((IPEndPoint)listener.LocalEndPoint!).Port);

        // Nobody accepts, as in a frozen process: the kernel does.
        (await PortProbe.LookAsync(address, default)).ShouldBe(PortState.Open);
        listener.Dispose();
        (await PortProbe.LookAsync(address, default)).ShouldBe(PortState.Refused);
        (await PortProbe.LookAsync(new Address("akka", "s"), default)).ShouldBe(PortState.Unknown);
        (await PortProbe.LookAsync(new Address("akka.tcp", "s", "host.invalid", 1), default)).ShouldBe(PortState.Unknown);
    }

    [Fact]
    public void Failure_detector_takes_an_address_with_evidence_for_lost_until_it_is_withdrawn()
    {
        var events = new EventStream(false);
        var config = ConfigurationFactory.ParseString(
            "threshold = 8, max-sample-size = 100, min-std-deviation = 100ms, acceptable-heartbeat-pause = 60s, heartbeat-interval = " +
            "1s, expected-response-after = 1s");
        var detector = new CrashAwareFailureDetector(config, events) { Address = Node(1).Address.ToString() };
        detector.HeartBeat();
        detector.IsAvailable.ShouldBeTrue();

        CrashEvidence.Of(events).Add(Node(1).Address);
        detector.IsAvailable.ShouldBeFalse();
        CrashEvidence.Of(new EventStream(false)).Has(Node(1).Address.ToString()).ShouldBeFalse("it is another ActorSystem's");
        CrashEvidence.Of(events).Remove(Node(1).Address);
        detector.IsAvailable.ShouldBeTrue();
    }

    private static UniqueAddress Node(int i) => new(new Address("akka.tcp", "s", "10.0.0.1", 1_000 + i), i + 1);
}
