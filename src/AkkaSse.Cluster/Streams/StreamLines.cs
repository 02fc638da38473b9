using System.Collections.Concurrent;
using Akka.Actor;
using AkkaSse.Cluster.Replication;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Streams;

/// <summary>So much of what you have sent has arrived since the last time.</summary>
internal sealed record LineAck(long Bytes, long Messages) : IWireMessage;

/// <summary>
/// What is on its way to each node, all streams together. Messages between nodes queue without a bound in the sender's memory, and
/// heartbeats behind them: 200 000 at once made a healthy node unreachable. Beyond the bound a node is only told that heads have moved, and
/// reads at its own pace. Thread-safe.
/// </summary>
/// <param name="mostBytes">At most so many are on their way to one node, but for one message.</param>
internal sealed class StreamLines(long mostBytes)
{
    /// <summary>See above.</summary>
    internal const long DefaultBytes = 8 << 20;

    private const long MostMessages = 4_096;

    // Acknowledgements get lost with their line: after so long without one, nothing is on its way any more.
    private const long LostAfter = 3_000;

    private readonly ConcurrentDictionary<Address, Line> _to = new();
    private readonly ConcurrentDictionary<Address, Line> _from = new();

    /// <summary>Told when something has arrived and is to be acknowledged.</summary>
    internal IActorRef Acknowledger { get; set; } = ActorRefs.Nobody;

    /// <summary>Counts a message to a node; false when as much as may be is on its way, and it must not be sent.</summary>
    internal bool TrySend(IActorRef to, int bytes)
    {
        if (to.Path.Address.HasLocalScope) return true;
        var line = _to.GetOrAdd(to.Path.Address, static _ => new Line { At = ReplicaPeers.Now });
        if (Volatile.Read(ref line.Bytes) >= mostBytes || Volatile.Read(ref line.Messages) >= MostMessages)
        {
            if (ReplicaPeers.Now - Volatile.Read(ref line.At) < LostAfter) return false;
            line.Take(out _, out _);
        }
        if (Interlocked.Add(ref line.Bytes, bytes) == bytes) Volatile.Write(ref line.At, ReplicaPeers.Now);
        Interlocked.Increment(ref line.Messages);
        return true;
    }

    internal void OnAck(IActorRef from, LineAck ack)
    {
        if (!_to.TryGetValue(from.Path.Address, out var line)) return;
        Volatile.Write(ref line.At, ReplicaPeers.Now);
        // What was given up meanwhile is not given back twice.
        if (Interlocked.Add(ref line.Bytes, -ack.Bytes) < 0) Interlocked.Exchange(ref line.Bytes, 0);
        if (Interlocked.Add(ref line.Messages, -ack.Messages) < 0) Interlocked.Exchange(ref line.Messages, 0);
    }

    internal void OnReceived(IActorRef from, int bytes)
    {
        if (from.Path.Address.HasLocalScope) return;
        var line = _from.GetOrAdd(from.Path.Address, static _ => new Line());
        Interlocked.Add(ref line.Bytes, bytes);
        if (Interlocked.Increment(ref line.Messages) == 1) Acknowledger.Tell(Arrived.Instance, ActorRefs.NoSender);
    }

    /// <summary>What has arrived since the last call, by sender.</summary>
    internal IEnumerable<(Address From, LineAck Ack)> TakeArrived()
    {
        foreach (var (from, line) in _from)
        {
            if (Volatile.Read(ref line.Messages) == 0) continue;
            line.Take(out var bytes, out var messages);
            yield return (from, new LineAck(bytes, messages));
        }
    }

    /// <summary>To the acknowledger: something has arrived.</summary>
    internal sealed class Arrived : INoSerializationVerificationNeeded
    {
        internal static readonly Arrived Instance = new();
    }

    private sealed class Line
    {
        internal long Bytes;
        internal long Messages;
        internal long At;

        internal void Take(out long bytes, out long messages)
        {
            bytes = Interlocked.Exchange(ref Bytes, 0);
            messages = Interlocked.Exchange(ref Messages, 0);
        }
    }
}
