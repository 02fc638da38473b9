using System.Collections.Concurrent;
using Akka.Actor;
using AkkaSse.Cluster.Hosting;

namespace AkkaSse.Cluster.Replication;

/// <summary>The nodes that hold logs, for the shells of one component in one ActorSystem. Thread-safe.</summary>
/// <param name="node">This node.</param>
/// <param name="hostName">The replica hosts' name below <c>/user</c>.</param>
internal sealed class ReplicaPeers(ClusterNode node, string hostName)
{
    private readonly ConcurrentDictionary<string, IActorRef> _hosts = new(StringComparer.Ordinal);
    private volatile Tuple<ClusterView, MemberView>? _newest;
    private long _numbers;

    internal NodeId Self { get; } = IdOf(node.Self);

    internal ClusterNode Node => node;

    /// <summary>Milliseconds that only grow, for what is repeated or given up: the mechanism's clock, not the events'.</summary>
    internal static long Now => Environment.TickCount64;

    /// <summary>A number that this node gives once.</summary>
    internal long NextNumber() => Interlocked.Increment(ref _numbers);

    /// <summary>The replica host of a node, whoever runs there now: messages name the incarnation.</summary>
    internal IActorRef HostOf(NodeId id) => HostAt(id.Address);

    internal IActorRef HostAt(string address) =>
        _hosts.GetOrAdd(address, static (address, a) => ((ExtendedActorSystem)a.node.System).Provider.ResolveActorRef(
            $"{address}/user/{a.hostName}"), (node, hostName));

    /// <summary>Whether an incarnation was removed, or is not known yet: its messages are not listened to.</summary>
    internal bool IsMember(NodeId id)
    {
        foreach (var member in MembersOf(node.View).Members)
        {
            if (member == id) return true;
        }
        return id == Self;
    }

    /// <summary>
    /// Everybody with the role who was not removed counts, whatever its status: it may hold what it was given. Only those that have joined,
    /// are reachable and want to stay get anything new.
    /// </summary>
    internal MemberView MembersOf(ClusterView view)
    {
        if (_newest is { } newest && ReferenceEquals(view, newest.Item1)) return newest.Item2;
        List<NodeId> all = [], away = [], leaving = [];
        foreach (var member in view.Members)
        {
            if (!member.HostsStreams) continue;
            var id = IdOf(member.Unique);
            all.Add(id);
            // Nobody is there who would answer, before a hub has said its name.
            if (!member.Reachable || member.Name is null || member.Status is Akka.Cluster.MemberStatus.Joining
                or Akka.Cluster.MemberStatus.WeaklyUp or Akka.Cluster.MemberStatus.Down)
                away.Add(id);
            if (member.Draining || member.Status is Akka.Cluster.MemberStatus.Leaving or Akka.Cluster.MemberStatus.Exiting) leaving.Add(id);
        }
        var members = new MemberView(all, away, leaving);
        _newest = Tuple.Create(view, members);
        return members;
    }

    private static NodeId IdOf(Akka.Cluster.UniqueAddress unique) => new(unique.Address.ToString(), unique.Uid);
}
