using AkkaSse.Protocol;

namespace AkkaSse.Hub;

/// <summary>
/// The hub as applications see it: publish, send, listen, and manage streams and clients, on any node. Thread-safe.
/// Calls after the hub has stopped answer <see cref="PublishStatus.Closed"/>, <see cref="SendStatus.Unavailable"/> and the like, and never throw for that.
/// </summary>
public interface ISseHub
{
    /// <summary>Appends an event to a stream and completes after the append, in one total order per stream.</summary>
    ValueTask<PublishResult> PublishAsync(string stream, SseEvent e, PublishOptions options = default, CancellationToken cancellation = default);

    /// <summary>
    /// Publishes where that needs no waiting. True: the event is appended. False: it certainly is not: an unknown stream, an invalid event, a
    /// stream with the policy wait whose readers are behind, or an engine that decides elsewhere. Those of several nodes (PostgreSQL, Akka)
    /// always do, so this is for the in-process engine; use <see cref="PublishAsync"/> in code that may run on any of them.
    /// </summary>
    bool TryPublish(string stream, SseEvent e, PublishOptions options = default);

    /// <summary>Publishes items in order; each has its own answer. Not atomic.</summary>
    ValueTask<IReadOnlyList<BatchItemResult>> PublishBatchAsync(IReadOnlyList<BatchItem> items, CancellationToken cancellation = default);

    /// <summary>Sends to one client, on whatever node it is. Without a zone all zones are searched.</summary>
    ValueTask<SendResult> SendToAsync(string client, SseEvent e, string? zone = null, CancellationToken cancellation = default);

    /// <summary>Sends to every client in a zone.</summary>
    ValueTask<PublishResult> BroadcastToZoneAsync(string zone, SseEvent e, PublishOptions options = default, CancellationToken cancellation = default);

    /// <summary>Sends to every client that listens to broadcasts.</summary>
    ValueTask<PublishResult> BroadcastAsync(SseEvent e, PublishOptions options = default, CancellationToken cancellation = default);

    /// <summary>
    /// Reads a stream inside the process, with the same cursor, order, replay and gaps as a connection. A gap arrives as an event of type <c>hub.gap</c>.
    /// Each enumeration is a reader of its own, from the moment it begins; ending it unregisters the reader.
    /// </summary>
    IAsyncEnumerable<SseEvent> ListenAsync(string stream, StartPosition? from = null, CancellationToken cancellation = default);

    /// <summary>
    /// As <see cref="ListenAsync"/>, with the position of each event: a reader that kept the last one it handled goes on from there with <see cref="StartPosition.After"/>, and misses
    /// nothing and repeats nothing, or is told what is gone.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="from">Where to begin; null: <see cref="StartPosition.Latest"/>.</param>
    /// <param name="cancellation">Ends the enumeration.</param>
    /// <returns>Ends after what there is when the stream is removed or this hub stops.</returns>
    /// <exception cref="ArgumentException">The name is invalid.</exception>
    /// <exception cref="InvalidOperationException">The hub is not running.</exception>
    /// <exception cref="HubException">From the enumeration: the stream does not exist or has too many readers, or its policy ended this one because it was too slow.</exception>
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

/// <summary>A stream as lists show it. A snapshot.</summary>
public sealed record StreamInfo
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The current epoch.</summary>
    public required string Epoch { get; init; }

    /// <summary>Offset of the newest event; the epoch's base when it has none.</summary>
    public required long Head { get; init; }

    /// <summary>Offset of the oldest retained event; <see cref="Head"/> + 1 when none is.</summary>
    public required long First { get; init; }

    /// <summary>Bytes of the retained frames.</summary>
    public long Bytes { get; init; }

    /// <summary>Readers on this node.</summary>
    public int LocalReaders { get; init; }

    /// <summary>Its options.</summary>
    public required StreamOptions Options { get; init; }

