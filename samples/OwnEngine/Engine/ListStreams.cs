using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;

namespace OwnEngine.Engine;

/// <summary>All streams, under one lock: short memory work, and the simplest way to one order per stream.</summary>
internal sealed class ListStreams(ListEngine engine, ILogger logger) : IStreamEngine
{
    // So long a removed stream goes on with its epoch when it is created again.
    private static readonly TimeSpan RemovedMemory = TimeSpan.FromHours(24);

    // In the order in which streams are listed. Removed ones and those that readers only wait for are here too.
    private readonly SortedDictionary<string, ListStream> _streams = new(StringComparer.Ordinal);
    private readonly ColdCache _cache = new(16L << 20);
    private LogBudget _budget = new(long.MaxValue);
    private HubOptions _options = new();
    private int _existing;

    /// <summary>
    /// The lock. No sink is called under it: a sink may end a connection on this thread, which takes a lock of the hub, and the hub calls
    /// <see cref="AttachAsync"/> under that lock.
    /// </summary>
    internal Lock Gate { get; } = new();

    internal long Bytes
    {
        get
        {
            lock (Gate) return _streams.Values.Sum(static s => s.Bytes) + _budget.Used + _cache.Bytes;
        }
    }

    private long Now => (engine.Host?.Time ?? TimeProvider.System).GetUtcNow().ToUnixTimeMilliseconds();

    internal void Start(HubOptions options)
    {
        _options = options;
        _budget = new LogBudget(options);
    }

    public ValueTask AppendAsync(
        string stream, ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ListAttachment[] attached;
        // One hold for all items: what is accepted has consecutive offsets.
        lock (Gate)
        {
            for (var i = 0; i < items.Length; i++) results.Span[i] = Append(stream, items.Span[i]);
            attached = AttachmentsOf(stream);
        }
        Changed(attached);
        return ValueTask.CompletedTask;
    }

    /// <summary>Always decides, because it never has to wait. An engine that asks somebody else returns false.</summary>
    public bool TryAppend(string stream, in AppendItem item, out AppendResult result)
    {
        ListAttachment[] attached;
        lock (Gate)
        {
            result = Append(stream, item);
            attached = AttachmentsOf(stream);
        }
        Changed(attached);
        return true;
    }

    public ValueTask<IStreamAttachment> AttachAsync(string stream, IStreamSink sink, CancellationToken cancellation)
    {
        lock (Gate) return new(new ListAttachment(this, FindOrAdd(stream), sink, _budget.Of(stream), _cache, OnFault));
    }

    public ValueTask<HistoryPage> ReadAsync(string stream, StreamPosition? after, int limit, CancellationToken cancellation)
    {
        lock (Gate)
        {
            if (engine.Host is null) return new(NoPage(HistoryState.Unavailable));
            return new(Existing(stream) is { } found ? History.Read(found, after, limit, Now) : NoPage(HistoryState.NoStream));
        }

        static HistoryPage NoPage(HistoryState state) => new() { State = state, Events = [], Head = StreamPosition.BeforeFirst };
    }

    public ValueTask<CreateStreamResult> CreateAsync(string stream, StreamOptions? options, CancellationToken cancellation)
    {
        CreateStreamResult result;
        ListAttachment[] attached;
        lock (Gate)
        {
            if (engine.Host is null) return new(new CreateStreamResult(CreateStreamStatus.Unavailable, null, "The engine does not serve."));
            result = Create(stream, options);
            attached = AttachmentsOf(stream);
        }
        Changed(attached);
        return new(result);
    }

    public ValueTask<EngineAnswer<bool>> RemoveAsync(string stream, CancellationToken cancellation)
    {
        ListAttachment[] attached;
        lock (Gate)
        {
            if (engine.Host is null) return default;
            if (Existing(stream) is not { } found) return EngineAnswer.Of(false);
            attached = found.Attachments;
            Remove(found, byCall: true);
        }
        foreach (var attachment in attached) attachment.Sink.OnRemoved();
        return EngineAnswer.Of(true);
    }

