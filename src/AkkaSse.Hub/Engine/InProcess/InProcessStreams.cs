using System.Collections.Concurrent;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Engine.InProcess;

/// <summary>The logs of the in-process engine.</summary>
internal sealed partial class InProcessStreams : IRunKeyEngine
{
    // Beyond this the oldest is forgotten, and streams created from then on begin an epoch of their own.
    private const int MaxTombstones = 100_000;


    private readonly IEngineHost _host;
    private readonly ConcurrentDictionary<string, InProcessStream> _streams = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tombstone> _tombstones = new(StringComparer.Ordinal);
    private readonly Queue<(string Name, long At)> _tombstoneOrder = new();
    private readonly SortedSet<string> _names = new(StringComparer.Ordinal);

    // Creation, removal, attaching and lists; appends to existing streams never take it.
    private readonly Lock _directory = new();
    // Streams that exist, those of zones and broadcasts included.
    private int _existing;
    private readonly NamespaceCounts _counts;
    private readonly long _idBase;
    private string _epoch = Epochs.New('m');
    private volatile bool _stopped;

    internal InProcessStreams(IEngineHost host)
    {
        _host = host;
        Budget = new LogBudget(host.Options);
        _counts = new NamespaceCounts(host.Options);
        // Memory does not know which offsets earlier processes issued; the clock does.
        _idBase = DecimalIds.Base(host.Time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    internal LogBudget Budget { get; }

    private long Now => _host.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public ValueTask AppendAsync(
        string stream, ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var done = AppendFrom(stream, items.Span, results.Span, 0);
        return done == items.Length ? ValueTask.CompletedTask : AppendWhenSpaceAsync(stream, items, results, done);
    }

    public bool TryAppend(string stream, in AppendItem item, out AppendResult result)
    {
        result = default;
        return AppendFrom(stream, new ReadOnlySpan<AppendItem>(in item), new Span<AppendResult>(ref result), 0) == 1;
    }

    public ValueTask<IStreamAttachment> AttachAsync(string stream, IStreamSink sink, CancellationToken cancellation)
    {
        lock (_directory)
        {
            var s = _streams.GetOrAdd(stream, static (name, self) => self.NewStream(name), this);
            lock (s.Log.SyncRoot) s.Sink = sink;
            if (!s.Exists && s.Log.Current is null && _tombstones.TryGetValue(stream, out var left))
                s.Log.Begin(left.Epoch, left.Base, left.Head, left.IdBase);
            return new(new Attachment(this, s, sink));
        }
    }

    public ValueTask<HistoryPage> ReadAsync(string stream, StreamPosition? after, int limit, CancellationToken cancellation) =>
        new(!_stopped && _streams.TryGetValue(stream, out var s) && s.Exists ? HistoryReader.Read(s.Log, after, limit, Now)
            : new HistoryPage
            {
                State = _stopped ? HistoryState.Unavailable : HistoryState.NoStream,
                Events = [],
                Head = StreamPosition.BeforeFirst,
            });

    public ValueTask<EngineAnswer<bool>> WasRemovedAsync(string stream, CancellationToken cancellation)
    {
        if (_stopped) return default;
        lock (_directory)
        {
            var removed = _tombstones.TryGetValue(stream, out var left) && left.Explicit
                && Now - left.At < (long)_host.Options.RemovedStreamMemory.TotalMilliseconds;
            return EngineAnswer.Of(removed && !(_streams.TryGetValue(stream, out var s) && s.Exists));
        }
    }

    internal void Stop() => _stopped = true;

    private async ValueTask AppendWhenSpaceAsync(string name, ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results, int done)
    {
        // No cancellation from here on: items before this one are appended, so the call must say so.
        while (done < items.Length)
        {
            var deadline = _host.Time.GetTimestamp();
            while (true)
            {
                var gate = _streams.TryGetValue(name, out var s) ? s.Log.Gate : null;
                if (gate is not null)
                {
                    var left = _host.Options.PublishTimeout - _host.Time.GetElapsedTime(deadline);
                    await gate.MakeSpaceAsync(s!.Log, left, _host.Time).ConfigureAwait(false);
                }
                var before = done;
                done = AppendFrom(name, items.Span, results.Span, done);
                gate?.Progressed();
                if (done > before || done == items.Length) break;
            }
        }
    }

    private InProcessStream? Existing(string name, in AppendItem item, out AppendResult refusal)
    {
        refusal = default;
        if (_streams.TryGetValue(name, out var s) && s.Exists && !s.Removed) return s;
        var isInternal = name[0] == '$';
        if (!isInternal && !(item.Options.CreateStream ?? _host.Options.AutoCreate))
        {
            refusal = new AppendResult(PublishStatus.NoStream, StreamPosition.BeforeFirst)
            {
                Error = $"The stream '{name}' does not exist.",
            };
            return null;
        }
        // A comment or a retry has nobody to reach on a stream that does not exist, and creates none.
        if (!isInternal && EventRules.IsTransient(item.Event) && s is null)
        {
            refusal = new AppendResult(PublishStatus.NoStream, StreamPosition.BeforeFirst)
            {
                Error = $"The stream '{name}' does not exist, and an event without data creates none.",
            };
            return null;
        }
        lock (_directory)
        {
            TryCreate(name, null, declared: false, out var created, out var limit);
            if (created is not null) return created;
            refusal = new AppendResult(PublishStatus.LimitReached, StreamPosition.BeforeFirst) { Error = limit };
            return null;
        }
    }

    private InProcessStream NewStream(string name) =>
        new(name, new StreamLog(_host.Options.DefaultsOf(name), Budget.Of(name)));

    private sealed class Attachment(InProcessStreams engine, InProcessStream stream, IStreamSink sink) : IStreamAttachment
    {
        public StreamLog Log => stream.Log;

        public bool Exists => stream.Exists;

        public ValueTask DisposeAsync()
        {
            engine.Detach(stream, sink);
            return ValueTask.CompletedTask;
        }
    }
}
