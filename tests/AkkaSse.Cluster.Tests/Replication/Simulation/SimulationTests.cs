using System.Globalization;
using Xunit.Abstractions;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>The replication protocol under loss, delay, reordering, doubling, partitions, crashes, freezes, rival leaders and changes of the cluster. One failing run is repeated with AKKASSE_TEST_SEED and its number of runs is then 1 with AKKASSE_TEST_RUNS=1.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private static readonly bool Soak = Environment.GetEnvironmentVariable("AKKASSE_SOAK") == "1";

    [Fact]
    public void No_promise_is_broken_and_the_log_lives_again_after_every_trouble()
    {
        var seed = Seed();
        var runs = int.TryParse(Environment.GetEnvironmentVariable("AKKASSE_TEST_RUNS"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : Soak ? 10_000 : 500;
        var (acknowledged, recoveries, refoundings, histories) = (0L, 0L, 0L, 0L);
        for (var run = 0; run < runs; run++)
        {
            var cluster = new SimCluster(seed + run);
            try
            {
                cluster.Run();
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Run {run} failed at {cluster.Now} ms. Alone: AKKASSE_TEST_SEED={seed + run} AKKASSE_TEST_RUNS=1. {failure.Message}", failure);
            }
            acknowledged += cluster.Chronicle.Acknowledged;
            recoveries += cluster.Recoveries;
            refoundings += cluster.Refoundings;
            histories += cluster.Chronicle.Histories.Count;
        }
        output.WriteLine($"{runs} runs: {acknowledged} acknowledged, {recoveries} recoveries, {refoundings} refoundings, {histories} logs");
        // A simulation in which nothing happens proves nothing.
        if (runs < 100) return;
        acknowledged.ShouldBeGreaterThan(runs * 10L);
        recoveries.ShouldBeGreaterThan(runs * 2L);
        refoundings.ShouldBeGreaterThan(0);
    }

    private int Seed()
    {
        var seed = uint.TryParse(Environment.GetEnvironmentVariable("AKKASSE_TEST_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? (int)(given & 0x3FFF_FFFF) : Random.Shared.Next(1 << 30);
        output.WriteLine($"seed {seed}");
        return seed;
    }
}
