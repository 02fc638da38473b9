using System.Runtime.CompilerServices;
using Akka.Actor;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Batching;

/// <summary>What gathers for one node until the turn ends. Thread-safe.</summary>
/// <param name="receiver">The node's <see cref="BatchReceiver"/>.</param>
/// <param name="self">The address of this node, of which the senders are.</param>
internal sealed class OutgoingBatch(IActorRef receiver, string self)
{
    /// <summary>
    /// From so many bytes on a batch does not wait for the end of the turn. The message with which it passes them may be as large as a
    /// frame allows (<see cref="Streams.AkkaStreams.EnvelopeBytes"/> less): both fit.
    /// </summary>
    internal const int EnoughBytes = 24 << 10;

    // Paths are made again by Akka.NET each time they are asked for; senders and receivers live long.
    private static readonly ConditionalWeakTable<IActorRef, string> s_paths = [];

    private readonly Lock _gate = new();
    private readonly Dictionary<IActorRef, int> _actors = new(ReferenceEqualityComparer.Instance);
    private WireWriter? _writer;
    private volatile bool _isEmpty = true;
    private volatile bool _isAllowed;

    internal bool IsEmpty => _isEmpty;

    /// <summary>
    /// Whether the node takes batches: it says so when it greets. Until then, and to nodes of earlier versions, messages go one by one.
    /// </summary>
    internal bool IsAllowed
    {
        get => _isAllowed;
        set
        {
            // What has gathered goes before what follows.
            if (!value) Flush();
            _isAllowed = value;
        }
    }

    internal void Add(IActorRef to, IWireMessage message, IActorRef from)
    {
        lock (_gate)
        {
            if (_writer is null)
            {
                _writer = new WireWriter();
                _writer.Text(self);
            }
            try
            {
                Write(to, message, from);
            }
            catch
            {
                // A part of a message would make rubbish of what follows. Its sender hears of it as if it had sent it alone.
                Begin();
                throw;
            }
            _isEmpty = false;
            if (_writer.Count >= EnoughBytes) Send();
        }
    }

    internal void Flush()
    {
        if (_isEmpty) return;
        lock (_gate) Send();
    }

    // Under the gate: batches go in the order in which they were filled.
    private void Send()
    {
        if (_writer is not { } writer) return;
        Begin();
        receiver.Tell(new MessageBatch(writer.Take()), ActorRefs.NoSender);
    }

    private void Begin()
    {
        _writer = null;
        _actors.Clear();
        _isEmpty = true;
    }

    private void Write(IActorRef to, IWireMessage message, IActorRef from)
    {
        var codec = WireSerializer.Codec(message);
        Write(to);
        Write(from);
        _writer!.Text(codec.Manifest);
        var begin = _writer.Begin();
        codec.Write(message, _writer);
        _writer.End(begin);
    }

    // The first time by its path, then by its place among the paths of this batch.
    private void Write(IActorRef actor)
    {
        if (_actors.TryGetValue(actor, out var place))
        {
            _writer!.UInt((ulong)place);
            return;
        }
        _actors[actor] = _actors.Count;
        _writer!.UInt((ulong)_actors.Count - 1);
        _writer.Text(s_paths.GetValue(actor, static a => PathOf(a)));
    }

    private static string PathOf(IActorRef actor) =>
        actor.Path.Uid == ActorCell.UndefinedUid
            ? actor.Path.ToStringWithoutAddress()
            : $"{actor.Path.ToStringWithoutAddress()}#{actor.Path.Uid}";
}
