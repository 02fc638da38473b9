using System.Collections.Concurrent;
using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Engine.InProcess;
using AkkaSse.Hub.Streams;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AkkaSse.Hub;

/// <summary>
/// The hub on one node: what applications call (<see cref="ISseHub"/>) and what edges call (<see cref="IHubEdge"/>). Thread-safe.
/// </summary>
public sealed partial class SseHub : ISseHub, ILocalSender, IHubEdge, IEngineHost, IAsyncDisposable
{
    private readonly IHubEngine _engine;
    private readonly IHubObserver[] _observers;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ActorCount _actors = new();
    private readonly CoarseClock _clock;
    private readonly HubMetrics _metrics;
    private readonly ConnectionTable _connections;
    private readonly Arrivals _arrivals = new();
    private readonly ConcurrentDictionary<Listener, bool> _listeners = new();
    private readonly ClientHost _clientHost;
    private StreamTable? _streams;
    private ITimer? _sweeper;
    private int _sweeping;
    private readonly TaskCompletionSource<EngineStartException> _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _phase;
    private Task? _drained;
    private readonly Lock _life = new();

    /// <summary>Makes a hub; it serves after <see cref="StartAsync"/>.</summary>
    /// <param name="options">Validated here.</param>
    /// <param name="engine">Null: a new in-process engine. Owned by the hub.</param>
    /// <param name="observers">Callbacks.</param>
    /// <param name="logger">Payload text is never logged.</param>
    /// <param name="time">The only clock; the system's when null.</param>
    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    public SseHub(HubOptions? options = null, IHubEngine? engine = null, IEnumerable<IHubObserver>? observers = null, ILogger<SseHub>? logger = null, TimeProvider? time = null)
    {
        Options = options ?? new HubOptions();
        var faults = Options.Validate().ToArray();
        if (faults.Length > 0) throw new ArgumentException("The hub's options are invalid. " + string.Join(' ', faults), nameof(options));
        _engine = engine ?? new InProcessEngine();
        _observers = [.. observers ?? []];
        _logger = logger ?? NullLogger<SseHub>.Instance;
        _time = time ?? TimeProvider.System;
        _clock = new CoarseClock(_time);
        var ids = new ConnectionIds(Options.NodeName, ConnectionIds.Random(6));
        _connections = new ConnectionTable(ids);
        _metrics = new HubMetrics(() => _connections.Count, () => _streams?.Count ?? 0, () => _engine.LogBytes, () => _actors.Live);
        _clientHost = new ClientHost
        {
            Options = Options,
            Time = _time,
            Clock = _clock,
            Actors = _actors,
            Metrics = _metrics,
            Logger = _logger,
            Ids = ids,
            Ended = OnConnectionEnded,
            Left = OnStreamLeft,
        };
    }

    /// <inheritdoc/>
    public HubOptions Options { get; }

    /// <inheritdoc/>
    public ISseHub Hub => this;

    /// <inheritdoc/>
    public HubPhase Phase => (HubPhase)Volatile.Read(ref _phase);

    /// <inheritdoc/>
    public EngineState EngineState => _engine.State;

    /// <inheritdoc/>
    public IStreamDirectory Streams => this;

    /// <inheritdoc/>
    public IClientDirectory Clients => this;

    /// <inheritdoc/>
    public NodeLoad Load => new()
    {
        Node = Options.NodeName,
        Phase = Phase,
        Engine = _engine.Name,
        EngineState = _engine.State,
        Connections = _connections.Count,
        Streams = _streams?.Count ?? 0,
        Published = _metrics.Published,
        LogBytes = _engine.LogBytes,
        Actors = _actors.Live,
    };

    /// <summary>
    /// Completes when the engine has found after its start that it cannot begin its work as things are, for example because another node has this
    /// node's name. It goes on trying; whoever runs the process decides whether that is worth waiting for.
    /// </summary>
    public Task<EngineStartException> EngineRefused => _refused.Task;

    TimeProvider IEngineHost.Time => _time;

    internal ILogger Logger => _logger;

