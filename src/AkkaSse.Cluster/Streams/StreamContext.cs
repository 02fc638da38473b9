using Akka.Actor;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Cluster.Replication;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Streams;

/// <summary>What the actors of streams share in one ActorSystem. Thread-safe.</summary>
internal sealed class StreamContext(ClusterNode node, ReplicaPeers peers, StreamKind kind, StreamCensus census)
{
    internal ClusterNode Node => node;

    internal ReplicaPeers Peers => peers;

    internal StreamKind Kind => kind;

    internal StreamCensus Census => census;

    internal StreamLines Lines { get; } = new(node.Context.Options.LineBytes);

    internal HubOptions Options => node.Context.Host.Options;

    /// <summary>How long an owner may take to answer, in milliseconds.</summary>
    internal required long AnswerTimeout { get; init; }

    internal IActorRef Region { get; set; } = ActorRefs.Nobody;

    /// <summary>Bytes of the copies of logs on this node, as of the last sweep.</summary>
    internal long CopyBytes
    {
        get => Volatile.Read(ref _copyBytes);
        set => Volatile.Write(ref _copyBytes, value);
    }

    private long _copyBytes;

    /// <summary>Milliseconds that only grow: <see cref="ReplicaPeers.Now"/>, or what a test moves.</summary>
    internal Func<long> Clock { get; set; } = static () => ReplicaPeers.Now;

    /// <summary>The events' clock, in milliseconds since 1970.</summary>
    internal long Now => node.Context.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// A message is about so large at most, so that two appends that must not be divided go in one; one event alone may be larger, up to
    /// the frame.
    /// </summary>
    internal const int MessageBytes = 2 * AppendLimits.UndividedBytes;
}
