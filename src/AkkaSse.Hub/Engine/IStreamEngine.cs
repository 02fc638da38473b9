namespace AkkaSse.Hub.Engine;

/// <summary>Logs, each with one total order.</summary>
public interface IStreamEngine
{
    /// <summary>
    /// Appends items in order and atomically with their positions: what is accepted has consecutive offsets in the order given, and is
    /// readable and will be delivered on every node. Completes after that. Items are decided one by one; <paramref name="results"/> has one
    /// place per item. Items that together have at most <see cref="AppendLimits.UndividedBytes"/>
    /// (<see cref="EventCodec.SizeOf(ReadOnlySpan{AppendItem})"/>) are away or lost from some item on: none is accepted after one that is
    /// <see cref="PublishStatus.Unavailable"/> or <see cref="PublishStatus.OutcomeUnknown"/>, so that repeating those keeps the order.
    /// Names beginning with <c>$</c> are the hub's own (zones, broadcast) and are created with <see cref="HubOptions.ZoneStreams"/>.
    /// </summary>
    ValueTask AppendAsync(string stream, ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results, CancellationToken cancellation);

    /// <summary>
    /// Decides an append now, without waiting for space or for an answer from elsewhere. False: it cannot be decided now, and certainly
    /// nothing was appended.
    /// </summary>
    bool TryAppend(string stream, in AppendItem item, out AppendResult result);

    /// <summary>
    /// Attaches this node to a stream: its log here receives every event from the moment of the call on, in order; a hole becomes a new
    /// start of the log, which readers are told as a gap. Once per node and stream at a time. Legal for a stream that does not exist yet:
    /// the log is then empty until it is created.
    /// </summary>
    /// <param name="stream">The name.</param>
    /// <param name="sink">Told of changes, see its remarks.</param>
    /// <param name="cancellation">Cancels the call.</param>
    ValueTask<IStreamAttachment> AttachAsync(string stream, IStreamSink sink, CancellationToken cancellation);

    /// <summary>
    /// Retained events after a position, at most <paramref name="limit"/>; a seek, not a scan. Never a partial run that looks complete.
    /// </summary>
    ValueTask<HistoryPage> ReadAsync(string stream, StreamPosition? after, int limit, CancellationToken cancellation);

    /// <summary>
    /// Creates, or replaces the options of, a stream. Idempotent. Re-creation within 24 h of a removal continues the epoch.
    /// </summary>
    ValueTask<CreateStreamResult> CreateAsync(string stream, StreamOptions? options, CancellationToken cancellation);

    /// <summary>
    /// Removes a stream; sinks on all nodes are told. False when it did not exist. Its (epoch, head) is kept for 24 h. Unavailable: it may
    /// be removed or not.
    /// </summary>
    ValueTask<EngineAnswer<bool>> RemoveAsync(string stream, CancellationToken cancellation);

    /// <summary>
    /// Drops what is retained; offsets go on. False when it does not exist. Unavailable: the events may be dropped or not.
    /// </summary>
    ValueTask<EngineAnswer<bool>> ClearAsync(string stream, CancellationToken cancellation);

    /// <summary>
    /// Whether the stream exists. Cheap. A connect is not a question: <see cref="IStreamAttachment.Exists"/> tells it.
    /// </summary>
    ValueTask<EngineAnswer<bool>> ExistsAsync(string stream, CancellationToken cancellation);

    /// <summary>The stream and where it stands now, or null when it does not exist.</summary>
    ValueTask<EngineAnswer<StreamInfo?>> GetAsync(string stream, CancellationToken cancellation);

    /// <summary>
    /// Streams in ordinal order; names beginning with <c>$</c> are not listed. A page that lacks the word of some nodes names them
    /// (<see cref="Page{T}.Missing"/>); when nobody answered, it is unavailable and not empty.
    /// </summary>
    ValueTask<EngineAnswer<Page<StreamInfo>>> ListAsync(string? prefix, string? after, int limit, CancellationToken cancellation);

    /// <summary>
    /// Whether the stream was removed less than <see cref="HubOptions.RemovedStreamMemory"/> ago and does not exist again.
    /// </summary>
    ValueTask<EngineAnswer<bool>> WasRemovedAsync(string stream, CancellationToken cancellation);
}
