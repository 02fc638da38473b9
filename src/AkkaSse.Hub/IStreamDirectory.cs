using AkkaSse.Hub.Engine;

namespace AkkaSse.Hub;

/// <summary>Manages streams; idempotent, visible on all nodes. Thread-safe.</summary>
/// <remarks>
/// An answer may be that nobody can say now: the engine is away, the stream has no owner that can be reached, or this hub does not run.
/// That is another answer than "it does not exist" (<see cref="EngineAnswer{T}"/>).
/// </remarks>
public interface IStreamDirectory
{
    /// <summary>Creates a stream, or gives an existing one these options (null: leaves its options alone).</summary>
    ValueTask<CreateStreamResult> CreateAsync(string stream, StreamOptions? options = null, CancellationToken cancellation = default);

    /// <summary>
    /// Ends its readers after what is queued, and removes it. False when it did not exist. Unknown: it may be removed or not.
    /// </summary>
    ValueTask<EngineAnswer<bool>> RemoveAsync(string stream, CancellationToken cancellation = default);

    /// <summary>
    /// Drops everything retained; offsets go on. False when it does not exist. Unknown: the events may be dropped or not.
    /// </summary>
    ValueTask<EngineAnswer<bool>> ClearAsync(string stream, CancellationToken cancellation = default);

    /// <summary>Whether it exists; a placeholder of waiting readers does not.</summary>
    ValueTask<EngineAnswer<bool>> ExistsAsync(string stream, CancellationToken cancellation = default);

    /// <summary>The stream, or null when it does not exist.</summary>
    ValueTask<EngineAnswer<StreamInfo?>> GetAsync(string stream, CancellationToken cancellation = default);

    /// <summary>
    /// Streams in ascending order (ordinal), of which the name begins with <paramref name="prefix"/>, after <paramref name="after"/>. A
    /// page that lacks the word of some nodes names them.
    /// </summary>
    /// <param name="prefix">Null or "" for all.</param>
    /// <param name="after">Null for the first page.</param>
    /// <param name="limit">1 to 1 000.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <exception cref="ArgumentException">A text is not valid Unicode, or the limit is not 1 to 1 000.</exception>
    ValueTask<EngineAnswer<Page<StreamInfo>>> ListAsync(
        string? prefix = null, string? after = null, int limit = 100, CancellationToken cancellation = default);

    /// <summary>Retained events after a position (null: from the oldest), at most <paramref name="limit"/> (1 to 1 000).</summary>
    ValueTask<HistoryPage> ReadAsync(
        string stream, StreamPosition? after = null, int limit = 100, CancellationToken cancellation = default);
}
