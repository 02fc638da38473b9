using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace AkkaSse.Hub;

/// <summary>One retained event.</summary>
public sealed record HistoryEvent
{
    /// <summary>Where it stands.</summary>
    public required StreamPosition Position { get; init; }

    /// <summary>The wire id that a reader of this one stream sees.</summary>
    public required string Id { get; init; }

    /// <summary>When it was published.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>
    /// The event as a reader gets it: line ends are LF, and an empty type is none. Its id is the publisher's own, or null; a reader's
    /// events (<see cref="ISseHub.ListenAsync"/>) have the wire id there, which is <see cref="Id"/> here.
    /// </summary>
    public required SseEvent Event { get; init; }

    /// <summary>The event that an engine elsewhere stores, as a reader gets it.</summary>
    /// <param name="epoch">The stream's epoch.</param>
    /// <param name="stored">What the engine stores.</param>
    public static HistoryEvent Of(string epoch, in StoredEvent stored)
    {
        var position = new StreamPosition(epoch, stored.Offset);
        var id = stored.CallerId ? stored.Event.Id : null;
        var buffer = FrameBuffer.Rent();
        FrameEncoder.WriteStored(buffer, stored);
        return new HistoryEvent
        {
            Position = position,
            Id = id ?? position.ToString(),
            At = DateTimeOffset.FromUnixTimeMilliseconds(stored.At),
            Event = FrameDecoder.Decode(buffer.Written, id),
        };
    }
}
