namespace AkkaSse.Hub.Engine.InProcess;

/// <summary>
/// The default engine: everything in this process's memory. Its logs are the logs that readers read; there is no second copy.
/// </summary>
/// <remarks>One node. Nothing survives the process: a new process has a new epoch, which readers with older positions are told.</remarks>
public sealed class InProcessEngine : IHubEngine, INodeEngine
{
    private InProcessStreams? _streams;
    private InProcessClaims? _claims;
    private InProcessValues? _values;
    private IEngineHost? _host;
    private DateTimeOffset _started;

    /// <inheritdoc/>
    public string Name => "memory";

    /// <inheritdoc/>
    public EngineState State { get; private set; } = EngineState.Starting;

    /// <inheritdoc/>
    public IStreamEngine Streams => _streams ?? throw NotStarted();

    /// <inheritdoc/>
    public IClaimEngine Claims => _claims ?? throw NotStarted();

    /// <inheritdoc/>
    public INodeEngine Nodes => this;

    /// <inheritdoc/>
    public IKeyValueEngine Values => _values ?? throw NotStarted();

    /// <inheritdoc/>
    public ValueTask StartAsync(IEngineHost host, CancellationToken cancellation)
    {
        if (_host is not null) throw new InvalidOperationException("An engine is started once.");
        _host = host;
        _started = host.Time.GetUtcNow();
        _streams = new InProcessStreams(host);
        _claims = new InProcessClaims(host);
        _values = new InProcessValues(host.Time);
        State = EngineState.Ready;
        host.OnStateChanged(State);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DrainAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask<NodeList> ListAsync(CancellationToken cancellation) =>
        new(new NodeList(
            [new NodeInfo(_host!.Options.NodeName, "up") { Self = true, StartedAt = _started }], isComplete: State == EngineState.Ready));

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>?> RequestAsync(
        string node, ReadOnlyMemory<byte> message, TimeSpan timeout, CancellationToken cancellation)
    {
        if (_host is null || State != EngineState.Ready || node != _host.Options.NodeName) return null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            return await _host.OnRequestAsync(node, message, limit.Token).AsTask().WaitAsync(
                timeout, _host.Time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await limit.CancelAsync().ConfigureAwait(false);
            return null;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        State = EngineState.Down;
        _streams?.Stop();
        _claims?.Stop();
        _values?.Stop();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public long LogBytes => _streams?.Budget.Used ?? 0;

    /// <inheritdoc/>
    public void Sweep() => _streams?.Sweep();

    private static InvalidOperationException NotStarted() => new("The engine is not started.");
}
