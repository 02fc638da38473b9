using Akka.Actor;
using AkkaSse.Hub;
using AkkaSse.Protocol;

namespace AkkaSse.Cluster.Actors;

/// <summary>
/// A message to or from <see cref="SseHubActor"/>. It stays in the process: it is bound to a serializer that refuses it, because the one
/// that Akka.NET has for everything (JSON) loses the data of an event, and what arrived of it would be published.
/// </summary>
internal interface IHubMessage : INoSerializationVerificationNeeded;

/// <summary>What <see cref="SseHubActor"/> is told to publish; it answers <see cref="Published"/>.</summary>
/// <param name="Event">The event.</param>
/// <param name="Options">How to publish it.</param>
public abstract record PublishRequest(SseEvent Event, PublishOptions Options) : IHubMessage
{
    /// <summary>Where to, as a stream's name.</summary>
    internal abstract string Target { get; }

    internal abstract ValueTask<PublishResult> PublishTo(ISseHub hub);
}

/// <summary>Appends an event to a stream.</summary>
/// <param name="Stream">The stream's name.</param>
/// <param name="Event">The event.</param>
/// <param name="Options">How to publish it; with an idempotency key it may be told again after an unknown outcome.</param>
public sealed record Publish(string Stream, SseEvent Event, PublishOptions Options = default) : PublishRequest(Event, Options)
{
    internal override string Target => Stream;

    internal override ValueTask<PublishResult> PublishTo(ISseHub hub) => hub.PublishAsync(Stream, Event, Options);
}

/// <summary>Sends an event to every client in a zone.</summary>
/// <param name="Zone">The zone.</param>
/// <param name="Event">The event.</param>
/// <param name="Options">How to publish it.</param>
public sealed record BroadcastToZone(string Zone, SseEvent Event, PublishOptions Options = default) : PublishRequest(Event, Options)
{
    internal override string Target => HubNames.ZoneStream(Zone);

    internal override ValueTask<PublishResult> PublishTo(ISseHub hub) => hub.BroadcastToZoneAsync(Zone, Event, Options);
}

/// <summary>Sends an event to every client that listens to broadcasts.</summary>
/// <param name="Event">The event.</param>
/// <param name="Options">How to publish it.</param>
public sealed record Broadcast(SseEvent Event, PublishOptions Options = default) : PublishRequest(Event, Options)
{
    internal override string Target => HubNames.BroadcastStream;

    internal override ValueTask<PublishResult> PublishTo(ISseHub hub) => hub.BroadcastAsync(Event, Options);
}

/// <summary>The answer to a <see cref="PublishRequest"/>.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Result">How it ended; <see cref="PublishResult.Status"/> says whether the event was appended.</param>
public sealed record Published(PublishRequest Request, PublishResult Result) : IHubMessage;

/// <summary>Sends an event to one client, on whatever node it is; <see cref="SseHubActor"/> answers <see cref="Sent"/>.</summary>
/// <param name="Client">The client's id.</param>
/// <param name="Event">The event.</param>
/// <param name="Zone">Its zone; null: all zones are searched.</param>
public sealed record SendTo(string Client, SseEvent Event, string? Zone = null) : IHubMessage;

/// <summary>The answer to <see cref="SendTo"/>.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Result">How it ended.</param>
public sealed record Sent(SendTo Request, SendResult Result) : IHubMessage;

/// <summary>
/// Reads streams for an actor, which gets a <see cref="StreamReceived"/> for each event, in order within each stream.
/// <see cref="SseHubActor"/> answers <see cref="Subscribed"/> or <see cref="SubscribeFailed"/>; the subscription ends with
/// <see cref="Unsubscribe"/>, and with the subscriber.
/// </summary>
/// <param name="Subscriber">Who gets the events; an actor of this process.</param>
/// <param name="Streams">The streams, 1 to 32 different ones. One that does not exist yet is waited for, where the hub creates streams by
/// publishing.</param>
/// <param name="From">Where to begin in each; null: after what is there when the answer is given, so that nothing published after it is
/// missed. <see cref="StartPosition.Latest"/> begins when the reader is attached, which on some engines is a moment later.</param>
public sealed record Subscribe(IActorRef Subscriber, IReadOnlyList<string> Streams, StartPosition? From = null)
    : IHubMessage
{
    /// <summary>
    /// At most so many events are on their way to the subscriber, in its mailbox, without an <see cref="Acknowledge"/>; 1 to 100 000.
    /// Default 64. Then the subscription waits, which costs nothing but its lag: what becomes of one that falls behind what its streams
    /// keep is said by their slow-reader policy.
    /// </summary>
    public int Window { get; init; } = 64;
}

/// <summary>The answer to <see cref="Subscribe"/>: the streams are read from now on.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Subscription">Who sends the events, to be told <see cref="Acknowledge"/> and <see cref="Unsubscribe"/>; it may be
/// watched.</param>
public sealed record Subscribed(Subscribe Request, IActorRef Subscription) : IHubMessage;

/// <summary>The answer to <see cref="Subscribe"/> when nothing is read.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Error">Why.</param>
public sealed record SubscribeFailed(Subscribe Request, string Error) : IHubMessage;

/// <summary>An event of a stream, from a subscription.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Received">The event with its position, or a gap; <see cref="StartPosition.After"/> the position of the last one handled is
/// where to begin again.</param>
public sealed record StreamReceived(string Stream, StreamEvent Received) : IHubMessage;

/// <summary>From a subscription: a stream has no more events for it. With its last stream the subscription ends.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Error">Why, when it was not removed and the hub does not stop: the stream's policy ended a reader that was too slow,
/// say.</param>
public sealed record StreamEnded(string Stream, string? Error) : IHubMessage;

/// <summary>To a subscription: so many events were handled, and as many more may come.</summary>
/// <param name="Count">1 or more. More than are on their way count as all of them.</param>
public sealed record Acknowledge(int Count = 1) : IHubMessage;

/// <summary>To a subscription: it ends. What is in the subscriber's mailbox still comes.</summary>
public sealed record Unsubscribe : IHubMessage
{
    /// <summary>The only one.</summary>
    public static readonly Unsubscribe Instance = new();
}