    /// <summary>Starts the engine and begins to serve.</summary>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    /// <exception cref="EngineStartException">The engine cannot begin its work, and trying again changes nothing.</exception>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        lock (_life)
        {
            if (_streams is not null || Phase != HubPhase.Created) throw new InvalidOperationException("A hub is started once.");
        }
        await _engine.StartAsync(this, cancellation).ConfigureAwait(false);
        _streams = new StreamTable(_engine.Streams, _actors, OnActorFault, Options.MaxPlaceholders);
        Volatile.Write(ref _phase, (int)HubPhase.Running);
        var period = SweepPeriod();
        _sweeper = _time.CreateTimer(static s => ((SseHub)s!).Sweep(), this, period, period);
        Log.Started(_logger, Options.NodeName, _engine.Name);
    }

    /// <summary>
    /// Refuses newcomers, tells every reader to reconnect at a moment drawn from the drain window, lets flushes in flight complete, and ends the connections; those
    /// that do not take their end within the write timeout are cut. Idempotent.
    /// </summary>
    public Task DrainAsync(CancellationToken cancellation = default)
    {
        lock (_life) return _drained ??= DrainOnceAsync(cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await DrainAsync().ConfigureAwait(false);
        lock (_life)
        {
            if (Phase == HubPhase.Stopped) return;
            Volatile.Write(ref _phase, (int)HubPhase.Stopped);
        }
        if (_sweeper is { } sweeper) await sweeper.DisposeAsync().ConfigureAwait(false);
        foreach (var listener in _listeners.Keys) listener.HubStopped();
        await _engine.DisposeAsync().ConfigureAwait(false);
        _metrics.Dispose();
        Log.Stopped(_logger, Options.NodeName);
    }

    /// <inheritdoc/>
    public TimeSpan RefusalRetry() => Options.Retry + (Options.DrainWindow * Random.Shared.NextDouble());

    void IEngineHost.OnStateChanged(EngineState state)
    {
        if (state == EngineState.Ready) Log.EngineReady(_logger, _engine.Name);
        else Log.EngineState(_logger, _engine.Name, state);
    }

    void IEngineHost.OnRefused(EngineStartException reason) => _refused.TrySetResult(reason);

    void IEngineHost.OnClaimLost(string zone, string client, long generation, CloseReason reason)
    {
        // Noted before the table is looked at: a connection enters the table before it looks at the notes, so one of the two sees the other.
        _arrivals.Lost(zone, client, generation, reason);
        foreach (var connection in _connections.FindAll(client, zone))
        {
            if (connection.Generation != generation) continue;
            if (reason == CloseReason.LeaseLost) connection.Cut(reason);
            else connection.Close(reason);
        }
    }

    private async Task DrainOnceAsync(CancellationToken cancellation)
    {
        if (Interlocked.CompareExchange(ref _phase, (int)HubPhase.Draining, (int)HubPhase.Running) != (int)HubPhase.Running) return;
        var connections = _connections.Snapshot();
        Log.Draining(_logger, Options.NodeName, connections.Length, Options.DrainWindow);
        foreach (var connection in connections) connection.Close(CloseReason.Shutdown, Options.Retry + (Options.DrainWindow * Random.Shared.NextDouble()));
        var limit = Options.WriteTimeout == Timeout.InfiniteTimeSpan ? TimeSpan.FromSeconds(5) : Options.WriteTimeout;
        var ended = Task.WhenAll(connections.Select(static c => c.Ended));
        try
        {
            await ended.WaitAsync(limit, _time, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            foreach (var connection in _connections.Snapshot()) connection.Cut(CloseReason.Shutdown);
        }
        await _engine.DrainAsync(cancellation).ConfigureAwait(false);
    }

    private TimeSpan SweepPeriod()
    {
        var shortest = Options.Heartbeat == TimeSpan.Zero ? TimeSpan.FromSeconds(1) : Options.Heartbeat;
        if (Options.WriteTimeout != Timeout.InfiniteTimeSpan && Options.WriteTimeout < shortest) shortest = Options.WriteTimeout;
        return TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 4, 5, 250));
    }

    private void Sweep()
    {
        // A timer may fire while the last sweep still runs.
        if (Interlocked.Exchange(ref _sweeping, 1) != 0) return;
        try
        {
            var now = _clock.Tick();
            var count = _connections.CopyTo(ref _swept);
            for (var i = 0; i < count; i++) _swept[i].Sweep(now);
            // An ended connection must not live on in here.
            Array.Clear(_swept, 0, count);
            if (now - _lastEngineSweep >= 1_000)
            {
                _lastEngineSweep = now;
                _engine.Sweep();
                SaveManagedPositions();
            }
        }
        catch (Exception fault)
        {
            OnActorFault(fault, "sweep");
        }
        finally
        {
            Volatile.Write(ref _sweeping, 0);
        }
    }

    private long _lastEngineSweep;
    private ClientActor[] _swept = [];

    private void OnActorFault(Exception fault, string where)
    {
        _metrics.Faults.Add(1);
        Log.Fault(_logger, fault, where);
    }
}
