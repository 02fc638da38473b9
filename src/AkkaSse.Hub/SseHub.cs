using AkkaSse.Hub.Engine;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Hub;

/// <summary>The hub on one node.</summary>
public sealed partial class SseHub : IAsyncDisposable
{
    /// <summary>Makes a hub; it serves after <see cref="StartAsync"/>.</summary>
    /// <param name="options">Validated here.</param>
    /// <param name="engine">Null: a new in-process engine. Owned by the hub.</param>
    /// <param name="observers">Callbacks.</param>
    /// <param name="logger">Payload text is never logged.</param>
    /// <param name="time">The only clock; the system's when null.</param>
    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    public SseHub(HubOptions? options = null, IHubEngine? engine = null, IEnumerable<IHubObserver>? observers = null, ILogger<SseHub>? logger = null, TimeProvider? time = null) => throw new NotImplementedException();

    /// <summary>Starts the engine and begins to serve.</summary>
    public Task StartAsync(CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>
    /// Refuses newcomers, tells every reader to reconnect at a moment drawn from the drain window, lets flushes in flight complete, then ends the connections.
    /// Idempotent.
    /// </summary>
    public Task DrainAsync(CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
