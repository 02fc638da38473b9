using AkkaSse.Protocol;

namespace AkkaSse.Client;

/// <summary>A control event of an AkkaSse hub. Its id has moved the last event id like any event's.</summary>
/// <param name="Event">The event as received.</param>
public abstract record HubNotification(SseEvent Event) : SseNotification;

/// <summary>One stream in <see cref="HubOpened"/>.</summary>
/// <param name="Stream">Its name.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Head">Offset of its newest event at that moment.</param>
public readonly record struct HubStream(string Stream, string? Epoch, long? Head);

/// <summary><c>hub.open</c>: who this connection is and where its streams stand.</summary>
/// <param name="Event">The event as received.</param>
/// <param name="Client">The client id, chosen or made by the hub; null when not said.</param>
/// <param name="Streams">The streams in the hub's order.</param>
public sealed record HubOpened(SseEvent Event, string? Client, IReadOnlyList<HubStream> Streams) : HubNotification(Event);

/// <summary><c>hub.gap</c>: events of a stream that this reader misses.</summary>
/// <param name="Event">The event as received.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Reason">
/// <c>trimmed</c>, <c>cleared</c>, <c>epoch-changed</c>, <c>unknown-id</c>, <c>lagged</c> or <c>conflated</c>; a newer hub may know more.
/// </param>
public sealed record HubGap(SseEvent Event, string? Stream, string Reason) : HubNotification(Event)
{
    /// <summary>Offset of the first missing event, inclusive; null when unknown.</summary>
    public long? From { get; init; }

    /// <summary>Offset of the last missing event, inclusive; null when unknown.</summary>
    public long? To { get; init; }

    /// <summary>The epoch in which reading goes on.</summary>
    public string? Epoch { get; init; }

    /// <summary>The epoch before, when it changed.</summary>
    public string? PreviousEpoch { get; init; }

    /// <summary>False when some of the missing events may have been filtered out for this reader anyway.</summary>
    public bool Exact { get; init; } = true;
}

/// <summary>
/// <c>hub.drain</c>: the node is about to stop. The connection ends soon; the first attempt comes after exactly the <c>retry</c> given,
/// or after <see cref="SseClientOptions.MinRetry"/> if that is longer.
/// </summary>
/// <param name="Event">The event as received.</param>
public sealed record HubDraining(SseEvent Event) : HubNotification(Event);

/// <summary><c>hub.end</c>: the hub ends this connection on purpose.</summary>
/// <param name="Event">The event as received.</param>
/// <param name="Reason">Why, for example <c>removed</c> or <c>client-in-use</c>.</param>
public sealed record HubEnded(SseEvent Event, string Reason) : HubNotification(Event);

/// <summary><c>hub.position</c>: a newer position for a reader that saw no event because of its filter.</summary>
/// <param name="Event">The event as received; its id is the position.</param>
public sealed record HubPosition(SseEvent Event) : HubNotification(Event);

/// <summary><c>hub.subscriptions</c>: the set of streams of this connection has changed.</summary>
/// <param name="Event">The event as received.</param>
/// <param name="Streams">The streams now read; empty when the event does not list them.</param>
public sealed record HubSubscriptions(SseEvent Event, IReadOnlyList<HubStream> Streams) : HubNotification(Event);
