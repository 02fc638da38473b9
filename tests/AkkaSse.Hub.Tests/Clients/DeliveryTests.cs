using System.Text.Json;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Clients;

public sealed class DeliveryTests
{
    [Fact]
    [Trait("parity", "RPL-07")]
    public async Task Expired_event_is_skipped_in_replay_and_when_queued_live()
    {
        await using var hub = await TestHub.StartAsync(static o => o.WriteTimeout = Timeout.InfiniteTimeSpan);
        await hub.CreateAsync("s", new StreamOptions { Ttl = TimeSpan.FromSeconds(10) });
        await using var stalled = await hub.ReadAsync(new SubscribeRequest { Streams = [new("s")] }, pause: 1);
        await hub.PublishAsync("s", "old");
        await hub.PublishAsync("s", "long", options: new PublishOptions { Ttl = TimeSpan.FromMinutes(1) });
        hub.Clock.Advance(TimeSpan.FromSeconds(11));
        await hub.PublishAsync("s", "new");
        await using var late = await hub.ReadAsync("s", StartPosition.Earliest);
        await late.ExpectAsync("hub.open");
        (await late.DataAsync(2)).ShouldBe(["long", "new"]);
        await stalled.ExpectAsync("hub.open");
        (await stalled.DataAsync(2)).ShouldBe(["long", "new"]);
    }

