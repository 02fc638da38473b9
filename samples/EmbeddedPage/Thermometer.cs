using System.Globalization;
using AkkaSse.Hub;
using AkkaSse.Protocol;

namespace EmbeddedPage;

/// <summary>Publishes a made-up temperature every second.</summary>
internal sealed class Thermometer(ISseHub hub, ILogger<Thermometer> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        var celsius = 20.0;
        do
        {
            celsius += Random.Shared.NextDouble() - 0.5;
            var reading = new SseEvent { Type = "temperature", Data = celsius.ToString("0.0", CultureInfo.InvariantCulture) };
            var result = await hub.PublishAsync("temperature", reading, cancellation: stoppingToken);
            // An exception would end the service, and with it the application; the next second has a reading of its own.
            if (!result.IsAccepted) logger.LogWarning("A reading was not published: {Status} {Error}", result.Status, result.Error);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
