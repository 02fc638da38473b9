using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Engine.InProcess;
using AkkaSse.Hub.Streams;
using AkkaSse.Storage.Store;

namespace AkkaSse.Storage.Streams;

/// <summary>
/// One stream that is kept in the store: the end of its log in memory, which readers read, and what decides appends and retention. What is
/// not in memory comes from the store, page by page.
/// </summary>
/// <remarks>
/// Fields are written by the writer's thread. "Planned" is what is decided and not yet durable: nobody but the writer sees it.
/// </remarks>
internal sealed class DurableStream : IColdSource
{
    private readonly DurableStreams _streams;
    private long _first = 1;
    private bool _exists;
    private bool _removed;
    private IStreamSink? _sink;

    internal DurableStream(DurableStreams streams, string name, StreamOptions options)
    {
        _streams = streams;
        Name = name;
        Feed = new StreamFeed(options, streams.Budget.Of(name), streams.Cold, this, streams.Fault, keepsWait: true);
        Front = new RetentionFront(this);
    }

    internal string Name { get; }

    internal StreamFeed Feed { get; }

    /// <summary>The log's number in the store; 0 while it has none.</summary>
    internal long Number { get; set; }

    internal StreamLog Log => Feed.Log;

    internal bool Exists { get => Volatile.Read(ref _exists); set => Volatile.Write(ref _exists, value); }

    /// <summary>It was removed; one that is created again is another object.</summary>
    internal bool Removed { get => Volatile.Read(ref _removed); set => Volatile.Write(ref _removed, value); }

    internal IStreamSink? Sink { get => Volatile.Read(ref _sink); set => Volatile.Write(ref _sink, value); }

    internal bool Declared { get; set; }

    internal DateTimeOffset CreatedAt { get; set; }

    internal long LastActivity { get; set; }

    internal IdempotencyTable? Keys { get; set; }

    internal string Epoch { get; set; } = StreamPosition.NoEpoch;

    internal long Base { get; set; }

    internal long IdBase { get; set; }

    /// <summary>Offset of the oldest retained event; the head + 1 when there is none.</summary>
    internal long First { get => Volatile.Read(ref _first); set => Volatile.Write(ref _first, value); }

    internal long LostThrough { get; set; }

    internal long ClearedThrough { get; set; }

    /// <summary>Bytes of all events that it ever had.</summary>
    internal long TotalBytes { get; set; }

    internal bool HasIds { get; set; }

    internal RetentionFront Front { get; }

    internal bool PlannedExists { get; set; }

    internal long PlannedHead { get; set; }

    internal long PlannedTotal { get; set; }

    /// <summary>Its events in this turn; null when it has none.</summary>
    internal TurnRun? Run { get; set; }

    internal StreamPosition PlannedPosition => new(Epoch, PlannedHead);

    /// <summary>Bytes of what is retained.</summary>
    internal long RetainedBytes => First > Log.Head.Offset ? 0 : TotalBytes - Front.TotalBefore;

    /// <summary>Where the stream stands, for its log in memory: that begins at the head, what is before comes from the store.</summary>
    internal FeedStart StartAt(long head) => new(Epoch, Base, head, IdBase)
    {
        First = First,
        LostThrough = LostThrough,
        ClearedThrough = ClearedThrough,
    };

    internal LogMeta Meta(long head, long total) => new()
    {
        Epoch = Epoch,
        Base = Base,
        Head = head,
        IdBase = IdBase,
        First = First,
        LostThrough = LostThrough,
        ClearedThrough = ClearedThrough,
        TotalBytes = total,
        Declared = Declared,
        HasIds = HasIds,
        CreatedAt = CreatedAt.ToUnixTimeMilliseconds(),
        Options = Log.Options,
    };

    internal StreamInfo Info()
    {
        var head = Log.Head;
        return new StreamInfo
        {
            Name = Name,
            Epoch = head.Epoch,
            Head = head.Offset,
            First = First,
            Bytes = RetainedBytes,
            Options = Log.Options,
            Declared = Declared,
            CreatedAt = CreatedAt,
        };
    }

    /// <summary>Retention has moved: readers of history are told the gap from now on.</summary>
    internal void Retained() => Feed.Retain(First, LostThrough, ClearedThrough);

    ValueTask<IReadOnlyList<StoredEvent>?> IColdSource.ReadAsync(string epoch, long from, long to, CancellationToken cancellation) =>
        _streams.History.PageAsync(this, epoch, from, to, cancellation);
}

/// <summary>A node's hold on a stream.</summary>
internal sealed class DurableAttachment(DurableStreams streams, DurableStream stream, IStreamSink sink) : IRemoteAttachment
{
    public StreamLog Log => stream.Log;

    public bool Exists => stream.Exists;

    // The log is fed by this process alone, and nothing is accepted before it is in it.
    public ValueTask SyncAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    public ValueTask<long> FirstAtAsync(DateTimeOffset at, CancellationToken cancellation) =>
        streams.History.FirstAtAsync(stream, at.ToUnixTimeMilliseconds(), cancellation);

    public ValueTask<StreamPosition?> FindIdAsync(string id, CancellationToken cancellation) =>
        streams.History.FindIdAsync(stream, id, cancellation);

    public ValueTask DisposeAsync()
    {
        streams.Detach(stream, sink);
        return ValueTask.CompletedTask;
    }
}

/// <summary>The events of one stream in one commit, which become one row or, when they are many, some.</summary>
internal sealed class TurnRun(DurableStream stream, long first)
{
    // A row is read as a whole: a page of history (256 events) does not read much more than it needs.
    private const int MaxBytes = 256 << 10;
    private const int MaxEvents = 1_024;

    private readonly List<(StoredEvent Event, PublishOptions Options)> _events = [];

    internal void Add(in StoredEvent e, in PublishOptions options) => _events.Add((e, options));

    /// <summary>Writes the rows.</summary>
    internal void Seal(StoreTurn turn)
    {
        var (begin, bytes) = (first, turn.RunBytes);
        bytes.ResetWrittenCount();
        var (expiry, withoutEnd, count) = (0L, false, 0);
        for (var i = 0; i < _events.Count; i++)
        {
            var (e, options) = _events[i];
            RunCodec.Write(bytes, turn.EventBytes, e, options);
            expiry = Math.Max(expiry, e.Expiry);
            withoutEnd |= e.Expiry == 0;
            count++;
            if (i + 1 < _events.Count && bytes.WrittenCount < MaxBytes && count < MaxEvents) continue;
            stream.PlannedTotal += bytes.WrittenCount;
            var header = new RunHeader(stream.Number, begin, begin + count - 1, turn.Now, withoutEnd ? -expiry : expiry,
                bytes.WrittenCount, stream.PlannedTotal);
            turn.Batch.Append(header, bytes.WrittenSpan);
            Headers.Add(header);
            begin += count;
            (expiry, withoutEnd, count) = (0, false, 0);
            bytes.ResetWrittenCount();
        }
    }

    internal List<RunHeader> Headers { get; } = [];
}
