using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Clients;

public sealed class HeartbeatTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    [Fact]
    [Trait("parity", "CFG-09")]
    public async Task Three_idle_intervals_give_three_comments_without_blank_lines()
    {
        await using var hub = await TestHub.StartAsync();
        await using var reader = await hub.ReadAsync("s");
        await reader.ExpectAsync("hub.open");
        for (var i = 1; i <= 3; i++)
        {
            hub.Clock.Advance(Interval);
            // A signalled turn runs on the pool; the next interval comes when it is through.
            await Eventually.Until(() => { reader.TakeNow(); return reader.Pending.Count >= i; }, $"heartbeat {i}");
        }
        reader.Pending.Count.ShouldBeInRange(2, 4);
        reader.Pending.ShouldAllBe(static l => l == ":");
        reader.Blocks.ShouldBeEmpty();
    }

    [Fact]
    public async Task Busy_connection_gets_none_and_none_is_inside_an_event()
    {
        await using var hub = await TestHub.StartAsync();
        await using var reader = await hub.ReadAsync("s");
        await reader.ExpectAsync("hub.open");
        await hub.PublishAsync("s", "0");
        (await reader.DataAsync(1)).ShouldBe(["0"]);
        for (var i = 1; i <= 40; i++)
        {
            hub.Clock.Advance(TimeSpan.FromSeconds(4));
            await hub.PublishAsync("s", $"{i}");
            var block = (await reader.NextAsync())!;
            block.Data.ShouldBe($"{i}");
            if (i > 4) block.Comments.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task First_heartbeats_of_many_connections_are_spread()
    {
        await using var hub = await TestHub.StartAsync();
        var readers = new List<TestReader>();
        for (var i = 0; i < 60; i++) readers.Add(await hub.ReadAsync("s"));
        foreach (var reader in readers) await reader.ExpectAsync("hub.open");
        hub.Clock.Advance(Interval / 2);
        await Eventually.Until(() =>
        {
            foreach (var reader in readers) reader.TakeNow();
            return readers.Count(static r => r.Pending.Count > 0) > 5;
        }, "some of the first heartbeats at half the interval");
        readers.Count(static r => r.Pending.Count > 0).ShouldBeLessThan(55);
        foreach (var reader in readers) await reader.DisposeAsync();
    }

    [Fact]
    [Trait("parity", "CFG-09")]
    public async Task Heartbeat_may_be_an_event_or_off()
    {
        await using var hub = await TestHub.StartAsync();
        await using var ping = await hub.ReadAsync(new SubscribeRequest { Streams = [new("s")], HeartbeatKind = HeartbeatKind.Event });
        await using var named = await hub.ReadAsync(new SubscribeRequest
        {
            Streams = [new("s")],
            HeartbeatKind = HeartbeatKind.Event,
            HeartbeatEvent = "keepalive",
            Heartbeat = TimeSpan.FromSeconds(3),
        });
        await using var off = await hub.ReadAsync(new SubscribeRequest { Streams = [new("s")], HeartbeatKind = HeartbeatKind.None });
        foreach (var reader in new[] { ping, named, off }) await reader.ExpectAsync("hub.open");
        hub.Clock.Advance(TimeSpan.FromSeconds(4));
        (await named.ExpectAsync("keepalive")).Data!.ShouldContain("timestamp");
        hub.Clock.Advance(Interval * 2);
        (await ping.ExpectAsync("hub.ping")).Id.ShouldBe("0-0");
        off.TakeNow();
        (off.Blocks.Count, off.Pending.Count).ShouldBe((0, 0));
    }
}