    [Fact]
    [Trait("parity", "RPL-07")]
    public async Task Ttl_works_without_replay_and_expired_events_are_freed()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("s", new StreamOptions { Ttl = TimeSpan.FromSeconds(10), Replay = false });
        await using var reader = await hub.ReadAsync("s");
        await reader.ExpectAsync("hub.open");
        await hub.PublishAsync("s", "1");
        (await reader.DataAsync(1)).ShouldBe(["1"]);
        hub.Clock.Advance(TimeSpan.FromSeconds(12));
        (await hub.Hub.Streams.GetAsync("s")).OrThrow()!.Bytes.ShouldBe(0);
    }

    [Fact]
    [Trait("parity", "RPL-01")]
    public async Task Stream_without_replay_gives_late_joiners_nothing_old()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("s", new StreamOptions { Replay = false });
        await hub.PublishAsync("s", "old");
        await using var reader = await hub.ReadAsync("s", StartPosition.Earliest);
        await reader.ExpectAsync("hub.open");
        await hub.PublishAsync("s", "new");
        (await reader.DataAsync(1)).ShouldBe(["new"]);
        await hub.CreateAsync("s", new StreamOptions { Replay = true });
        await using var later = await hub.ReadAsync("s", StartPosition.Earliest);
        await later.ExpectAsync("hub.open");
        (await later.DataAsync(2)).ShouldBe(["old", "new"]);
    }

    [Fact]
    [Trait("parity", "RPL-04")]
    public async Task Start_is_chosen_per_reader()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("s", 1, 2);
        hub.Clock.Advance(TimeSpan.FromMinutes(1));
        var time = hub.Clock.GetUtcNow();
        await hub.PublishAsync("s", 3, 4);
        async Task Expect(StartPosition since, params string[] expected)
        {
            await using var reader = await hub.ReadAsync("s", since);
            await reader.ExpectAsync("hub.open");
            await hub.PublishAsync("s", "end");
            var data = await reader.DataAsync(expected.Length + 1);
            data[..^1].ShouldBe(expected);
            await hub.Hub.Streams.ClearAsync("s");
            await hub.Hub.Streams.RemoveAsync("s");
            await hub.PublishAsync("s", 1, 2);
        }
        await Expect(StartPosition.FromAge(TimeSpan.FromSeconds(30)), "3", "4");
        await using var exact = await hub.ReadAsync("s", StartPosition.FromTime(time));
        await exact.ExpectAsync("hub.open");
        await Expect(StartPosition.Last(1), "2");
        await Expect(StartPosition.Last(100), "1", "2");
        await Expect(StartPosition.Latest);
        await Expect(StartPosition.Earliest, "1", "2");
    }

    [Fact]
    public async Task Filter_passes_types_over_and_the_reader_still_gets_positions()
    {
        await using var hub = await TestHub.StartAsync();
        await using var reader = await hub.ReadAsync(new SubscribeRequest { Streams = [new("s")], Types = ["wanted", "message"] });
        await reader.ExpectAsync("hub.open");
        await hub.PublishAsync("s", "1", "other");
        await hub.PublishAsync("s", "2", "wanted");
        await hub.PublishAsync("s", "3");
        await hub.PublishAsync("s", "4", "other");
        (await reader.DataAsync(2)).ShouldBe(["2", "3"]);
        for (var i = 0; i < 600; i++) await hub.PublishAsync("s", "x", "other");
        var position = await reader.ExpectAsync("hub.position");
        var offset = JsonDocument.Parse(position.Data!).RootElement.GetProperty("streams")[0].GetProperty("offset").GetInt64();
        position.Id.ShouldStartWith($"{offset}-");
        offset.ShouldBeGreaterThan(100);
        await using var resumed = await hub.ReadAsync(
            new SubscribeRequest { Streams = [new("s")], Types = ["wanted"], LastEventId = position.Id });
        await resumed.ExpectAsync("hub.open");
        await hub.PublishAsync("s", "5", "wanted");
        var wanted = (await resumed.NextAsync())!;
        if (wanted.Type == "hub.position") wanted = (await resumed.NextAsync())!;
        wanted.Data.ShouldBe("5");
    }

    [Fact]
    public async Task Quiet_filtered_stream_beside_a_busy_one_is_told_its_position()
    {
        await using var hub = await TestHub.StartAsync();
        await using var reader = await hub.ReadAsync(
            new SubscribeRequest { Streams = [new("busy"), new("quiet")], Types = ["wanted"], Ids = WireIds.Token });
        await reader.ExpectAsync("hub.open");
        for (var i = 0; i < 600; i++)
        {
            await hub.PublishAsync("quiet", "x", "other");
            await hub.PublishAsync("busy", $"{i}", "wanted");
        }
        var positions = 0;
        for (var next = 0; next < 600;)
        {
            var block = (await reader.NextAsync())!;
            if (block.Type == "hub.position") positions++;
            else block.Data.ShouldBe($"{next++}");
        }
        positions.ShouldBeInRange(1, 10);
    }

    [Fact]
    public async Task Heartbeat_of_a_filtered_reader_carries_its_position()
    {
        await using var hub = await TestHub.StartAsync();
        await using var reader = await hub.ReadAsync(new SubscribeRequest { Streams = [new("s")], Types = ["wanted"] });
        await reader.ExpectAsync("hub.open");
        await hub.PublishAsync("s", "x", "other");
        hub.Clock.Advance(TimeSpan.FromSeconds(31));
        (await reader.ExpectAsync("hub.position")).Id.ShouldStartWith("1-");
    }

    [Fact]
    [Trait("parity", "PUB-13")]
    [Trait("parity", "RPL-06")]
    public async Task Readers_that_join_during_publishing_get_everything_from_their_start_once_and_in_order()
    {
        await using var hub = await TestHub.StartAsync(manual: false);
        using var stop = new CancellationTokenSource();
        var publishing = Task.Run(async () =>
        {
            var i = 0;
            while (!stop.IsCancellationRequested) await hub.PublishAsync("s", $"{++i}");
            return i;
        });
        for (var round = 0; round < 40; round++)
        {
            await using var reader = await hub.ReadAsync("s", round % 2 == 0 ? StartPosition.Latest : StartPosition.Last(5));
            var open = await reader.ExpectAsync("hub.open");
            var at = open.Id == "0-0" ? 0 : long.Parse(open.Id!.Split('-')[0], null);
            foreach (var data in await reader.DataAsync(50)) data.ShouldBe($"{++at}");
        }
        await stop.CancelAsync();
        (await publishing).ShouldBeGreaterThan(50);
    }

    [Fact]
    [Trait("parity", "PUB-08")]
    public async Task One_event_object_goes_to_two_base64_streams_unchanged()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("a", new StreamOptions { Base64 = true });
        await hub.CreateAsync("b", new StreamOptions { Base64 = true });
        var e = new SseEvent { DataBytes = new byte[] { 0xFF, 0, 1 } };
        foreach (var stream in new[] { "a", "b", "a" }) (await hub.Hub.PublishAsync(stream, e)).Status.ShouldBe(PublishStatus.Accepted);
        (await hub.Hub.PublishAsync("plain", e)).Status.ShouldBe(PublishStatus.Invalid);
        await using var reader = await hub.ReadAsync(
            new SubscribeRequest { Streams = [new("a"), new("b")], Ids = WireIds.Token, Since = StartPosition.Earliest });
        await reader.ExpectAsync("hub.open");
        (await reader.DataAsync(3)).ShouldAllBe(static d => d == "/wAB");
    }

    [Fact]
    public async Task Reader_at_the_head_is_told_of_a_clear_only_when_it_missed_something()
    {
        await using var hub = await TestHub.StartAsync();
        await using var reader = await hub.ReadAsync("s");
        await reader.ExpectAsync("hub.open");
        await hub.PublishAsync("s", 1, 2);
        (await reader.DataAsync(2)).ShouldBe(["1", "2"]);
        await hub.Hub.Streams.ClearAsync("s");
        await hub.PublishAsync("s", "3");
        (await reader.DataAsync(1)).ShouldBe(["3"]);
        await using var late = await hub.ReadAsync("s", lastEventId: "1-" + reader.LastEventId!.Split('-')[1]);
        await late.ExpectAsync("hub.open");
        OpeningTests.Gap(await late.ExpectAsync("hub.gap")).ShouldBe(("s", 2, 2, "cleared", true));
        (await late.DataAsync(1)).ShouldBe(["3"]);
    }
}
