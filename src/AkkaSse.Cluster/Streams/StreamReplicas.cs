using Akka.Actor;
using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Streams;

/// <summary>The copies of streams on this node: applies retention, finds what is idle, lists.</summary>
internal sealed class StreamReplicas(StreamContext context, UncleanCopies<StreamState> kept)
    : ReplicaHost<StreamState>(context.Peers, context.Kind, kept)
{
    private const long SweepInterval = 1_000;

    // 8 MiB on their way and 5 ms: a line carries 1.6 GB/s before the bound is felt.
    private static readonly TimeSpan AckInterval = TimeSpan.FromMilliseconds(5);

    private readonly HashSet<string> _tidying = new(StringComparer.Ordinal);
    private readonly List<IActorRef> _sweepers = [];
    private long _sweptAt = ReplicaPeers.Now;

    protected override void PreStart()
    {
        base.PreStart();
        context.Lines.Acknowledger = Self;
    }

    private protected override void OnTaken(string log, Replica<StreamState> replica) =>
        context.Census.SetCopy(log, replica.State is { Present: true });

    private protected override void OnDropped(string log) => context.Census.SetCopy(log, isPresent: false);

    private protected override void Wake(string log) => context.Region.Tell(new Tidy(log), Self);

    private protected override void OnTick()
    {
        Count();
        // Each copy costs about 50 ns: a node with a million of them looks at them every hundred seconds.
        if (ReplicaPeers.Now - _sweptAt < Math.Max(SweepInterval, Replicas.Count / 10)) return;
        _sweptAt = ReplicaPeers.Now;
        Sweep();
    }

    private protected override void OnOther(object message)
    {
        switch (message)
        {
            case CountVotes:
                Sender.Tell(VotesHeld, Self);
                break;
            case ListNames list:
                Sender.Tell(List(list), Self);
                break;
            case StreamLines.Arrived:
                Timers.StartSingleTimer(nameof(Acknowledge), Acknowledge.Instance, AckInterval);
                break;
            case Acknowledge:
                foreach (var (from, ack) in context.Lines.TakeArrived()) Peers.Node.Batches.Tell(Peers.HostAt(from.ToString()), ack, Self);
                break;
            case LineAck ack:
                context.Lines.OnAck(Sender, ack);
                break;
            case CopyCount count:
                context.Census.SetElsewhere(Sender.Path.Address.ToString(), count);
                break;
            case SweepNow:
                _sweepers.Add(Sender);
                // Copies hear of the newest commits a moment later: the owners look themselves.
                Sweep(all: true);
                Swept();
                break;
            case Tidied tidied:
                _tidying.Remove(tidied.Entity);
                Swept();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Sweep(bool all = false)
    {
        var now = context.Now;
        long bytes = 0;
        // An owner that did not answer is asked again.
        if (_sweepers.Count == 0) _tidying.Clear();
        foreach (var (name, replica) in Replicas)
        {
            if (replica.State is not { } state) continue;
            state.Sweep(now);
            bytes += state.Runs.Size;
            // One of those that have a copy asks; the owner looks once more itself.
            if ((all || state.IsIdle(now) || state.IsForgettable(now)) && replica.Voters?.Voters is [var first, ..]
                && first.Node == Peers.Self && _tidying.Add(name))
                context.Region.Tell(new Tidy(name), Self);
        }
        context.CopyBytes = CopyBounds.Apply(
            context.Options, Replicas.Where(static r => r.Value.State is not null).Select(static r => (r.Key, r.Value.State!)), bytes);
    }

    private void Swept()
    {
        if (_tidying.Count > 0) return;
        foreach (var sweeper in _sweepers) sweeper.Tell(SweepNow.Instance, Self);
        _sweepers.Clear();
    }

    private void Count()
    {
        context.Census.ForgetElsewhere(address => IsThere(address));
        var count = context.Census.CountCopies();
        foreach (var member in Peers.MembersOf(Peers.Node.View).Members)
        {
            if (member != Peers.Self) Peers.Node.Batches.Tell(Peers.HostOf(member), count, Self);
        }
    }

    private bool IsThere(string address)
    {
        foreach (var member in Peers.MembersOf(Peers.Node.View).Members)
        {
            if (member.Address == address) return true;
        }
        return false;
    }

    private ListedNames List(ListNames list)
    {
        var names = context.Census.Names(list.Prefix, list.After, list.Limit, out var more);
        var listed = new List<ListedName>(names.Count);
        foreach (var (name, led, header) in names)
        {
            // The owner's own answer was about the options; the copy, where there is one, knows the newest head.
            var copy = Replicas.TryGetValue(name, out var replica) ? replica.State : null;
            if (led is not null && header is not null)
                listed.Add(new ListedName(name, true, copy is { Present: true } && copy.Epoch == header.Epoch && header.Present
                    && copy.Head > header.Head ? header with { Head = copy.Head, First = copy.First, Bytes = copy.Runs.Size } : header));
            else if (led is null && copy is not null) listed.Add(new ListedName(name, false, copy.Header));
        }
        return new ListedNames([.. listed], more);
    }

    private sealed class Acknowledge : INoSerializationVerificationNeeded
    {
        internal static readonly Acknowledge Instance = new();
    }
}
