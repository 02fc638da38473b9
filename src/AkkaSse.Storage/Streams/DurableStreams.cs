using System.Collections.Concurrent;
using System.Globalization;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Engine.InProcess;
using AkkaSse.Hub.Streams;
using AkkaSse.Storage.Store;

namespace AkkaSse.Storage.Streams;

/// <summary>The streams of a data directory: reading, attaching, and what commands decide and apply.</summary>
internal sealed partial class DurableStreams : IRunKeyEngine
{
    private readonly IEngineHost _host;
    private readonly ILogStore _store;
    private readonly ConcurrentDictionary<string, DurableStream> _streams = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StoredTombstone> _tombstones = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _names = new(StringComparer.Ordinal);

    // Logs of removed streams whose runs are being deleted, in steps, by number: those below an offset. A stream that is created again
    // goes on in the same log, above it.
    private readonly Dictionary<long, long> _garbage = [];

    // Lists, attaching, and what the writer's thread changes of them.
    private readonly Lock _directory = new();
    private StoreWriter? _writer;
    private int _existing;
    private readonly NamespaceCounts _counts;
    private long _lastNumber;
    private int _sweeping;
    private volatile bool _stopped;

    internal DurableStreams(
        IEngineHost host, ILogStore store, long cacheBytes, Action<Exception> fault, Action<DurableStream, long, string> fenced)
    {
        _host = host;
        _store = store;
        Fault = fault;
        Budget = new LogBudget(host.Options);
        _counts = new NamespaceCounts(host.Options);
        Cold = new ColdCache(cacheBytes);
        KeyWindow = (long)host.Options.IdempotencyWindow.TotalMilliseconds;
        History = new StoredHistory(store, host.Time, (stream, through, reason) =>
        {
            fenced(stream, through, reason);
            _writer?.TryAdd(new FenceCommand(stream, through));
        });
    }

    internal LogBudget Budget { get; }

    internal ColdCache Cold { get; }

    internal Action<Exception> Fault { get; }

    internal StoredHistory History { get; }

    /// <summary>How long idempotency keys are kept, in milliseconds.</summary>
    internal long KeyWindow { get; }

    private long Now => _host.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Begins to take commands; what the store has was taken over before.</summary>
    internal void Start(StoreWriter writer) => _writer = writer;

    internal void Stop() => _stopped = true;

    public async ValueTask AppendAsync(
        string stream, ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        // No cancellation from here on: what is before the item that waits is appended, so the call must say so.
        for (var done = 0; done < items.Length;)
        {
            var command = new AppendCommand(this, stream, items, results, done);
            if (_stopped || !_writer!.TryAdd(command))
            {
                results.Span[done..].Fill(_stopped
                    ? new AppendResult(PublishStatus.Closed, StreamPosition.BeforeFirst) { Error = "The hub has stopped." }
                    : new AppendResult(PublishStatus.Unavailable, StreamPosition.BeforeFirst)
                    {
                        Error = "Too much waits for the disk; nothing was appended.",
                    });
                return;
            }
            done = await command.Done.ConfigureAwait(false);
            if (done < items.Length) await WaitForReadersAsync(stream).ConfigureAwait(false);
        }
    }

    public bool TryAppend(string stream, in AppendItem item, out AppendResult result)
    {
        result = default;
        // Nothing is accepted before it is stored; what is not stored need not wait.
        if (_stopped || !EventRules.IsTransient(item.Event) || item.Options.IdempotencyKey is not null
            || !_streams.TryGetValue(stream, out var s) || !s.Exists || s.Removed)
            return false;
        if (EventRules.CheckFor(item.Event, s.Log.Options) is { } fault)
        {
            result = new AppendResult(PublishStatus.Invalid, s.Log.Head) { Error = fault };
            return true;
        }
        s.Feed.AppendTransient(item.Event, Now);
        result = new AppendResult(PublishStatus.Accepted, s.Log.Head);
        s.Sink?.OnChanged();
        return true;
    }

    public ValueTask<IStreamAttachment> AttachAsync(string stream, IStreamSink sink, CancellationToken cancellation)
    {
        lock (_directory)
        {
            var s = _streams.GetOrAdd(stream, static (name, self) => self.NewStream(name), this);
            s.Sink = sink;
            if (!s.Exists && s.Log.Current is null && _tombstones.TryGetValue(stream, out var left))
            {
                left.Restore(s);
                s.Feed.Begin(s.StartAt(left.Head));
            }
            return new(new DurableAttachment(this, s, sink));
        }
    }

