using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Engine.InProcess;
using AkkaSse.Hub.Lifetime;
using AkkaSse.Hub.Nodes;
using AkkaSse.Hub.Publishing;
using AkkaSse.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AkkaSse.Hub;

/// <summary>
/// The hub on one node: what applications call (<see cref="ISseHub"/>) and what edges call (<see cref="IHubEdge"/>). Thread-safe.
/// </summary>
/// <remarks>A facade: it hands calls on to the objects that decide (<c>HubParts</c>), and starts and stops them.</remarks>
public sealed class SseHub : ISseHub, ILocalSender, IHubEdge, IEngineHost, IStreamDirectory, IClientDirectory, IAsyncDisposable
{
    private readonly IHubEngine _engine;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly HubState _state;
    private readonly StreamPublisher _publisher;
    private readonly ClientSender _sender;
    private readonly TaskCompletionSource<EngineStartException> _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _life = new();
    private bool _isStarted;

    /// <summary>Makes a hub; it serves after <see cref="StartAsync"/>.</summary>
    /// <param name="options">Validated here.</param>
    /// <param name="engine">Null: a new in-process engine. Owned by the hub.</param>
    /// <param name="observers">Callbacks.</param>
    /// <param name="logger">Payload text is never logged.</param>
    /// <param name="time">The only clock; the system's when null.</param>
    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    public SseHub(
        HubOptions? options = null,
        IHubEngine? engine = null,
        IEnumerable<IHubObserver>? observers = null,
        ILogger<SseHub>? logger = null,
        TimeProvider? time = null)
    {
        Options = options ??= new HubOptions();
        var invalid = options.Validate().ToArray();
        if (invalid.Length > 0) throw new ArgumentException("The hub's options are invalid. " + string.Join(' ', invalid), nameof(options));
        _engine = engine ??= new InProcessEngine();
        _logger = logger ?? NullLogger<SseHub>.Instance;
        _time = time ??= TimeProvider.System;
        Parts = new HubParts(options, engine, time, _logger, this, observers ?? []);
        _state = Parts.State;
        _publisher = Parts.Publisher;
        _sender = Parts.Sender;
    }

    /// <inheritdoc/>
    public HubOptions Options { get; }

    /// <inheritdoc/>
    public ISseHub Hub => this;

    /// <inheritdoc/>
    public HubPhase Phase => _state.Phase;

    /// <inheritdoc/>
    public EngineState EngineState => _engine.State;

    /// <inheritdoc/>
    public IStreamDirectory Streams => Parts.StreamDirectory;

    /// <inheritdoc/>
    public IClientDirectory Clients => Parts.ClientDirectory;

    /// <inheritdoc/>
    public NodeLoad Load => Parts.Load.Read();

    /// <summary>
    /// Completes when the engine has found after its start that it cannot begin its work as things are, for example because another node
    /// has this node's name. The engine goes on trying; the process decides whether that is worth waiting for.
    /// </summary>
    public Task<EngineStartException> EngineRefused => _refused.Task;

    TimeProvider IEngineHost.Time => _time;

    internal HubParts Parts { get; }

