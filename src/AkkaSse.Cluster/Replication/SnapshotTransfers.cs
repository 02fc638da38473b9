using Akka.Actor;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Replication;

/// <summary>
/// Moves snapshots between two actors in parts below the frame limit: the receiver asks for one part after the other, so that a large one
/// never fills the line. Touched by its actor alone.
/// </summary>
/// <param name="partBytes">About how large a part is.</param>
internal sealed class SnapshotTransfers(int partBytes)
{
    /// <summary>Milliseconds after which a part is asked for again, and after which a transfer without progress is given up.</summary>
    internal const long AskAgainAfter = 1_000, GiveUpAfter = 10_000;

    private static long s_numbers;

    private readonly Dictionary<long, Outgoing> _outgoing = [];
    private readonly Dictionary<(IActorRef From, long Transfer), Incoming> _incoming = [];

    internal bool IsIdle => _outgoing.Count == 0 && _incoming.Count == 0;

    internal void Offer<TState>(LogKind<TState> kind, object snapshot, IWireMessage message, IActorRef to, IActorRef self, long now)
        where TState : class, IReplicatedState
    {
        var transfer = Interlocked.Increment(ref s_numbers);
        var parts = kind.Split(snapshot, partBytes);
        _outgoing[transfer] = new Outgoing(parts) { At = now };
        to.Tell(new SnapshotOffer(transfer, parts.Count, message), self);
    }

    internal void OnPull(SnapshotPull pull, IActorRef from, IActorRef self, long now)
    {
        if (!_outgoing.TryGetValue(pull.Transfer, out var outgoing)) return;
        outgoing.At = now;
        if (pull.Part >= outgoing.Parts.Count) _outgoing.Remove(pull.Transfer);
        else if (pull.Part >= 0) from.Tell(new SnapshotPart(pull.Transfer, pull.Part, outgoing.Parts[pull.Part]), self);
    }

    internal void OnOffer(SnapshotOffer offer, IActorRef from, IActorRef self, long now)
    {
        if (offer.Parts is < 1 or > 1 << 20 || !_incoming.TryAdd((from, offer.Transfer), new Incoming(offer) { At = now, AskedAt = now }))
            return;
        from.Tell(new SnapshotPull(offer.Transfer, 0), self);
    }

    /// <summary>The message with its snapshot, when this was the last part.</summary>
    internal IWireMessage? OnPart<TState>(LogKind<TState> kind, SnapshotPart part, IActorRef from, IActorRef self, long now)
        where TState : class, IReplicatedState
    {
        if (!_incoming.TryGetValue((from, part.Transfer), out var incoming) || part.Part != incoming.Parts.Count) return null;
        incoming.Parts.Add(part.Bytes);
        incoming.At = incoming.AskedAt = now;
        from.Tell(new SnapshotPull(part.Transfer, incoming.Parts.Count), self);
        if (incoming.Parts.Count < incoming.Offer.Parts) return null;
        _incoming.Remove((from, part.Transfer));
        var snapshot = kind.Join(incoming.Parts);
        return incoming.Offer.Message switch
        {
            ToReplica m => m with { Message = ((ICarriesSnapshot)m.Message).WithSnapshot(snapshot) },
            ToLeader m => m with { Message = ((ICarriesSnapshot)m.Message).WithSnapshot(snapshot) },
            var other => throw new FormatException($"{other.GetType()} carries no snapshot."),
        };
    }

    /// <summary>Asks again, and gives up.</summary>
    internal void Tick(IActorRef self, long now)
    {
        foreach (var (transfer, outgoing) in _outgoing)
        {
            if (now - outgoing.At > GiveUpAfter) _outgoing.Remove(transfer);
        }
        foreach (var (key, incoming) in _incoming)
        {
            if (now - incoming.At > GiveUpAfter)
            {
                _incoming.Remove(key);
            }
            else if (now - incoming.AskedAt > AskAgainAfter)
            {
                incoming.AskedAt = now;
                key.From.Tell(new SnapshotPull(key.Transfer, incoming.Parts.Count), self);
            }
        }
    }

    private sealed class Outgoing(IReadOnlyList<byte[]> parts)
    {
        internal IReadOnlyList<byte[]> Parts => parts;

        internal long At { get; set; }
    }

    private sealed class Incoming(SnapshotOffer offer)
    {
        internal SnapshotOffer Offer => offer;

        internal List<ReadOnlyMemory<byte>> Parts { get; } = [];

        internal long At { get; set; }

        internal long AskedAt { get; set; }
    }
}