    public async ValueTask<HistoryPage> ReadAsync(string stream, StreamPosition? after, int limit, CancellationToken cancellation)
    {
        if (_stopped) return new HistoryPage { State = HistoryState.Unavailable, Events = [], Head = StreamPosition.BeforeFirst };
        if (!_streams.TryGetValue(stream, out var s) || !s.Exists)
            return new HistoryPage { State = HistoryState.NoStream, Events = [], Head = StreamPosition.BeforeFirst };
        try
        {
            return await History.ReadAsync(s, after, limit, cancellation).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            Fault(e);
            return new HistoryPage { State = HistoryState.Unavailable, Events = [], Head = s.Log.Head };
        }
    }

    public ValueTask<EngineAnswer<bool>> ExistsAsync(string stream, CancellationToken cancellation) =>
        _stopped ? default : EngineAnswer.Of(_streams.TryGetValue(stream, out var s) && s.Exists);

    public ValueTask<EngineAnswer<StreamInfo?>> GetAsync(string stream, CancellationToken cancellation) =>
        _stopped ? default : EngineAnswer.Of(_streams.TryGetValue(stream, out var s) && s.Exists && !s.Removed ? s.Info() : null);

    public ValueTask<EngineAnswer<Page<StreamInfo>>> ListAsync(
        string? prefix, string? after, int limit, CancellationToken cancellation)
    {
        if (_stopped) return default;
        lock (_directory)
        {
            return EngineAnswer.Of(NamePage.Of(
                _names, prefix, after, limit, name => _streams.TryGetValue(name, out var s) && s.Exists ? s.Info() : null));
        }
    }

    public ValueTask<EngineAnswer<bool>> WasRemovedAsync(string stream, CancellationToken cancellation)
    {
        if (_stopped) return default;
        lock (_directory)
        {
            var removed = _tombstones.TryGetValue(stream, out var left) && left.IsExplicit
                && Now - left.At < (long)_host.Options.RemovedStreamMemory.TotalMilliseconds;
            return EngineAnswer.Of(removed && !(_streams.TryGetValue(stream, out var s) && s.Exists));
        }
    }

    internal void Detach(DurableStream s, IStreamSink sink)
    {
        lock (_directory)
        {
            if (!ReferenceEquals(s.Sink, sink)) return;
            s.Sink = null;
            if (s.Removed) s.Feed.End();
            else if (!s.Exists && !s.PlannedExists) Forget(s);
        }
    }

    internal IdempotencyTable KeysOf(DurableStream s) =>
        s.Keys ??= new IdempotencyTable(_host.Options.MaxIdempotencyKeys, _host.Options.IdempotencyWindow);

    private DurableStream NewStream(string name) =>
        new(this, name, _host.Options.DefaultsOf(name));

    // Under the directory's lock: nobody reads it and it does not exist.
    private void Forget(DurableStream s)
    {
        _streams.TryRemove(new KeyValuePair<string, DurableStream>(s.Name, s));
        s.Feed.End();
    }

    private async ValueTask WaitForReadersAsync(string name)
    {
        if (!_streams.TryGetValue(name, out var s) || s.Log.Gate is not { } gate) return;
        await gate.MakeSpaceAsync(s.Log, _host.Options.PublishTimeout, _host.Time).ConfigureAwait(false);
        gate.Progressed();
    }
}

/// <summary>What is left of a removed stream: where it stood, so that re-creation continues the epoch.</summary>
/// <param name="Number">The log's number.</param>
/// <param name="Meta">Where it stood.</param>
internal sealed record StoredTombstone(long Number, LogMeta Meta)
{
    internal long Head => Meta.Head;

    internal long At => Meta.RemovedAt ?? 0;

    internal bool IsExplicit => Meta.RemovedExplicitly;

    internal void Restore(DurableStream s)
    {
        s.Number = Number;
        (s.Epoch, s.Base, s.IdBase) = (Meta.Epoch, Meta.Base, Meta.IdBase);
        (s.First, s.LostThrough, s.ClearedThrough) = (Meta.Head + 1, Meta.Head, Meta.ClearedThrough);
        s.TotalBytes = Meta.TotalBytes;
        s.HasIds = Meta.HasIds;
        s.Front.Begin(null, Meta.TotalBytes);
    }
}