    public ValueTask<EngineAnswer<bool>> ClearAsync(string stream, CancellationToken cancellation)
    {
        ListAttachment[] attached;
        lock (Gate)
        {
            if (engine.Host is null) return default;
            if (Existing(stream) is not { } found) return EngineAnswer.Of(false);
            found.Clear();
            attached = found.Attachments;
        }
        Changed(attached);
        return EngineAnswer.Of(true);
    }

    public ValueTask<EngineAnswer<bool>> ExistsAsync(string stream, CancellationToken cancellation)
    {
        lock (Gate) return engine.Host is null ? default : EngineAnswer.Of(Existing(stream) is not null);
    }

    public ValueTask<EngineAnswer<StreamInfo?>> GetAsync(string stream, CancellationToken cancellation)
    {
        lock (Gate)
        {
            return engine.Host is null ? default : EngineAnswer.Of(Existing(stream) is { } found ? History.Describe(found) : null);
        }
    }

    public ValueTask<EngineAnswer<Page<StreamInfo>>> ListAsync(
        string? prefix, string? after, int limit, CancellationToken cancellation)
    {
        lock (Gate)
        {
            if (engine.Host is null) return default;
            var listed = _streams.Values
                .Where(s => s.Exists && s.Name[0] != '$' && s.Name.StartsWith(prefix ?? "", StringComparison.Ordinal)
                    && string.CompareOrdinal(s.Name, after) > 0)
                .Take(limit + 1).Select(History.Describe).ToList();
            if (listed.Count <= limit) return EngineAnswer.Of(new Page<StreamInfo>(listed, null));
            listed.RemoveAt(limit);
            return EngineAnswer.Of(new Page<StreamInfo>(listed, listed[^1].Name));
        }
    }

    public ValueTask<EngineAnswer<bool>> WasRemovedAsync(string stream, CancellationToken cancellation)
    {
        lock (Gate)
        {
            if (engine.Host is null) return default;
            return EngineAnswer.Of(_streams.GetValueOrDefault(stream) is { Exists: false, Removed: { ByCall: true } removed }
                && Now - removed.At < (long)_options.RemovedStreamMemory.TotalMilliseconds);
        }
    }

    internal void Sweep()
    {
        lock (Gate)
        {
            var now = Now;
            foreach (var stream in _streams.Values.ToArray())
            {
                stream.Trim(now);
                stream.Keys.Expire(now);
                foreach (var attachment in stream.Attachments) attachment.Log.TrimByAge(now);
                if (stream.Attachments.Length > 0) continue;
                if (stream.Exists ? IsIdle(stream, now) : IsForgotten(stream, now)) Drop(stream);
            }
            Shrink(now);
        }

        void Drop(ListStream stream)
        {
            if (stream.Exists) Remove(stream, byCall: false);
            else _streams.Remove(stream.Name);
        }
    }

    internal void Detach(ListAttachment attachment)
    {
        lock (Gate)
        {
            var stream = attachment.Stream;
            stream.Attachments = [.. stream.Attachments.Where(other => other != attachment)];
            attachment.Feed.End();
            // Names that readers waited for in vain must not add up.
            var isPlaceholder = stream is { Epoch: null, Attachments: [] } && _streams.GetValueOrDefault(stream.Name) == stream;
            if (isPlaceholder) _streams.Remove(stream.Name);
        }
    }

