using System.Text.Json;
using AkkaSse.Hub;
using AkkaSse.Protocol;

namespace ProgressBar;

/// <summary>Counts primes, and says after each slice how far it has come.</summary>
internal sealed class JobWorker(JobQueue jobs, ISseHub hub, ILogger<JobWorker> logger) : BackgroundService
{
    internal const string Stream = "jobs";
    private const int Limit = 2_000_000;
    private const int Slices = 100;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var job in jobs.Reader.ReadAllAsync(stoppingToken))
        {
            var primes = 0;
            for (var slice = 1; slice <= Slices; slice++)
            {
                primes += await Task.Run(() => CountPrimes(Limit / Slices * (slice - 1), Limit / Slices * slice), stoppingToken);
                var data = JsonSerializer.Serialize(new { job, done = slice, total = Slices, primes });
                var result = await hub.PublishAsync(
                    Stream, new SseEvent { Type = "progress", Data = data }, new PublishOptions { ConflateKey = job }, stoppingToken);
                // The next slice tells more: the job goes on.
                if (!result.IsAccepted)
                    logger.LogWarning("Progress of {Job} was not published: {Reason}", job, result.Error ?? result.Status.ToString());
            }
        }
    }

    private static int CountPrimes(int from, int to)
    {
        var count = 0;
        for (var n = Math.Max(2, from); n < to; n++)
        {
            var prime = true;
            for (var d = 2; prime && d * d <= n; d++) prime = n % d != 0;
            if (prime) count++;
        }
        return count;
    }
}
