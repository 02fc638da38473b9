using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Hub.Lifetime;

/// <summary>
/// Decides when connections, the engine and stored subscriptions look at the clock; given those, the node's options and the clock. One
/// sweep runs at a time.
/// </summary>
internal sealed class HubSweeper(
    HubOptions options,
    CoarseClock clock,
    TimeProvider time,
    ConnectionTable connections,
    IHubEngine engine,
    ManagedConnections managed,
    StoredChanges changes,
    FaultLog faults) : IAsyncDisposable
{
    private const int EnginePeriod = 1_000;
    private const int ProlongPeriod = 60_000;

    private ITimer? _timer;
    private int _sweeping;
    private long _lastEngineSweep;
    private long _lastProlong;
    private ClientActor[] _swept = [];

    internal void Start()
    {
        var period = Period();
        _timer = time.CreateTimer(static s => ((HubSweeper)s!).Sweep(), this, period, period);
    }

    public ValueTask DisposeAsync() => _timer is { } timer ? timer.DisposeAsync() : ValueTask.CompletedTask;

    // A quarter of the shortest time that is watched: what is due is seen at most so much later.
    private TimeSpan Period()
    {
        var shortest = options.Heartbeat == TimeSpan.Zero ? TimeSpan.FromSeconds(1) : options.Heartbeat;
        if (options.WriteTimeout != Timeout.InfiniteTimeSpan && options.WriteTimeout < shortest) shortest = options.WriteTimeout;
        return TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 4, 5, 250));
    }

    private void Sweep()
    {
        // A timer may fire while the last sweep still runs.
        if (Interlocked.Exchange(ref _sweeping, 1) != 0) return;
        try
        {
            var now = clock.Tick();
            var count = connections.CopyTo(ref _swept);
            for (var i = 0; i < count; i++) _swept[i].Sweep(now);
            // An ended connection must not live on in here.
            Array.Clear(_swept, 0, count);
            if (now - _lastEngineSweep < EnginePeriod) return;
            _lastEngineSweep = now;
            engine.Sweep();
            managed.SavePositions();
            Prolong(now);
        }
        catch (Exception fault)
        {
            faults.Report(fault, "sweep");
        }
        finally
        {
            Volatile.Write(ref _sweeping, 0);
        }
    }

    private void Prolong(long now)
    {
        if (now - _lastProlong < ProlongPeriod) return;
        _lastProlong = now;
        foreach (var client in connections.Snapshot())
        {
            if (client.HasStoredChange) faults.Watch(changes.ProlongAsync(client), "prolonging of a client's subscriptions");
        }
    }
}
