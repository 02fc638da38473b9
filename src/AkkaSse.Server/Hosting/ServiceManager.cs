using System.Globalization;
using System.Net.Sockets;
using AkkaSse.Server.Health;
using Microsoft.Extensions.Hosting.Systemd;

namespace AkkaSse.Server.Hosting;

/// <summary>
/// Tells the service manager that has started the process (systemd, <c>Type=notify</c>) when the node takes work and when it begins to
/// end, and pets its watchdog as long as the node is alive. Without a manager it does nothing. Thread-safe.
/// </summary>
/// <remarks>
/// The package's own lifetime says READY when the host has started, which a node does long before its engine is ready, and would take the
/// place of <see cref="SignalLifetime"/>. Of the package only the notifier is used.
/// </remarks>
internal sealed partial class ServiceManager(
    ISystemdNotifier systemd, Readiness readiness, IHostApplicationLifetime application, TimeProvider time, ILogger<ServiceManager> logger)
    : IDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private ITimer? _look;
    private ITimer? _watchdog;
    private bool _ready;
    private bool _stopping;

    /// <summary>From now on the manager hears of the node.</summary>
    internal void Start()
    {
        if (!systemd.IsEnabled) return;
        lock (_lock)
        {
            _look = time.CreateTimer(_ => TellWhenReady(), null, s_look, s_look);
            // Half of the time, as sd_watchdog_enabled(3) recommends. It goes on during the drain, until the host is disposed of.
            if (Watchdog(Environment.GetEnvironmentVariable, Environment.ProcessId) / 2 is { } period)
                _watchdog = time.CreateTimer(_ => Pet(), null, period, period);
        }
    }

    /// <summary>The node has begun to end. The manager is told once.</summary>
    internal void Stopping()
    {
        if (!systemd.IsEnabled) return;
        lock (_lock)
        {
            if (_stopping) return;
            _stopping = true;
            _look?.Dispose();
            Notify("STOPPING=1\nSTATUS=Draining");
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _look?.Dispose();
            _watchdog?.Dispose();
        }
    }

    /// <summary>
    /// In which time the manager expects a sign of life; null when it expects none, or expects it of another process.
    /// </summary>
    internal static TimeSpan? Watchdog(Func<string, string?> variable, int pid)
    {
        if (!long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)) return null;
        if (variable("WATCHDOG_PID") is { Length: > 0 } other && other != pid.ToString(CultureInfo.InvariantCulture)) return null;
        // Below 2 ms half of it would be no time at all.
        return microseconds < 2_000 ? null : TimeSpan.FromMicroseconds(microseconds);
    }

    private void TellWhenReady()
    {
        lock (_lock)
        {
            if (_ready || _stopping || !application.ApplicationStarted.IsCancellationRequested) return;
            if (readiness.WhyNotReady() is not null) return;
            _ready = true;
            _look?.Dispose();
            Notify("READY=1\nSTATUS=Ready");
        }
    }

    private void Pet()
    {
        if (readiness.WhyNotAlive() is null) Notify("WATCHDOG=1");
    }

    // A variable that was inherited, into a container for example, names a socket that is not there: no reason for the node to end.
    private void Notify(string state)
    {
        try
        {
            systemd.Notify(new ServiceState(state));
        }
        catch (SocketException e)
        {
            LogNotNotified(logger, state.Split('\n')[0], e.Message);
        }
    }

    [LoggerMessage(3008, LogLevel.Warning, "The service manager was not told {State}: {Reason}")]
    private static partial void LogNotNotified(ILogger logger, string state, string reason);
}
