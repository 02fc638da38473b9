using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Streams;

/// <summary>One event as an engine elsewhere stores it.</summary>
/// <param name="Offset">Its offset.</param>
/// <param name="At">Publish time in milliseconds since 1970, in the node's time.</param>
/// <param name="Event">The event; on a stream with base64 its data are encoded already.</param>
public readonly record struct StoredEvent(long Offset, long At, SseEvent Event)
{
    /// <summary>
    /// True when the event's id stands in the id line; false: the hub's own does, and the publisher's travels as <c>eid</c>.
    /// </summary>
    public bool CallerId { get; init; }

    /// <summary>The conflation key; null: the type.</summary>
    public string? ConflateKey { get; init; }

    /// <summary>When it expires by its own ttl, in milliseconds since 1970 in the node's time; 0 for never.</summary>
    public long Expiry { get; init; }

    /// <summary>The W3C trace context that the event carries; null for none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>What an engine elsewhere stores of an item.</summary>
    /// <param name="item">The event as it was published, and its publisher's options.</param>
    /// <param name="offset">Its offset.</param>
    /// <param name="at">Publish time in milliseconds since 1970, in the node's time.</param>
    /// <param name="ids">Whose ids the stream had then.</param>
    /// <param name="base64">Whether the stream encoded its data then.</param>
    public static StoredEvent Of(in AppendItem item, long offset, long at, StreamIds ids, bool base64) =>
        new(offset, at, base64 ? SseBase64.Encode(item.Event) : item.Event)
        {
            CallerId = EventRules.IsCallerId(item.Event, ids),
            ConflateKey = item.Options.ConflateKey,
            Expiry = EventRules.ExpiryOf(item.Options.Ttl, at),
            TraceParent = item.Options.TraceParent,
        };
}

/// <summary>Where an engine elsewhere is asked for history that is not in the local log. Thread-safe.</summary>
public interface IColdSource
{
    /// <summary>
    /// Reads retained events of an epoch from <paramref name="from"/> to <paramref name="to"/>, inclusive, in order and without holes; may
    /// end early when the page has become large. Waits while the engine is away. Null when this epoch is over or the stream is detached:
    /// nobody will ask again.
    /// </summary>
    ValueTask<IReadOnlyList<StoredEvent>?> ReadAsync(string epoch, long from, long to, CancellationToken cancellation);
}
