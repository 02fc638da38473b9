namespace AkkaSse.Hub.Engine;

/// <summary>
/// The seam between a node and the cluster: who decides a stream's order, where a client lives, who the nodes are.
/// </summary>
/// <remarks>
/// A promise, not a convenience. Every engine passes the same suites (AkkaSse.Engine.Specs). All members are thread-safe. Before
/// <see cref="StartAsync"/> and after disposal every call answers its "unavailable" value and never throws for that; a cancelled call
/// throws <see cref="OperationCanceledException"/> only when it certainly had no effect.
/// </remarks>
public interface IHubEngine : IAsyncDisposable
{
    /// <summary>The engine's name for <c>/v1/cluster</c>: <c>memory</c>, <c>postgres</c>, <c>akka</c>.</summary>
    string Name { get; }

    /// <summary>The current state. Changes are told to <see cref="IEngineHost.OnStateChanged"/>.</summary>
    EngineState State { get; }

    /// <summary>Starts; called once, with the node that this engine serves. May return before the state is Ready.</summary>
    /// <exception cref="EngineStartException">It cannot, and trying again changes nothing. What is only away is waited for.</exception>
    ValueTask StartAsync(IEngineHost host, CancellationToken cancellation);

    /// <summary>Leaves the cluster gracefully: claims end, entities move. Connections have been drained before.</summary>
    ValueTask DrainAsync(CancellationToken cancellation);

    /// <summary>
    /// Bytes of memory that logs take on this node, of the order of seconds old: what <see cref="HubOptions.MaxLogBytes"/> bounds. 0 before
    /// the start. Metrics and <c>/v1/cluster</c> ask for it.
    /// </summary>
    long LogBytes { get; }

    /// <summary>
    /// Called about once a second while the hub runs, and never twice at once, for what is done by and by: retention by age, removal of
    /// idle streams. Must not block; an engine that does such things at times of its own leaves it empty.
    /// </summary>
    void Sweep();

    /// <summary>Logs.</summary>
    IStreamEngine Streams { get; }

    /// <summary>Claims on client ids.</summary>
    IClaimEngine Claims { get; }

    /// <summary>Other nodes.</summary>
    INodeEngine Nodes { get; }

    /// <summary>Small shared state with an end.</summary>
    IKeyValueEngine Values { get; }
}
