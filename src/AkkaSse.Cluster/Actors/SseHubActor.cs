using Akka.Actor;
using AkkaSse.Hub;

namespace AkkaSse.Cluster.Actors;

/// <summary>
/// The hub for actors: takes <see cref="Publish"/>, <see cref="BroadcastToZone"/>, <see cref="Broadcast"/>, <see cref="SendTo"/> and
/// <see cref="Subscribe"/>, and answers each sender. <c>WithSseHub</c> starts one and registers it, so that
/// <c>IRequiredActor&lt;SseHubActor&gt;</c> is injected; over any other hub it is started with <c>Props.Create(() => new
/// SseHubActor(hub))</c>.
/// </summary>
/// <remarks>
/// Its messages stay in the process: one that is told to the hub actor of another node is not sent, and Akka.NET's log says so; actors of
/// other nodes talk to the hub actor there. Publishes are handed to the hub in the order in
/// which they come, so those of one actor to one stream are appended in that order. At most <see cref="MaxInFlight"/> publishes and sends
/// are without an answer; what comes beyond is answered with <see cref="PublishStatus.Unavailable"/> or
/// <see cref="SendStatus.Unavailable"/> at once, and was certainly not appended or sent. A request that makes the hub throw is answered
/// with <see cref="Status.Failure"/>.
/// </remarks>
public sealed class SseHubActor : ReceiveActor
{
    /// <summary>So many publishes and sends are under way at most.</summary>
    public const int MaxInFlight = 1_024;

    internal const string Name = "akkasse-hub";

    private readonly ISseHub _hub;
    private int _inFlight;

    /// <summary>Talks to a hub.</summary>
    /// <param name="hub">Any hub of this process; its life is not the actor's.</param>
    public SseHubActor(ISseHub hub)
    {
        ArgumentNullException.ThrowIfNull(hub);
        _hub = hub;
        Receive<PublishRequest>(m => Ask(
            m,
            static (m, hub) => m.PublishTo(hub),
            static (m, result) => new Published(m, result),
            static m => new PublishResult(PublishStatus.Unavailable, m.Target) { Error = Busy }));
        Receive<SendTo>(m => Ask(
            m,
            static (m, hub) => hub.SendToAsync(m.Client, m.Event, m.Zone),
            static (m, result) => new Sent(m, result),
            static m => new SendResult(SendStatus.Unavailable, m.Client) { Error = Busy }));
        Receive<Answered>(m =>
        {
            _inFlight--;
            m.Asker.Tell(m.Answer, Self);
        });
        Receive<Subscribe>(OnSubscribe);
    }

    private static string Busy => $"{MaxInFlight} publishes and sends of actors are under way; this one was not begun.";

    /// <summary>A subscription that fails ends, and whoever watches it is told; a new one would begin elsewhere than it left off.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(static _ => Directive.Stop);

    private void Ask<TRequest, TResult>(
        TRequest request, Func<TRequest, ISseHub, ValueTask<TResult>> begin, Func<TRequest, TResult, object> answer,
        Func<TRequest, TResult> refusal)
    {
        ValueTask<TResult> asked;
        try
        {
            asked = _inFlight < MaxInFlight ? begin(request, _hub) : new ValueTask<TResult>(refusal(request));
        }
        catch (Exception e)
        {
            Sender.Tell(new Status.Failure(e), Self);
            return;
        }
        if (asked.IsCompletedSuccessfully)
        {
            Sender.Tell(answer(request, asked.Result), Self);
            return;
        }
        _inFlight++;
        var asker = Sender;
        asked.AsTask().PipeTo(Self, success: result => new Answered(asker, answer(request, result)), failure: e => new Answered(
            asker, new Status.Failure(e)));
    }

    private void OnSubscribe(Subscribe m)
    {
        string[] streams;
        try
        {
            // The caller may change its list, even now.
            streams = [.. m.Streams ?? []];
        }
        catch (Exception e)
        {
            // A list throws what it likes. A fault here would start this actor anew and end the subscriptions of all others.
            Sender.Tell(new SubscribeFailed(m, $"The list of streams cannot be read: {e.Message}"), Self);
            return;
        }
        if (Subscription.Fault(m, streams, Context.System.DeadLetters) is { } fault) Sender.Tell(new SubscribeFailed(m, fault), Self);
        else Context.ActorOf(Akka.Actor.Props.Create<Subscription>(_hub, m, streams, Sender));
    }

    private sealed record Answered(IActorRef Asker, object Answer) : INoSerializationVerificationNeeded;
}