    /// <summary>True when it was created by a call and not by a publish; idle removal leaves it alone.</summary>
    public bool Declared { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>One retained event.</summary>
public sealed record HistoryEvent
{
    /// <summary>Where it stands.</summary>
    public required StreamPosition Position { get; init; }

    /// <summary>The wire id that a reader of this one stream sees.</summary>
    public required string Id { get; init; }

    /// <summary>When it was published.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The event.</summary>
    public required SseEvent Event { get; init; }
}

/// <summary>How complete a page of history is.</summary>
public enum HistoryState
{
    /// <summary>It ends at the head.</summary>
    Complete,

    /// <summary>There is more after it.</summary>
    More,

    /// <summary>Events between the asked position and its first are gone; otherwise as <see cref="More"/>.</summary>
    Trimmed,

    /// <summary>The asked position is of another epoch; the page begins at the oldest retained event.</summary>
    EpochChanged,

    /// <summary>The stream does not exist.</summary>
    NoStream,

    /// <summary>Nobody can say now: the engine is away, or the stream has no owner that can be reached.</summary>
    Unavailable,
}

/// <summary>A page of history.</summary>
public sealed record HistoryPage
{
    /// <summary>How complete it is.</summary>
    public required HistoryState State { get; init; }

    /// <summary>The events in order.</summary>
    public required IReadOnlyList<HistoryEvent> Events { get; init; }

    /// <summary>The stream's head when the page was read.</summary>
    public StreamPosition Head { get; init; }

    /// <summary>Offset of the oldest retained event when the page was read.</summary>
    public long First { get; init; }

    /// <summary>True when events follow this page.</summary>
    public bool HasMore { get; init; }
}

/// <summary>How creating a stream ended.</summary>
public enum CreateStreamStatus
{
    /// <summary>It did not exist.</summary>
    Created,

    /// <summary>It existed; its options are now the given ones.</summary>
    Updated,

    /// <summary>It existed with these options.</summary>
    Unchanged,

    /// <summary>The name or the options are invalid.</summary>
    Invalid,

    /// <summary>A limit of streams is reached.</summary>
    LimitReached,

    /// <summary>The engine is away.</summary>
    Unavailable,
}

/// <summary>The answer to creating a stream.</summary>
public readonly record struct CreateStreamResult(CreateStreamStatus Status, StreamInfo? Stream = null, string? Error = null);

/// <summary>Manages streams; idempotent, visible on all nodes. Thread-safe.</summary>
public interface IStreamDirectory
{
    /// <summary>Creates a stream, or gives an existing one these options (null: leaves its options alone).</summary>
    ValueTask<CreateStreamResult> CreateAsync(string stream, StreamOptions? options = null, CancellationToken cancellation = default);

    /// <summary>Ends its readers after what is queued, and removes it. False when it did not exist.</summary>
    ValueTask<bool> RemoveAsync(string stream, CancellationToken cancellation = default);

    /// <summary>Drops everything retained; offsets go on. False when it does not exist.</summary>
    ValueTask<bool> ClearAsync(string stream, CancellationToken cancellation = default);

    /// <summary>Whether it exists; a placeholder of waiting readers does not.</summary>
    ValueTask<bool> ExistsAsync(string stream, CancellationToken cancellation = default);

    /// <summary>The stream, or null when it does not exist.</summary>
    ValueTask<StreamInfo?> GetAsync(string stream, CancellationToken cancellation = default);

    /// <summary>Streams in ascending order (ordinal), of which the name begins with <paramref name="prefix"/>, after <paramref name="after"/>.</summary>
    /// <param name="prefix">Null or "" for all.</param>
    /// <param name="after">Null for the first page.</param>
    /// <param name="limit">1 to 1 000.</param>
    /// <param name="cancellation">Cancels the call.</param>
    ValueTask<Page<StreamInfo>> ListAsync(string? prefix = null, string? after = null, int limit = 100, CancellationToken cancellation = default);

    /// <summary>Retained events after a position (null: from the oldest), at most <paramref name="limit"/> (1 to 1 000).</summary>
    ValueTask<HistoryPage> ReadAsync(string stream, StreamPosition? after = null, int limit = 100, CancellationToken cancellation = default);
}

/// <summary>The connected clients of the cluster. Thread-safe.</summary>
public interface IClientDirectory
{
    /// <summary>Clients in ascending order of (id, zone); <paramref name="after"/> is a previous page's <see cref="Page{T}.Next"/>.</summary>
    ValueTask<Page<ClientInfo>> ListAsync(string? stream = null, string? zone = null, string? after = null, int limit = 100, CancellationToken cancellation = default);

    /// <summary>One client.</summary>
    ValueTask<ClientCallResult> GetAsync(string client, string? zone = null, CancellationToken cancellation = default);

    /// <summary>Ends a client's connection. With <paramref name="reconnect"/> false, that (client, instance) stays refused on all nodes for <see cref="HubOptions.RefusalMemory"/>.</summary>
    ValueTask<ClientCallResult> DisconnectAsync(string client, string? zone = null, bool reconnect = true, CancellationToken cancellation = default);

    /// <summary>Changes a live connection's streams; answers once applied.</summary>
    ValueTask<ClientCallResult> ChangeSubscriptionsAsync(string client, SubscriptionChange change, string? zone = null, CancellationToken cancellation = default);
}

/// <summary>
/// What an application may watch and decide. Register any number; all members have a default. Called in order per connection, awaited, and never
/// on the delivery path; an exception is logged and goes no further.
/// </summary>
public interface IHubObserver
{
    /// <summary>A client can receive: what is sent to it inside this call comes before every event of its streams and after the welcome (OBS-03).</summary>
    ValueTask OnConnectedAsync(ClientInfo client, ISseHub hub, CancellationToken cancellation) => ValueTask.CompletedTask;

    /// <summary>A client's connection has ended; exactly once for every <see cref="OnConnectedAsync"/>, after it.</summary>
    ValueTask OnDisconnectedAsync(ClientInfo client, CloseReason reason) => ValueTask.CompletedTask;

    /// <summary>A client began to read a stream.</summary>
    ValueTask OnSubscribedAsync(string stream, ClientInfo client) => ValueTask.CompletedTask;

    /// <summary>A client no longer reads a stream; exactly once for every <see cref="OnSubscribedAsync"/>.</summary>
    ValueTask OnUnsubscribedAsync(string stream, ClientInfo client, CloseReason reason) => ValueTask.CompletedTask;
}
