using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Clients;

public sealed class SlowReaderTests
{
    // More than the pipe (64 KB) and a turn hold, so that a reader that does not read stalls.
    private static readonly string Big = new('x', 4_000);

    [Fact]
    [Trait("parity", "PUB-05")]
    public async Task Stalled_reader_has_its_failures_counted_and_is_then_cut_and_its_id_is_free()
    {
        var observer = new RecordingObserver();
        await using var hub = await TestHub.StartAsync(
            static o => (o.WriteTimeout, o.WriteTolerance, o.Heartbeat) = (TimeSpan.FromSeconds(5), 3, TimeSpan.FromHours(1)), true,
            observer);
        var request = new SubscribeRequest { Streams = [new("s")], Zone = "z", ClientId = "c", Ids = WireIds.Token };
        await using var reader = await hub.ReadAsync(request);
        await reader.ExpectAsync("hub.open");
        for (var i = 0; i < 50; i++) await hub.PublishAsync("s", Big);
        await reader.StalledAsync();
        hub.Clock.Advance(TimeSpan.FromSeconds(14));
        reader.Aborted.ShouldBeFalse();
        reader.Running.IsCompleted.ShouldBeFalse();
        hub.Clock.Advance(TimeSpan.FromSeconds(2));
        reader.Aborted.ShouldBeTrue();
        await Eventually.Within(reader.Running, "the end");
        reader.Connection.Reason.ShouldBe(CloseReason.SlowClient);
        await using var next = await hub.ReadAsync(request);
        await next.ExpectAsync("hub.open");
        await hub.Hub.SendToAsync("c", new SseEvent { Data = "mine" });
        (await next.DataAsync(1)).ShouldBe(["mine"]);
        await Eventually.Until(() => observer.Disconnected.Count == 1, "the observer to be told");
        observer.Disconnected[0].Reason.ShouldBe(CloseReason.SlowClient);
    }

    [Fact]
    [Trait("parity", "PUB-05")]
    public async Task Success_resets_the_failures()
    {
        await using var hub = await TestHub.StartAsync(
            static o => (o.WriteTimeout, o.WriteTolerance, o.Heartbeat) = (TimeSpan.FromSeconds(5), 2, TimeSpan.FromHours(1)));
        await using var reader = await hub.ReadAsync("s");
        await reader.ExpectAsync("hub.open");
        for (var round = 0; round < 4; round++)
        {
            for (var i = 0; i < 50; i++) await hub.PublishAsync("s", Big);
            await reader.StalledAsync();
            hub.Clock.Advance(TimeSpan.FromSeconds(9));
            await reader.DataAsync(50);
        }
        reader.Running.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    [Trait("parity", "PUB-04")]
    public async Task Skip_names_what_was_missed_once_and_goes_on()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("s", new StreamOptions { MaxEvents = 10 });
        await using var reader = await hub.ReadAsync("s");
        await reader.ExpectAsync("hub.open");
        await hub.PublishAsync("s", 1, 3);
        (await reader.DataAsync(3)).ShouldBe(["1", "2", "3"]);
        for (var i = 4; i <= 203; i++) await hub.PublishAsync("s", $"{i} {Big}");
        var seen = new List<long>();
        var next = 4L;
        while (next <= 203)
        {
            var block = (await reader.NextAsync())!;
            if (block.Type == "hub.gap")
            {
                var gap = OpeningTests.Gap(block);
                (gap.From, gap.Reason, gap.Exact).ShouldBe((next, "lagged", true));
                gap.To.ShouldBeGreaterThanOrEqualTo(gap.From);
                block.Id.ShouldStartWith($"{gap.To}-");
                seen.Add(gap.To - gap.From + 1);
                next = gap.To + 1;
                continue;
            }
            block.Data!.Split(' ')[0].ShouldBe($"{next++}");
        }
        seen.Count.ShouldBe(1);
        seen[0].ShouldBeGreaterThan(100);
    }

