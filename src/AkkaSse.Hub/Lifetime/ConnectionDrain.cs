using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Engine;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Hub.Lifetime;

/// <summary>
/// Decides how a node gives up its connections and its engine before it stops; given the node's state and options, the connections, the
/// engine and the clock. Thread-safe.
/// </summary>
internal sealed class ConnectionDrain(
    HubState state, HubOptions options, ConnectionTable connections, IHubEngine engine, TimeProvider time, ILogger logger)
{
    // How long connections may take to end when there is no write timeout.
    private static readonly TimeSpan WithoutWriteTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Task? _drained;

    /// <summary>
    /// Closes every connection with a retry drawn from the drain window, cuts what has not ended within the write timeout, and drains the
    /// engine. All calls get the first one's task.
    /// </summary>
    internal Task RunAsync(CancellationToken cancellation)
    {
        lock (_gate) return _drained ??= RunOnceAsync(cancellation);
    }

    private async Task RunOnceAsync(CancellationToken cancellation)
    {
        if (!state.TryDrain()) return;
        var present = connections.Snapshot();
        Log.Draining(logger, options.NodeName, present.Length, options.DrainWindow);
        foreach (var connection in present) connection.Close(CloseReason.Shutdown, state.RefusalRetry());
        var limit = options.WriteTimeout == Timeout.InfiniteTimeSpan ? WithoutWriteTimeout : options.WriteTimeout;
        var ended = Task.WhenAll(present.Select(static c => c.Ended));
        try
        {
            await ended.WaitAsync(limit, time, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            foreach (var connection in connections.Snapshot()) connection.Cut(CloseReason.Shutdown);
        }
        await engine.DrainAsync(cancellation).ConfigureAwait(false);
    }
}
