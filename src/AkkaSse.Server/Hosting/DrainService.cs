using AkkaSse.Hub;
using AkkaSse.Server.Health;

namespace AkkaSse.Server.Hosting;

/// <summary>Ends the readers before Kestrel stops: Kestrel waits for requests in flight, and a stream is one until somebody ends it.</summary>
internal sealed partial class DrainService(SseHub hub, Readiness readiness, Configuration.EffectiveSettings settings, TimeProvider time, ILogger<DrainService> logger)
    : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        readiness.Stop();
        if (settings.Server.ReadinessDelay > TimeSpan.Zero)
        {
            LogWaiting(logger, Durations.Format(settings.Server.ReadinessDelay));
            await Task.Delay(settings.Server.ReadinessDelay, time, cancellationToken);
        }
        await hub.DrainAsync(cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(3001, LogLevel.Information, "Not ready any more; the drain begins in {Delay}")]
    private static partial void LogWaiting(ILogger logger, string delay);
}