    /// <summary>Starts the engine and begins to serve.</summary>
    /// <exception cref="InvalidOperationException">It was started before, also when that start failed or is not over.</exception>
    /// <exception cref="ObjectDisposedException">It was stopped meanwhile.</exception>
    /// <exception cref="EngineStartException">The engine cannot begin its work, and trying again changes nothing.</exception>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        lock (_life)
        {
            if (_isStarted || Phase != HubPhase.Created) throw new InvalidOperationException("A hub is started once.");
            _isStarted = true;
        }
        Parts.Metrics.CountNothing();
        await _engine.StartAsync(this, cancellation).ConfigureAwait(false);
        lock (_life)
        {
            if (Phase != HubPhase.Created) throw new ObjectDisposedException(nameof(SseHub), "The hub was stopped while it started.");
            _state.Enter(HubPhase.Running);
            Parts.Sweeper.Start();
        }
        Log.Started(_logger, Options.NodeName, _engine.Name);
    }

    /// <summary>
    /// Refuses newcomers, tells every reader to reconnect at a moment drawn from the drain window, lets flushes in flight complete, and
    /// ends the connections; those that do not take their end within the write timeout are cut. Idempotent.
    /// </summary>
    public Task DrainAsync(CancellationToken cancellation = default) => Parts.Drain.RunAsync(cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await DrainAsync().ConfigureAwait(false);
        lock (_life)
        {
            if (Phase == HubPhase.Stopped) return;
            _state.Enter(HubPhase.Stopped);
        }
        await Parts.Sweeper.DisposeAsync().ConfigureAwait(false);
        Parts.Listening.Stop();
        await _engine.DisposeAsync().ConfigureAwait(false);
        Parts.Metrics.Dispose();
        Log.Stopped(_logger, Options.NodeName);
    }

    /// <inheritdoc/>
    public ValueTask<PublishResult> PublishAsync(
        string stream, SseEvent e, PublishOptions options = default, CancellationToken cancellation = default) =>
        _publisher.PublishAsync(stream, e, options, cancellation);

    /// <inheritdoc/>
    public bool TryPublish(string stream, SseEvent e, PublishOptions options = default) => _publisher.TryPublish(stream, e, options);

    /// <inheritdoc/>
    public ValueTask<PublishResult> BroadcastToZoneAsync(
        string zone, SseEvent e, PublishOptions options = default, CancellationToken cancellation = default) =>
        _publisher.PublishToZoneAsync(zone, e, options, cancellation);

    /// <inheritdoc/>
    public ValueTask<PublishResult> BroadcastAsync(
        SseEvent e, PublishOptions options = default, CancellationToken cancellation = default) =>
        _publisher.PublishToAllAsync(e, options, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<BatchItemResult>> PublishBatchAsync(
        IReadOnlyList<BatchItem> items, CancellationToken cancellation = default) =>
        Parts.Batches.PublishAsync(items, cancellation);

    /// <inheritdoc/>
    public ValueTask<SendResult> SendToAsync(string client, SseEvent e, string? zone = null, CancellationToken cancellation = default) =>
        _sender.SendAsync(client, e, zone, cancellation);

    /// <inheritdoc/>
    public bool TrySend(string client, SseEvent e, string? zone, out SendResult result, out IPendingDelivery? delivery) =>
        _sender.TrySend(client, e, zone, out result, out delivery);

    /// <inheritdoc/>
    public ValueTask<SendResult> SendElsewhereAsync(string client, SseEvent e, string? zone, CancellationToken cancellation = default) =>
        _sender.SendElsewhereAsync(client, e, zone, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<SseEvent> ListenAsync(string stream, StartPosition? from = null, CancellationToken cancellation = default) =>
        Parts.Listening.ToStream(stream, from, static e => e.Event, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<StreamEvent> SubscribeAsync(
        string stream, StartPosition? from = null, CancellationToken cancellation = default) =>
        Parts.Listening.ToStream(stream, from, static e => e, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<SseEvent> ListenToZoneAsync(string zone, CancellationToken cancellation = default) =>
        Parts.Listening.ToZone(zone, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<SseEvent> ListenToBroadcastAsync(CancellationToken cancellation = default) =>
        Parts.Listening.ToAll(cancellation);

    /// <inheritdoc/>
    public ValueTask<Admission> ConnectAsync(SubscribeRequest request, CancellationToken cancellation) =>
        Parts.Admission.ConnectAsync(request, cancellation);

    /// <inheritdoc/>
    public TimeSpan RefusalRetry() => _state.RefusalRetry();

    /// <inheritdoc/>
    public ValueTask<NodeList> NodesAsync(CancellationToken cancellation) => Parts.Nodes.ListAsync(cancellation);

    /// <inheritdoc/>
    public ValueTask<NodeLoad?> LoadOfAsync(string node, CancellationToken cancellation) => Parts.Nodes.LoadOfAsync(node, cancellation);

    /// <inheritdoc/>
    public ValueTask<ManagedSubscriptionResult> PutSubscriptionAsync(ManagedSubscription subscription, CancellationToken cancellation) =>
        Parts.Managed.PutAsync(subscription, cancellation);

    /// <inheritdoc/>
    public ValueTask<EngineAnswer<ManagedSubscription?>> GetSubscriptionAsync(string id, CancellationToken cancellation) =>
        Parts.Managed.GetAsync(id, cancellation);

    /// <inheritdoc/>
    public ValueTask<EngineAnswer<bool>> DeleteSubscriptionAsync(string id, string? subject, CancellationToken cancellation) =>
        Parts.Managed.DeleteAsync(id, subject, cancellation);

    /// <inheritdoc/>
    public int EndConnections(Func<SubscribeRequest, bool> which, CloseReason reason)
    {
        ArgumentNullException.ThrowIfNull(which);
        return Parts.Registry.End(which, reason);
    }

    /// <inheritdoc/>
    public ValueTask<CreateStreamResult> CreateAuditAsync(StreamOptions options, CancellationToken cancellation) =>
        Parts.Audit.CreateAsync(options, cancellation);

    /// <inheritdoc/>
    public ValueTask<int> AppendToAuditAsync(IReadOnlyList<SseEvent> events, CancellationToken cancellation) =>
        Parts.Audit.AppendAsync(events, cancellation);

    /// <inheritdoc/>
    public IKeyValueEngine Values => _engine.Values;

    ValueTask<CreateStreamResult> IStreamDirectory.CreateAsync(string stream, StreamOptions? options, CancellationToken cancellation) =>
        Parts.StreamDirectory.CreateAsync(stream, options, cancellation);

    ValueTask<EngineAnswer<bool>> IStreamDirectory.RemoveAsync(string stream, CancellationToken cancellation) =>
        Parts.StreamDirectory.RemoveAsync(stream, cancellation);

    ValueTask<EngineAnswer<bool>> IStreamDirectory.ClearAsync(string stream, CancellationToken cancellation) =>
        Parts.StreamDirectory.ClearAsync(stream, cancellation);

    ValueTask<EngineAnswer<bool>> IStreamDirectory.ExistsAsync(string stream, CancellationToken cancellation) =>
        Parts.StreamDirectory.ExistsAsync(stream, cancellation);

    ValueTask<EngineAnswer<StreamInfo?>> IStreamDirectory.GetAsync(string stream, CancellationToken cancellation) =>
        Parts.StreamDirectory.GetAsync(stream, cancellation);

    ValueTask<EngineAnswer<Page<StreamInfo>>> IStreamDirectory.ListAsync(
        string? prefix, string? after, int limit, CancellationToken cancellation) =>
        Parts.StreamDirectory.ListAsync(prefix, after, limit, cancellation);

    ValueTask<HistoryPage> IStreamDirectory.ReadAsync(string stream, StreamPosition? after, int limit, CancellationToken cancellation) =>
        Parts.StreamDirectory.ReadAsync(stream, after, limit, cancellation);

    ValueTask<EngineAnswer<Page<ClientInfo>>> IClientDirectory.ListAsync(
        string? stream, string? zone, string? after, int limit, string? prefix, CancellationToken cancellation) =>
        Parts.ClientDirectory.ListAsync(stream, zone, after, limit, prefix, cancellation);

    ValueTask<ClientCallResult> IClientDirectory.GetAsync(string client, string? zone, CancellationToken cancellation) =>
        Parts.ClientDirectory.GetAsync(client, zone, cancellation);

    ValueTask<ClientCallResult> IClientDirectory.DisconnectAsync(
        string client, string? zone, bool reconnect, CancellationToken cancellation) =>
        Parts.ClientDirectory.DisconnectAsync(client, zone, reconnect, cancellation);

    ValueTask<ClientCallResult> IClientDirectory.ChangeSubscriptionsAsync(
        string client, SubscriptionChange change, string? zone, CancellationToken cancellation) =>
        Parts.ClientDirectory.ChangeSubscriptionsAsync(client, change, zone, cancellation);

    void IEngineHost.OnStateChanged(EngineState state)
    {
        if (state == EngineState.Down) Parts.Admission.OnEngineDown();
        if (state == EngineState.Ready) Log.EngineReady(_logger, _engine.Name);
        // An engine that goes down because this hub is ending is no news.
        else Log.EngineState(
            _logger, Phase is HubPhase.Draining or HubPhase.Stopped ? LogLevel.Information : LogLevel.Warning, _engine.Name, state);
    }

    void IEngineHost.OnRefused(EngineStartException reason) => _refused.TrySetResult(reason);

    void IEngineHost.OnClaimLost(string zone, string client, long generation, CloseReason reason) =>
        Parts.Claims.OnLost(zone, client, generation, reason);

    async ValueTask<ReadOnlyMemory<byte>> IEngineHost.OnRequestAsync(
        string node, ReadOnlyMemory<byte> message, CancellationToken cancellation) =>
        NodeWire.Write(await Parts.Requests.HandleAsync(NodeWire.ReadRequest(message), cancellation).ConfigureAwait(false));
}
