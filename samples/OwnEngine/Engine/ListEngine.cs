using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Engine.InProcess;
using Microsoft.Extensions.Logging.Abstractions;

namespace OwnEngine.Engine;

/// <summary>An engine of one node that keeps each stream as a list of events in memory. It shows what an engine has to promise.</summary>
/// <remarks>
/// Streams are what an engine is chosen for, and are written here. Client ids, small values and the list of nodes concern this process
/// alone, and are those of the in-process engine; an engine of several nodes keeps them in its store.
/// </remarks>
public sealed class ListEngine : IHubEngine
{
    private readonly InProcessEngine _local = new();
    private readonly ListStreams _streams;
    private volatile IEngineHost? _host;

    public ListEngine(ILogger<ListEngine>? logger = null) => _streams = new ListStreams(this, logger ?? NullLogger<ListEngine>.Instance);

    public string Name => "list";

    public EngineState State => _local.State;

    public IStreamEngine Streams => _streams;

    public IClaimEngine Claims => _local.Claims;

    public INodeEngine Nodes => _local.Nodes;

    public IKeyValueEngine Values => _local.Values;

    public long LogBytes => _streams.Bytes;

    /// <summary>The node while this engine serves, else null: then every call answers that nobody can say.</summary>
    internal IEngineHost? Host => State == EngineState.Ready ? _host : null;

    /// <summary>Is Ready at once. An engine with a store may be so later; until then readers wait and publishes are refused.</summary>
    public ValueTask StartAsync(IEngineHost host, CancellationToken cancellation)
    {
        _host = host;
        _streams.Start(host.Options);
        return _local.StartAsync(host, cancellation);
    }

    public void Sweep() => _streams.Sweep();

    public ValueTask DrainAsync(CancellationToken cancellation) => _local.DrainAsync(cancellation);

    public ValueTask DisposeAsync() => _local.DisposeAsync();
}
