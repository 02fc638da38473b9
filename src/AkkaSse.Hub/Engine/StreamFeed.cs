using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Engine;

/// <summary>Where a stream stands with an engine elsewhere.</summary>
/// <param name="Epoch">1 to 16 of <c>[0-9a-z]</c>, not <c>0</c>.</param>
/// <param name="Base">The first event of the epoch has the offset after this.</param>
/// <param name="Head">The newest offset.</param>
/// <param name="IdBase">Added to offsets where ids are bare decimals.</param>
public readonly record struct FeedStart(string Epoch, long Base, long Head, long IdBase)
{
    /// <summary>Offset of the oldest event that the engine retains; Head + 1 when none is.</summary>
    public required long First { get; init; }

    /// <summary>The highest offset that was trimmed although it had not expired.</summary>
    public required long LostThrough { get; init; }

    /// <summary>The highest offset that a clear dropped.</summary>
    public required long ClearedThrough { get; init; }
}

/// <summary>How a run of events met the log.</summary>
public enum FeedResult
{
    /// <summary>The log has all of it.</summary>
    Appended,

    /// <summary>Events before it are missing; nothing after the hole was appended.</summary>
    Hole,

    /// <summary>It is of another epoch; nothing was appended.</summary>
    OtherEpoch,
}

/// <summary>
/// Feeds the local log of a stream from an engine elsewhere. Checks epoch and offset of every event, whatever the engine says: what is not
/// the next one is not appended.
/// </summary>
/// <remarks>Calls come one at a time; readers follow the log meanwhile. Frames are encoded here, outside the log's lock.</remarks>
public sealed class StreamFeed
{
    private readonly ColdCache _cache;
    private readonly IColdSource _source;
    private readonly Action<Exception> _fault;
    private readonly bool _keepsWait;

    /// <summary>An empty log of a stream that does not exist.</summary>
    /// <param name="options">Valid options; the policy wait is not one that a log elsewhere can keep, and counts as skip.</param>
    /// <param name="budget">What the local log counts against: <see cref="LogBudget.Of"/> the stream.</param>
    /// <param name="cache">The node's pages of history.</param>
    /// <param name="source">Where history is read.</param>
    /// <param name="fault">Told of a failed read of history.</param>
    public StreamFeed(StreamOptions options, LogBudget budget, ColdCache cache, IColdSource source, Action<Exception> fault)
        : this(options, budget, cache, source, fault, keepsWait: false)
    {
    }

    // An engine of one process can wait for all readers of a stream.
    internal StreamFeed(
        StreamOptions options, LogBudget budget, ColdCache cache, IColdSource source, Action<Exception> fault, bool keepsWait)
    {
        _keepsWait = keepsWait;
        Log = new StreamLog(Normal(options), budget);
        _cache = cache;
        _source = source;
        _fault = fault;
    }

    /// <summary>The log that readers read.</summary>
    public StreamLog Log { get; }

    /// <summary>
    /// Begins an epoch, or a new run of the same one after a hole: nothing up to the head is here, what is retained elsewhere is read on
    /// demand.
    /// </summary>
    public void Begin(in FeedStart start)
    {
        Log.Current?.Cold?.End();
        var cold = new ColdPages(start.Epoch, _source, _cache, () => Log.Options, _fault);
        cold.Retain(start.First, start.LostThrough, start.ClearedThrough);
        Log.Begin(start.Epoch, start.Base, start.Head, start.IdBase, cold);
    }

    /// <summary>The engine's retention has moved, or its log was cleared.</summary>
    public void Retain(long first, long lostThrough, long clearedThrough)
    {
        if (Log.Current?.Cold is not { } cold) return;
        var cleared = clearedThrough > cold.ClearedThrough;
        cold.Retain(first, lostThrough, clearedThrough);
        // What was appended after the clear is read from the engine again.
        if (cleared) Log.Clear();
    }

    /// <summary>Appends what is next; what the log has is passed over.</summary>
    public FeedResult Append(string epoch, ReadOnlySpan<StoredEvent> events)
    {
        if (Log.Current is not { } g || g.Epoch != epoch) return FeedResult.OtherEpoch;
        foreach (ref readonly var e in events)
        {
            if (e.Offset <= g.Head) continue;
            if (e.Offset != g.Head + 1) return FeedResult.Hole;
            var buffer = FrameBuffer.Rent();
            FrameEncoder.WriteStored(buffer, e);
            Log.AppendDecided(FrameEncoder.Stored(buffer, e));
        }
        return FeedResult.Appended;
    }

    /// <summary>A comment or a retry, for readers that are here now.</summary>
    /// <param name="e">An event without data.</param>
    /// <param name="at">Milliseconds since 1970.</param>
    public void AppendTransient(SseEvent e, long at)
    {
        if (Log.Current is null) return;
        var buffer = FrameBuffer.Rent();
        Log.Append(FrameEncoder.Encode(buffer, new AppendItem(e, default), Log.Options, at), out _);
    }

    /// <summary>Replaces the options.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    public void SetOptions(StreamOptions options, long now)
    {
        if (Normal(options) is var next && next != Log.Options) Log.SetOptions(next, now);
    }

    /// <summary>The stream does not exist any more, or nobody reads it here: frees what the log holds.</summary>
    public void End()
    {
        Log.Current?.Cold?.End();
        Log.End();
    }

    /// <summary>
    /// Drops the oldest chunk of the local log because the node's bound is exceeded; the engine keeps the events. False when there is only
    /// one.
    /// </summary>
    /// <param name="now">Milliseconds since 1970.</param>
    public bool Shrink(long now) => Log.TrimOldestChunk(now);

    private StreamOptions Normal(StreamOptions options) =>
        options.SlowReader == SlowReaderPolicy.Wait && !_keepsWait ? options with { SlowReader = SlowReaderPolicy.Skip } : options;
}
