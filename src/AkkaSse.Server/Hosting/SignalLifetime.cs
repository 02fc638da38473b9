using System.Runtime.InteropServices;
using AkkaSse.Hub;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Health;

namespace AkkaSse.Server.Hosting;

/// <summary>
/// What signals mean. The first SIGTERM, SIGINT or SIGQUIT makes readiness fail and, after the delay for balancers, stops the host, which
/// drains the hub. The second one ends the process at once.
/// </summary>
internal sealed partial class SignalLifetime(
    IHostApplicationLifetime application, Readiness readiness, ServiceManager manager, EffectiveSettings settings, TimeProvider time,
    ILogger<SignalLifetime> logger)
    : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _signals;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT])
            _registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));
        // However the host comes to stop, nobody should send new work here from then on.
        application.ApplicationStopping.Register(Stop);
        manager.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) == 1)
        {
            Stop();
            _ = StopAsync();
            return;
        }
        Console.Error.WriteLine("akkasse: second signal, ending without waiting");
        // 128 + number is what a shell shows for a process that a signal ended.
        Environment.Exit(context.Signal switch { PosixSignal.SIGINT => 130, PosixSignal.SIGQUIT => 131, _ => 143 });
    }

    private void Stop()
    {
        readiness.Stop();
        manager.Stopping();
    }

    private async Task StopAsync()
    {
        if (settings.Server.ReadinessDelay > TimeSpan.Zero)
        {
            LogWaiting(logger, Durations.Format(settings.Server.ReadinessDelay));
            await Task.Delay(settings.Server.ReadinessDelay, time);
        }
        application.StopApplication();
    }

    [LoggerMessage(3001, LogLevel.Information, "Not ready any more; the drain begins in {Delay}")]
    private static partial void LogWaiting(ILogger logger, string delay);
}
