using AkkaSse.Protocol;

namespace AkkaSse.Hub;

/// <summary>
/// The hub as applications see it: publish, send, listen, and manage streams and clients, on any node. Thread-safe.
/// Calls before the hub has started and after it has stopped answer <see cref="PublishStatus.Closed"/>,
/// <see cref="SendStatus.Unavailable"/> and the like, and do not throw for that; only listening does, with an
/// <see cref="InvalidOperationException"/>.
/// </summary>
public interface ISseHub
{
    /// <summary>Appends an event to a stream and completes after the append, in one total order per stream.</summary>
    ValueTask<PublishResult> PublishAsync(
        string stream, SseEvent e, PublishOptions options = default, CancellationToken cancellation = default);

    /// <summary>
    /// Publishes where that needs no waiting. True: the event is appended. False: it certainly is not: an unknown stream, an invalid event,
    /// a stream with the policy wait whose readers are behind, or an engine that decides elsewhere. Those of several nodes (PostgreSQL,
    /// Akka) always do, so this is for the in-process engine; use <see cref="PublishAsync"/> in code that may run on any of them.
    /// </summary>
    bool TryPublish(string stream, SseEvent e, PublishOptions options = default);

    /// <summary>Publishes items in order; each has its own answer. Not atomic.</summary>
    ValueTask<IReadOnlyList<BatchItemResult>> PublishBatchAsync(IReadOnlyList<BatchItem> items, CancellationToken cancellation = default);

    /// <summary>Sends to one client, on whatever node it is. Without a zone all zones are searched.</summary>
    ValueTask<SendResult> SendToAsync(string client, SseEvent e, string? zone = null, CancellationToken cancellation = default);

    /// <summary>Sends to every client in a zone.</summary>
    ValueTask<PublishResult> BroadcastToZoneAsync(
        string zone, SseEvent e, PublishOptions options = default, CancellationToken cancellation = default);

    /// <summary>Sends to every client that listens to broadcasts.</summary>
    ValueTask<PublishResult> BroadcastAsync(SseEvent e, PublishOptions options = default, CancellationToken cancellation = default);

    /// <summary>
    /// Reads a stream inside the process, with the same cursor, order, replay and gaps as a connection. A gap arrives as an event of type
    /// <c>hub.gap</c>. Each enumeration is a reader of its own, from the moment it begins; ending it unregisters the reader. While nobody
    /// can say where the stream stands (the engine starts or is away, the stream has no owner), the enumeration waits.
    /// </summary>
    IAsyncEnumerable<SseEvent> ListenAsync(string stream, StartPosition? from = null, CancellationToken cancellation = default);

    /// <summary>
    /// As <see cref="ListenAsync"/>, with the position of each event: a reader that kept the last one it handled goes on from there with
    /// <see cref="StartPosition.After"/>, and misses nothing and repeats nothing, or is told what is gone.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="from">Where to begin; null: <see cref="StartPosition.Latest"/>.</param>
    /// <param name="cancellation">Ends the enumeration.</param>
    /// <returns>Ends after what there is when the stream is removed or this hub stops.</returns>
    /// <exception cref="ArgumentException">The name is invalid.</exception>
    /// <exception cref="InvalidOperationException">The hub is not running.</exception>
    /// <exception cref="HubException">From the enumeration: the stream does not exist or has too many readers, or its policy ended this one
    /// because it was too slow.</exception>
    IAsyncEnumerable<StreamEvent> SubscribeAsync(string stream, StartPosition? from = null, CancellationToken cancellation = default);

    /// <summary>Reads a zone's events inside the process.</summary>
    IAsyncEnumerable<SseEvent> ListenToZoneAsync(string zone, CancellationToken cancellation = default);

    /// <summary>Reads all broadcasts inside the process, those published over HTTP included.</summary>
    IAsyncEnumerable<SseEvent> ListenToBroadcastAsync(CancellationToken cancellation = default);

    /// <summary>The streams.</summary>
    IStreamDirectory Streams { get; }

    /// <summary>The connected clients of the cluster.</summary>
    IClientDirectory Clients { get; }
}