    private AppendResult Append(string name, in AppendItem item)
    {
        if (engine.Host is null) return Refuse(PublishStatus.Unavailable, "The engine does not serve.");
        if (Existing(name) is not { } stream)
        {
            // Streams of zones and broadcasts, whose names begin with $, are the hub's own and are created when they are needed.
            var mayCreate = name[0] == '$'
                || ((item.Options.CreateStream ?? _options.AutoCreate) && !EventRules.IsTransient(item.Event));
            if (!mayCreate) return Refuse(PublishStatus.NoStream, $"The stream '{name}' does not exist.");
            if (Add(name, null, declared: false) is not { } created) return Refuse(PublishStatus.LimitReached, TooMany);
            stream = created;
        }
        if (EventRules.CheckFor(item.Event, stream.Options) is { } fault) return Refuse(PublishStatus.Invalid, fault);
        if (item.Options.IdempotencyKey is null) return stream.Append(item, Now);

        var hash = EventHash.Of(new ReadOnlySpan<AppendItem>(in item));
        if (stream.Keys.Find(item.Options, hash, stream.Position, Now) is { } known) return known;
        var answer = stream.Append(item, Now);
        stream.Keys.Add(item.Options, hash, answer, Now);
        return answer;

        static AppendResult Refuse(PublishStatus status, string error) => new(status, StreamPosition.BeforeFirst) { Error = error };
    }

    private CreateStreamResult Create(string name, StreamOptions? options)
    {
        if (Existing(name) is not { } stream)
        {
            return Add(name, options, declared: true) is { } created
                ? new(CreateStreamStatus.Created, History.Describe(created))
                : new(CreateStreamStatus.LimitReached, null, TooMany);
        }
        stream.Declared = true;
        var changes = options is not null && options != stream.Options;
        if (changes) stream.SetOptions(options!, Now);
        return new(changes ? CreateStreamStatus.Updated : CreateStreamStatus.Unchanged, History.Describe(stream));
    }

    // Null when there are as many streams as there may be.
    private ListStream? Add(string name, StreamOptions? options, bool declared)
    {
        if (_existing >= _options.MaxStreams) return null;
        _existing++;
        var stream = FindOrAdd(name);
        stream.Create(options, declared, DateTimeOffset.FromUnixTimeMilliseconds(Now));
        return stream;
    }

    // Who is still attached reads the removed stream to its end; its successor in the table has none of its events.
    private void Remove(ListStream stream, bool byCall)
    {
        _existing--;
        _streams[stream.Name] = ListStream.After(stream, DefaultsOf(stream.Name), byCall, Now);
    }

    // The node's bound: local copies for readers go first, then the oldest events of the largest streams.
    private void Shrink(long now)
    {
        foreach (var attachment in _streams.Values.SelectMany(static s => s.Attachments))
        {
            while (_budget.IsExceeded && attachment.Feed.Shrink(now))
            {
            }
        }
        var excess = Bytes - _options.MaxLogBytes;
        foreach (var stream in _streams.Values.OrderByDescending(static s => s.Bytes).ToArray())
        {
            if (excess <= 0) return;
            excess -= stream.Shrink(excess, now);
        }
    }

    private static bool IsIdle(ListStream stream, long now) =>
        !stream.Declared && stream.First > stream.Head && stream.Keys.Count == 0
        && stream.Options.IdleRemoval is { } idle && now - stream.LastActivity > (long)idle.TotalMilliseconds;

    private static bool IsForgotten(ListStream stream, long now) =>
        stream.Removed is { } removed && now - removed.At > (long)RemovedMemory.TotalMilliseconds;

    private static void Changed(ListAttachment[] attached)
    {
        foreach (var attachment in attached) attachment.Sink.OnChanged();
    }

    private string TooMany => $"There are {_options.MaxStreams} streams, the most allowed.";

    private ListStream? Existing(string name) => _streams.GetValueOrDefault(name) is { Exists: true } stream ? stream : null;

    private ListAttachment[] AttachmentsOf(string name) => _streams.GetValueOrDefault(name)?.Attachments ?? [];

    private StreamOptions DefaultsOf(string name) => _options.DefaultsOf(name);

    private ListStream FindOrAdd(string name) => _streams.TryGetValue(name, out var stream)
        ? stream
        : _streams[name] = new ListStream(name, DefaultsOf(name), new KeyTable(_options.MaxIdempotencyKeys, _options.IdempotencyWindow));

    private void OnFault(Exception fault) => logger.LogError(fault, "A page of history could not be read.");
}
