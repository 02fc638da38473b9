using Akka.Actor;
using Akka.Hosting;
using AkkaSse.Cluster.Actors;
using AkkaSse.Hub;

namespace AkkaActors;

/// <summary>Asks for the board.</summary>
public sealed record Show
{
    public static readonly Show Instance = new();
}

/// <summary>
/// Where each parcel was seen last, on every node, whichever node the parcel's actor is on: an actor that reads a stream from its
/// beginning.
/// </summary>
public sealed class Board : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, string> _places = new(StringComparer.Ordinal);
    private StartPosition _from = StartPosition.Earliest;

    public Board(IRequiredActor<SseHubActor> hub)
    {
        Receive<Read>(_ => hub.ActorRef.Tell(new Subscribe(Self, [Parcel.Stream], _from)));
        Receive<Subscribed>(m => Context.Watch(m.Subscription));
        // The hub is still starting, or the stream's policy ended a reader that was too slow: on from the last event handled.
        Receive<SubscribeFailed>(_ => Timers.StartSingleTimer(nameof(Read), Read.Instance, Again));
        Receive<Terminated>(_ => Timers.StartSingleTimer(nameof(Read), Read.Instance, Again));
        Receive<StreamEnded>(_ => { });
        Receive<StreamReceived>(m =>
        {
            if (m.Received.Event is { Type: "scan", Data: { } data } && data.Split(' ', 2) is [var parcel, var place])
                _places[parcel] = place;
            _from = StartPosition.After(m.Received.Position);
            Sender.Tell(new Acknowledge());
        });
        Receive<Show>(_ => Sender.Tell(new Dictionary<string, string>(_places)));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Self.Tell(Read.Instance);

    private sealed class Read
    {
        internal static readonly Read Instance = new();
    }
}
