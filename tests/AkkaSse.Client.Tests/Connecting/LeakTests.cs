using System.Diagnostics;
using Xunit.Abstractions;

namespace AkkaSse.Client.Tests.Connecting;

[Trait("speed", "slow")]
[Trait("parity", "CLI-22")]
[Collection(nameof(LeakTests))]
public sealed class LeakTests(ITestOutputHelper output)
{
    private const int Cycles = 1000;

    private static int Handles() => OperatingSystem.IsLinux()
        ? Directory.GetFileSystemEntries("/proc/self/fd").Length
        : Process.GetCurrentProcess().HandleCount;

    private static RawServer Server() => new(async c =>
    {
        switch (c.Number % 5)
        {
            case 0:
                await c.ReadRequestAsync();
                await c.SendAsync(RawServer.Status("500 No"));
                break;
            case 1:
                await c.ReadRequestAsync();
                c.Reset();
                break;
            case 2:
                await c.StreamAsync("data: cut");
                c.Reset();
                break;
            case 3:
                await c.ReadRequestAsync();
                await c.SendAsync("HTTP/1.1 503 No\r\nContent-Length: 100\r\n\r\nhalf a body");
                break;
            default:
                await c.StreamAsync("data: x\n\n");
                break;
        }
    });

    [Fact]
    public async Task A_thousand_connects_and_drops_of_one_subscription_leave_handles_and_timers_flat()
    {
        await using var server = Server();
        await using var client = Clients.Create(server.Url, o => o.IdleTimeout = TimeSpan.FromMinutes(1));
        using var stop = new CancellationTokenSource();
        var run = client.RunAsync(stop.Token);
        await Limits.Until(() => server.Accepted > 50, "it is warm");
        var handles = Handles();
        var timers = Timer.ActiveCount;
        await Limits.Until(() => server.Accepted > 50 + Cycles, "the cycles are done");
        await Flat(handles, timers);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(run.Within("the end"));
    }

    [Fact]
    public async Task A_thousand_clients_made_and_dropped_leave_handles_and_timers_flat()
    {
        await using var server = new RawServer(async c =>
        {
            await c.StreamAsync("data: x\n\n");
            await c.UntilClosedAsync();
        });
        async Task Once(int i)
        {
            await using var client = Clients.Create(server.Url, o => o.IdleTimeout = TimeSpan.FromMinutes(1));
            if (i % 2 == 0)
            {
                await client.SubscribeAsync().TakeWithin(1);
                return;
            }

            await using var subscription = await client.OpenAsync().Within("the opening");
            await subscription.Events.ReadAsync();
        }

        for (var i = 0; i < 50; i++)
        {
            await Once(i);
        }

        var handles = Handles();
        var timers = Timer.ActiveCount;
        for (var i = 0; i < Cycles; i++)
        {
            await Once(i);
        }

        await Flat(handles, timers);
    }

    private async Task Flat(int handles, long timers)
    {
        // Other tests run beside this one and hold a few handles of their own; a leak would be of the order of the cycles.
        const int Slack = Cycles / 20;
        await Limits.Until(() => Handles() < handles + Slack && Timer.ActiveCount < timers + Slack, "handles and timers are back");
        output.WriteLine($"handles {handles} -> {Handles()}, timers {timers} -> {Timer.ActiveCount}");
    }
}

/// <summary>Alone, because the counts are of the whole process.</summary>
[CollectionDefinition(nameof(LeakTests), DisableParallelization = true)]
public sealed class LeakTestsCollection;