    [Fact]
    [Trait("parity", "PUB-04")]
    public async Task Disconnect_ends_the_connection_with_its_reason_and_nothing_after_it()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("s", new StreamOptions { MaxEvents = 10, SlowReader = SlowReaderPolicy.Disconnect });
        await using var reader = await hub.ReadAsync(new SubscribeRequest { Streams = [new("s"), new("t")], Ids = WireIds.Token });
        await reader.ExpectAsync("hub.open");
        for (var i = 1; i <= 200; i++) await hub.PublishAsync("s", Big);
        for (var i = 1; i <= 20; i++) await hub.PublishAsync("t", "t");
        var rest = await reader.RestAsync();
        rest[^1].Type.ShouldBe("hub.end");
        rest[^1].Data!.ShouldContain("slow-client");
        rest.Count(static b => b.Type == "hub.end").ShouldBe(1);
        await Eventually.Within(reader.Running, "the end");
        reader.Connection.Reason.ShouldBe(CloseReason.SlowClient);
    }

    [Fact]
    public async Task Conflate_gives_the_newest_of_each_key_in_order_and_then_goes_on_live()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("s", new StreamOptions { MaxEvents = 10, SlowReader = SlowReaderPolicy.Conflate });
        await using var reader = await hub.ReadAsync("s");
        await reader.ExpectAsync("hub.open");
        for (var i = 1; i <= 200; i++)
            await hub.PublishAsync(
                "s", $"{i} {Big}", options: new PublishOptions { ConflateKey = i <= 150 ? $"k{i % 5}" : i % 2 == 0 ? "even" : "odd" });
        var offsets = new List<long>();
        RawBlock? gap = null;
        while (offsets.Count == 0 || offsets[^1] < 200)
        {
            var block = (await reader.NextAsync())!;
            if (block.Type == "hub.gap")
            {
                gap.ShouldBeNull("one gap only");
                gap = block;
                block.Id.ShouldStartWith("145-", customMessage: "a cut among the conflated events must not skip the rest");
                continue;
            }
            offsets.Add(long.Parse(block.Data!.Split(' ')[0], null));
            block.Id.ShouldStartWith($"{offsets[^1]}-");
        }
        offsets.ShouldBeInOrder();
        offsets.Distinct().Count().ShouldBe(offsets.Count);
        var (_, from, to, reason, _) = OpeningTests.Gap(gap!);
        reason.ShouldBe("conflated");
        to.ShouldBe(190);
        offsets.Where(o => o < from).ShouldBe(Enumerable.Range(1, (int)from - 1).Select(static i => (long)i));
        // The keys k0 to k4 were last written at 146 to 150; odd and even go on among the retained ones.
        offsets.Where(o => o >= from && o <= to).ShouldBe([146L, 147, 148, 149, 150]);
        offsets.Where(o => o > to).ShouldBe(Enumerable.Range(191, 10).Select(static i => (long)i));
    }

    [Fact]
    [Trait("parity", "RPL-10")]
    public async Task Reader_that_was_away_gets_the_newest_of_each_key_and_one_that_is_cut_among_them_the_rest()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("s", new StreamOptions { MaxEvents = 10, SlowReader = SlowReaderPolicy.Conflate });
        for (var i = 1; i <= 100; i++)
            await hub.PublishAsync("s", $"{i}", options: new PublishOptions { ConflateKey = i <= 60 ? $"k{i % 3}" : "late" });
        var epoch = (await hub.Hub.Streams.GetAsync("s")).OrThrow()!.Epoch;
        string? cut;
        await using (var first = await hub.ReadAsync("s", lastEventId: $"5-{epoch}"))
        {
            (await first.ExpectAsync("hub.open")).Id.ShouldBe($"5-{epoch}");
            var gap = await first.ExpectAsync("hub.gap");
            gap.Id.ShouldBe($"57-{epoch}");
            OpeningTests.Gap(gap).Reason.ShouldBe("conflated");
            var one = (await first.NextAsync())!;
            one.Data.ShouldBe("58");
            cut = one.Id;
        }
        await using var second = await hub.ReadAsync("s", lastEventId: cut);
        await second.ExpectAsync("hub.open");
        await second.ExpectAsync("hub.gap");
        foreach (var expected in new[] { 59, 60 }.Concat(Enumerable.Range(91, 10)))
            (await second.NextAsync())!.Data.ShouldBe($"{expected}");
    }

    [Fact]
    [Trait("parity", "RPL-10")]
    public async Task Reader_that_asked_for_the_latest_goes_on_at_the_head_and_is_told_everything_it_passed_over()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("s", new StreamOptions { MaxEvents = 10 });
        await hub.PublishAsync("s", 1, 100);
        var epoch = (await hub.Hub.Streams.GetAsync("s")).OrThrow()!.Epoch;
        await using var reader = await hub.ReadAsync("s", StartPosition.Latest, $"5-{epoch}");
        await reader.ExpectAsync("hub.open");
        var gap = await reader.ExpectAsync("hub.gap");
        gap.Id.ShouldBe($"100-{epoch}");
        var (_, from, to, reason, _) = OpeningTests.Gap(gap);
        (from, to, reason).ShouldBe((6L, 100L, "trimmed"));
        await hub.PublishAsync("s", "next");
        (await reader.NextAsync())!.Data.ShouldBe("next");
    }

    [Fact]
    [Trait("parity", "PUB-03")]
    public async Task Wait_refuses_TryPublish_while_a_reader_stalls_and_later_takes_the_same_object()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("s", new StreamOptions { SlowReader = SlowReaderPolicy.Wait, WaitBound = 1, Base64 = true });
        hub.Hub.TryPublish("unknown", new SseEvent { Data = "x" }).ShouldBeFalse();
        await using var reader = await hub.ReadAsync(new SubscribeRequest { Streams = [new("s")] }, pause: 1_000);
        await reader.ExpectAsync("hub.open");
        var e = new SseEvent { Data = Big };
        var taken = 0;
        while (hub.Hub.TryPublish("s", e)) (++taken).ShouldBeLessThan(5, "one in the pipe, one behind it");
        taken.ShouldBeGreaterThan(0);
        hub.Hub.TryPublish("s", e).ShouldBeFalse();
        await reader.DataAsync(taken);
        await Eventually.Until(() => hub.Hub.TryPublish("s", e), "space");
        System.Text.Encoding.UTF8.GetString(Convert.FromBase64String((await reader.NextAsync())!.Data!)).ShouldBe(Big);
    }

    [Fact]
    [Trait("parity", "PUB-01")]
    public async Task Wait_disconnects_the_laggard_after_the_publish_timeout_and_the_event_goes_on()
    {
        await using var hub = await TestHub.StartAsync(
            static o => (o.PublishTimeout, o.WriteTimeout) = (TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(10)));
        await hub.CreateAsync("s", new StreamOptions { SlowReader = SlowReaderPolicy.Wait, WaitBound = 4 });
        await using var stalled = await hub.ReadAsync(new SubscribeRequest { Streams = [new("s")] }, pause: 1_000);
        await using var healthy = await hub.ReadAsync("s");
        await stalled.ExpectAsync("hub.open");
        await healthy.ExpectAsync("hub.open");
        var publishing = Task.Run(async () =>
        {
            for (var i = 1; i <= 20; i++) await hub.PublishAsync("s", $"{i} {Big}");
        });
        await Eventually.Until(() => hub.Clock.ActiveTimers > 1, "the publisher to wait");
        publishing.IsCompleted.ShouldBeFalse();
        stalled.Running.IsCompleted.ShouldBeFalse();
        await Eventually.Until(() =>
        {
            hub.Clock.Advance(TimeSpan.FromMilliseconds(500));
            return publishing.IsCompleted;
        }, "the publisher to go on");
        await publishing;
        stalled.Connection.Reason.ShouldBe(CloseReason.SlowClient);
        (await healthy.DataAsync(20)).Select(static d => d.Split(' ')[0]).ShouldBe(Enumerable.Range(1, 20).Select(static i => $"{i}"));
    }

    [Fact]
    [Trait("parity", "PUB-01")]
    public async Task Wait_loses_no_wake_up_when_many_publish_and_readers_read()
    {
        await using var hub = await TestHub.StartAsync(static o => o.PublishTimeout = TimeSpan.FromMinutes(10), manual: false);
        await hub.CreateAsync("s", new StreamOptions { SlowReader = SlowReaderPolicy.Wait, WaitBound = 2 });
        await using var reader = await hub.ReadAsync(new SubscribeRequest { Streams = [new("s")] }, pause: 1_000);
        await reader.ExpectAsync("hub.open");
        const int publishers = 4, each = 250;
        var publishing = Task.WhenAll(Enumerable.Range(0, publishers).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++)
                await hub.PublishAsync(
                    "s", "some data of some length, so that the pipe is full now and then ................................");
        })));
        (await reader.DataAsync(publishers * each)).Count.ShouldBe(publishers * each);
        await Eventually.Within(publishing, "the publishers");
    }

    [Fact]
    [Trait("parity", "RPL-12")]
    [Trait("parity", "PUB-04")]
    public async Task Stalled_reader_does_not_delay_others()
    {
        await using var hub = await TestHub.StartAsync();
        await using var stalled = await hub.ReadAsync("s");
        var healthy = new List<TestReader>();
        for (var i = 0; i < 9; i++) healthy.Add(await hub.ReadAsync("s"));
        foreach (var reader in healthy) await reader.ExpectAsync("hub.open");
        var reading = healthy.Select(static r => r.DataAsync(2_000)).ToArray();
        for (var i = 1; i <= 2_000; i++) await hub.PublishAsync("s", $"{i} {Big[..200]}");
        foreach (var data in await Eventually.Within(Task.WhenAll(reading), "the healthy readers"))
            data.Select(static d => d.Split(' ')[0]).ShouldBe(Enumerable.Range(1, 2_000).Select(static i => $"{i}"));
        foreach (var reader in healthy) await reader.DisposeAsync();
    }

    [Theory]
    [InlineData(WireIds.Position)]
    [InlineData(WireIds.Token)]
    [InlineData(WireIds.None)]
    [InlineData(WireIds.Decimal)]
    public async Task Turn_writes_at_most_32_KB_and_big_events_arrive_whole(WireIds ids)
    {
        await using var hub = await TestHub.StartAsync();
        // Each flush waits until the reader has taken everything of the turn before, so a read is one turn.
        await using var reader = await hub.ReadAsync(
            new SubscribeRequest { Streams = [new("s")], Ids = ids, Control = false, Since = StartPosition.Latest }, pause: 1);
        reader.TakeNow();
        int[] sizes = [300_000, 10, 31_000, 20_000, 32_700, 33_000, 1, 100_000, 5];
        for (var i = 0; i < sizes.Length; i++) await hub.PublishAsync("s", $"{i}" + new string((char)('a' + i), sizes[i]));
        var data = await reader.DataAsync(sizes.Length);
        data.Select(static d => d.Length).ShouldBe(sizes.Select(static s => s + 1));
        for (var i = 0; i < sizes.Length; i++) data[i].ShouldBe($"{i}" + new string((char)('a' + i), sizes[i]));
        // Besides the budget: the id line of an event that ended just there.
        reader.Reads.Max().ShouldBeLessThanOrEqualTo((32 << 10) + 1_100);
    }

    [Fact]
    public async Task Small_events_of_several_streams_stay_within_a_turn_too()
    {
        await using var hub = await TestHub.StartAsync();
        for (var i = 0; i < 200; i++)
        {
            await hub.PublishAsync("a", Big);
            await hub.PublishAsync("b", Big);
        }
        await using var reader = await hub.ReadAsync(
            new SubscribeRequest { Streams = [new("a"), new("b")], Ids = WireIds.Token, Since = StartPosition.Earliest }, pause: 1);
        await reader.ExpectAsync("hub.open");
        (await reader.DataAsync(400)).ShouldAllBe(static d => d == Big);
        reader.Reads.Max().ShouldBeLessThanOrEqualTo((32 << 10) + 1_100);
    }
}
