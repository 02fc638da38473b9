using AkkaSse.Hub.Engine;
using Microsoft.Extensions.Logging.Abstractions;

namespace OwnEngine.Engine;

/// <summary>An engine of one node that keeps each stream as a list of events in memory. It shows what an engine has to promise.</summary>
/// <remarks>
/// The hub makes one, starts it once and disposes of it. The properties may be asked before the start and after the end, and so each part
/// asks for <see cref="Host"/> in every call, and answers that it cannot say while there is none.
/// </remarks>
public sealed class ListEngine : IHubEngine, INodeEngine
{
    private readonly ListStreams _streams;
    private readonly ListClaims _claims;
    private readonly ListValues _values;
    private DateTimeOffset _startedAt;
    private volatile IEngineHost? _host;
    private volatile EngineState _state = EngineState.Starting;

    public ListEngine(ILogger<ListEngine>? logger = null)
    {
        _streams = new ListStreams(this, logger ?? NullLogger<ListEngine>.Instance);
        _claims = new ListClaims(this);
        _values = new ListValues(this);
    }

    public string Name => "list";

    public EngineState State => _state;

    public IStreamEngine Streams => _streams;

    public IClaimEngine Claims => _claims;

    public IKeyValueEngine Values => _values;

    public INodeEngine Nodes => this;

    public long LogBytes => _streams.Bytes;

    /// <summary>The node, while this engine serves; else null.</summary>
    internal IEngineHost? Host => _state == EngineState.Ready ? _host : null;

    public ValueTask StartAsync(IEngineHost host, CancellationToken cancellation)
    {
        // An engine with a store connects to it here, and is Ready when it has; until then readers wait and publishes are refused.
        _host = host;
        _streams.Start(host.Options);
        _startedAt = host.Time.GetUtcNow();
        _state = EngineState.Ready;
        host.OnStateChanged(_state);
        return ValueTask.CompletedTask;
    }

    public void Sweep() => _streams.Sweep();

    // There is no other node that could take over what this one has.
    public ValueTask DrainAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _state = EngineState.Down;
        return ValueTask.CompletedTask;
    }

    ValueTask<IReadOnlyList<NodeInfo>> INodeEngine.ListAsync(CancellationToken cancellation)
    {
        IReadOnlyList<NodeInfo> nodes =
            Host is { } host ? [new NodeInfo(host.Options.NodeName, "up") { Self = true, StartedAt = _startedAt }] : [];
        return new(nodes);
    }

    async ValueTask<ReadOnlyMemory<byte>?> INodeEngine.RequestAsync(
        string node, ReadOnlyMemory<byte> message, TimeSpan timeout, CancellationToken cancellation)
    {
        if (Host is not { } host || node != host.Options.NodeName) return null;
        try
        {
            return await host.OnRequestAsync(node, message, cancellation).AsTask().WaitAsync(timeout, host.Time, cancellation);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}
