using AkkaSse.Protocol;

namespace AkkaSse.Hub;

/// <summary>An event as an in-process reader gets it, with its place in the stream.</summary>
/// <param name="Event">The event, or the hub's own <c>hub.gap</c> (see <see cref="IsGap"/>).</param>
/// <param name="Position">
/// Where a reader that has handled this goes on: <see cref="StartPosition.After"/> it. Of an event the position that its publisher was
/// answered, also where the id is the publisher's. Of a gap the position after the gap; when the newest event of each missed key follows,
/// before the first of those. Of a comment or a <c>retry</c> without data, which have no place of their own: that of the event before it.
/// </param>
public readonly record struct StreamEvent(SseEvent Event, StreamPosition Position)
{
    /// <summary>
    /// The W3C trace context that the event carries (<see cref="PublishOptions.TraceParent"/>): the parent of what you do with it. Null for
    /// none, and for the newest events of missed keys.
    /// </summary>
    public string? TraceParent { get; init; }

    /// <summary>
    /// True when events are missing before this place: <see cref="Event"/> is <c>hub.gap</c>, and its data say which and why. No publisher
    /// can send that type.
    /// </summary>
    public bool IsGap => Event.Type == HubNames.GapEvent;
}
