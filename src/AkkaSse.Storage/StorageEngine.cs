using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Engine.InProcess;
using AkkaSse.Storage.Store;
using AkkaSse.Storage.Streams;
using AkkaSse.Storage.Values;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AkkaSse.Storage;

/// <summary>
/// The in-process engine with a data directory: an event is acknowledged and delivered when it is stored, and streams, positions,
/// idempotency keys, values and refusals outlive the process.
/// </summary>
/// <remarks>
/// One node. Epochs go on over a stop and over a crash when nothing can be missing; otherwise all streams, or those that are damaged, begin
/// new ones, which readers are told. While the disk is full or fails, publishes are refused and readers go on. Thread-safe.
/// </remarks>
public sealed class StorageEngine : IHubEngine
{
    private readonly StorageOptions _options;
    private readonly ILogger _logger;
    private readonly Func<StorageOptions, ILogStore>? _open;
    private readonly InProcessEngine _memory = new();
    private ILogStore? _store;
    private StoreWriter? _writer;
    private StorageMetrics? _metrics;
    private DurableStreams? _streams;
    private DurableValues? _values;
    private DurableClaims? _claims;
    private IEngineHost? _host;
    private int _state = (int)EngineState.Starting;

    /// <summary>Makes an engine; it works after <see cref="StartAsync"/>.</summary>
    /// <param name="options">Validated here.</param>
    /// <param name="logger">Payloads are not logged.</param>
    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    public StorageEngine(StorageOptions options, ILogger<StorageEngine>? logger = null)
        : this(options, logger, null)
    {
    }

    // Another store, for tests of what happens when a disk fails.
    internal StorageEngine(StorageOptions options, ILogger? logger, Func<StorageOptions, ILogStore>? open)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfInvalid(nameof(options));
        _options = options;
        _logger = logger ?? NullLogger.Instance;
        _open = open;
    }

    /// <inheritdoc/>
    public string Name => "storage";

    /// <inheritdoc/>
    public EngineState State => (EngineState)Volatile.Read(ref _state);

    /// <inheritdoc/>
    public IStreamEngine Streams => _streams ?? throw NotStarted();

    /// <inheritdoc/>
    public IClaimEngine Claims => _claims ?? throw NotStarted();

    /// <inheritdoc/>
    public INodeEngine Nodes => _memory;

    /// <inheritdoc/>
    public IKeyValueEngine Values => _values ?? throw NotStarted();

    /// <inheritdoc/>
    public long LogBytes => _streams?.Budget.Used ?? 0;

    /// <inheritdoc/>
    public async ValueTask StartAsync(IEngineHost host, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(host);
        if (_host is not null) throw new InvalidOperationException("An engine is started once.");
        _host = host;
        await _memory.StartAsync(new Quiet(host), cancellation).ConfigureAwait(false);
        try
        {
            await Task.Run(() => Open(host), cancellation).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            throw new EngineStartException(
                nameof(StorageOptions.Directory), $"The directory '{_options.Directory}' cannot be used: {e.Message}", e);
        }
        await _claims!.StartAsync(_writer!, _store!.Records(), cancellation).ConfigureAwait(false);
        Change(EngineState.Ready);
    }

    /// <inheritdoc/>
    public ValueTask DrainAsync(CancellationToken cancellation) => _memory.DrainAsync(cancellation);

    /// <inheritdoc/>
    public void Sweep()
    {
        _streams?.Sweep();
        _values?.Sweep();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _state, (int)EngineState.Down);
        _streams?.Stop();
        _values?.Stop();
        await _memory.DisposeAsync().ConfigureAwait(false);
        if (_store is null) return;
        await Task.Run(() =>
        {
            // What was taken is stored first.
            _writer?.Dispose();
            _store.Dispose();
        }).ConfigureAwait(false);
        _metrics?.Dispose();
    }

    /// <summary>Completes when everything that was asked for before is decided and stored.</summary>
    internal Task SettleAsync() => _streams!.SettleAsync();

    private void Open(IEngineHost host)
    {
        var began = host.Time.GetTimestamp();
        var store = _store = _open is { } open ? open(_options)
            : SqliteStore.Open(_options, e => Log.Fault(_logger, e), said => Log.Rebuilt(_logger, _options.Directory, said));
        _metrics = new StorageMetrics(() => store.SizeBytes);
        _streams = new DurableStreams(host, store, _options.HistoryCacheBytes, e => Log.Fault(_logger, e),
            (stream, through, reason) => Log.Fenced(_logger, stream.Name, through, reason));
        _values = new DurableValues(host.Time);
        _claims = new DurableClaims(_memory.Claims, host.Time);
        var doubt = store.Doubt;
        var streams = 0;
        foreach (var _ in store.Logs()) streams++;
        var begun = _streams.Recover((name, reason) => Log.NewEpoch(_logger, name, reason));
        if (doubt is not null) Log.Doubted(_logger, doubt, begun);
        if (store.Damaged > 0) Log.RowsDamaged(_logger, store.Damaged);
        _writer = new StoreWriter(store, host.Time, _options.MaxPendingBytes, Broken, e => Log.Fault(_logger, e), _metrics);
        _streams.Start(_writer);
        _values.Start(_writer, store.Records());
        var took = host.Time.GetElapsedTime(began);
        _metrics.Recovered(took, streams);
        Log.Opened(_logger, _options.Directory, streams, took);
    }

    // A commit failed for another reason than a full disk.
    private void Broken(Exception fault)
    {
        Log.CommitFailed(_logger, fault);
        if (fault is not StoreException) Change(EngineState.Down);
    }

    private void Change(EngineState state)
    {
        if (Interlocked.Exchange(ref _state, (int)state) != (int)state) _host!.OnStateChanged(state);
    }

    private static InvalidOperationException NotStarted() => new("The engine is not started.");

    /// <summary>The host of the half that is in memory: what it says of its state is not the engine's.</summary>
    private sealed class Quiet(IEngineHost host) : IEngineHost
    {
        public HubOptions Options => host.Options;

        public TimeProvider Time => host.Time;

        public void OnStateChanged(EngineState state)
        {
        }

        public void OnClaimLost(string zone, string client, long generation, CloseReason reason) =>
            host.OnClaimLost(zone, client, generation, reason);

        public ValueTask<ReadOnlyMemory<byte>> OnRequestAsync(string node, ReadOnlyMemory<byte> message, CancellationToken cancellation) =>
            host.OnRequestAsync(node, message, cancellation);
    }
}
