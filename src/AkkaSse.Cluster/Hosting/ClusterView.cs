using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;

namespace AkkaSse.Cluster.Hosting;

/// <summary>One incarnation of a node, as the node that looks knows it.</summary>
/// <param name="Unique">Its address and uid.</param>
/// <param name="Status">What the cluster has decided about it.</param>
/// <param name="Reachable">Whether the node that looks reaches it. What other nodes observe counts only where this one does not look
/// itself: Akka.NET calls a member unreachable for all when one node does not reach it.</param>
/// <param name="HostsStreams">Whether it has the role <c>akkasse-stream</c>.</param>
internal sealed record ClusterMember(UniqueAddress Unique, MemberStatus Status, bool Reachable, bool HostsStreams)
{
    /// <summary>One incarnation of one node: a node that restarts is another one. <c>akka.tcp://system@host:port#uid</c>.</summary>
    internal string Id { get; } = IdOf(Unique);

    /// <summary>The node's name; null until it has said it.</summary>
    internal string? Name { get; init; }

    /// <summary>The node's actor; null until it has said its name.</summary>
    internal IActorRef? Actor { get; init; }

    /// <summary>The node is leaving: it must get nothing new to hold.</summary>
    internal bool Draining { get; init; }

    internal DateTimeOffset StartedAt { get; init; }

    /// <summary>How the node is reached by people.</summary>
    internal string? PublicAddress { get; init; }

    /// <summary>Takes part in decisions: it has joined, and has not been told to go.</summary>
    internal bool IsMember => Status is MemberStatus.Up or MemberStatus.WeaklyUp or MemberStatus.Leaving;

    internal static string IdOf(UniqueAddress unique) => $"{unique.Address}#{unique.Uid}";
}

/// <summary>
/// Who is in the cluster, as one node knows it. Immutable. The newest is at <see cref="ClusterNode.View"/>; each is published on the
/// ActorSystem's event stream, which actors subscribe to.
/// </summary>
/// <param name="Self">This node.</param>
/// <param name="Members">All members, this one included when it has joined, in the order of their addresses.</param>
internal sealed record ClusterView(UniqueAddress Self, ImmutableArray<ClusterMember> Members)
{
    internal ClusterMember? Me => Find(Self);

    /// <summary>Nodes that hold logs: joined and with the role stream.</summary>
    internal IEnumerable<ClusterMember> StreamNodes => Members.Where(static m => m is { HostsStreams: true, IsMember: true });

    /// <summary>Whether another node stays that can hold what this node holds: it keeps streams, and is not leaving itself.</summary>
    internal bool HasSuccessor
    {
        get
        {
            foreach (var member in Members)
            {
                if (member is { HostsStreams: true, Draining: false, Status: MemberStatus.Up or MemberStatus.WeaklyUp }
                    && !member.Unique.Equals(Self))
                    return true;
            }
            return false;
        }
    }

    internal bool AllReachable => Members.All(static m => m.Reachable || !m.IsMember);

    /// <summary>
    /// Whether this node sees fewer than half of the nodes that hold streams (or half, without the first of them): the side that the
    /// downing strategy keep-majority removes.
    /// </summary>
    internal bool IsMinority
    {
        get
        {
            ClusterMember? first = null;
            int all = 0, reachable = 0;
            foreach (var member in Members)
            {
                if (!member.HostsStreams || !member.IsMember) continue;
                first ??= member;
                all++;
                if (member.Reachable) reachable++;
            }
            return all > 0 && (2 * reachable < all || (2 * reachable == all && !first!.Reachable));
        }
    }

    internal ClusterMember? Find(UniqueAddress unique)
    {
        foreach (var member in Members)
        {
            if (member.Unique.Equals(unique)) return member;
        }
        return null;
    }

    /// <summary>The member with a name; a reachable one where an old incarnation is still listed.</summary>
    internal ClusterMember? Named(string name)
    {
        ClusterMember? found = null;
        foreach (var member in Members)
        {
            if (member.Name == name && (found is null || member.Reachable)) found = member;
        }
        return found;
    }
}
