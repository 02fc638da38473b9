using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Clients;

public sealed class ResumeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [Trait("parity", "RPL-03")]
    [Trait("parity", "RPL-06")]
    [Trait("parity", "RPL-14")]
    public async Task Reader_that_reconnects_all_the_time_sees_each_event_once_and_in_order(int streams)
    {
        await using var hub = await TestHub.StartAsync(manual: false);
        var reconnects = Soak.Of(1_000, 200);
        using var stop = new CancellationTokenSource();
        var seen = new int[streams];
        var publishers = Enumerable.Range(0, streams).Select(s => Task.Run(async () =>
        {
            var i = 0;
            while (!stop.IsCancellationRequested)
            {
                await hub.PublishAsync($"s{s}", $"{s} {++i} {new string('x', i % 700)}");
                // Never so far ahead that retention (100 000 events) would trim what the reader has not seen: that is another test.
                while (i - Volatile.Read(ref seen[s]) > 10_000 && !stop.IsCancellationRequested) await Task.Delay(1);
            }
            return i;
        })).ToArray();
        var request = new SubscribeRequest
        {
            Streams = [.. Enumerable.Range(0, streams).Select(static s => new StreamSubscription($"s{s}"))],
            Ids = streams == 1 ? WireIds.Position : WireIds.Token,
            Since = StartPosition.Earliest,
        };
        string? id = null;
        var random = new Random(4711);
        for (var round = 0; round < reconnects; round++)
        {
            await using var reader = await hub.ReadAsync(request with { LastEventId = id }, pause: 4_096);
            var take = random.Next(60);
            while (take-- > 0)
            {
                var block = (await reader.NextAsync())!;
                if (block.Type is not null)
                {
                    block.Type.ShouldBe("hub.open", block.ToString());
                    continue;
                }
                var parts = block.Data!.Split(' ');
                var stream = int.Parse(parts[0], null);
                int.Parse(parts[1], null).ShouldBe(++seen[stream], $"stream {stream} in round {round}");
            }
            id = reader.LastEventId ?? id;
        }
        await stop.CancelAsync();
        var heads = await Task.WhenAll(publishers);
        await using var last = await hub.ReadAsync(request with { LastEventId = id });
        while (!seen.SequenceEqual(heads))
        {
            var block = (await last.NextAsync())!;
            if (block.Type is not null) continue;
            var parts = block.Data!.Split(' ');
            int.Parse(parts[1], null).ShouldBe(++seen[int.Parse(parts[0], null)]);
        }
    }

    [Fact]
    [Trait("parity", "RPL-09")]
    [Trait("parity", "PUB-04")]
    public async Task Under_heavy_trimming_every_offset_is_delivered_or_named_exactly_once()
    {
        await using var hub = await TestHub.StartAsync(manual: false);
        await hub.CreateAsync("s", new StreamOptions { MaxEvents = 50 });
        using var stop = new CancellationTokenSource();
        var publishing = Task.Run(async () =>
        {
            for (var i = 1; ; i++)
            {
                if (stop.IsCancellationRequested) return i - 1;
                await hub.PublishAsync("s", $"{i} {new string('x', i % 3_000)}");
            }
        });
        await using var reader = await hub.ReadAsync(
            new SubscribeRequest { Streams = [new("s")], Since = StartPosition.Earliest }, pause: 2_000);
        var open = await reader.ExpectAsync("hub.open");
        var next = open.Id is { } at ? long.Parse(at.Split('-')[0], null) + 1 : 1;
        var gaps = 0;
        var rounds = Soak.Of(20_000, 4_000);
        var random = new Random(99);
        for (var i = 0; i < rounds; i++)
        {
            if (random.Next(200) == 0) await Task.Delay(random.Next(8));
            var block = (await reader.NextAsync())!;
            if (block.Type == "hub.gap")
            {
                var gap = OpeningTests.Gap(block);
                (gap.From, gap.Reason).ShouldBe((next, "lagged"));
                gap.To.ShouldBeGreaterThanOrEqualTo(next);
                next = gap.To + 1;
                gaps++;
                continue;
            }
            block.Data!.Split(' ')[0].ShouldBe($"{next++}", "a hole that nobody named");
        }
        await stop.CancelAsync();
        await publishing;
        gaps.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [Trait("parity", "RPL-10")]
    [Trait("parity", "RPL-14")]
    public async Task Across_reconnects_under_trimming_every_offset_is_delivered_or_named_once(int streams)
    {
        await using var hub = await TestHub.StartAsync(manual: false);
        for (var s = 0; s < streams; s++) await hub.CreateAsync($"s{s}", new StreamOptions { MaxEvents = 20 });
        using var stop = new CancellationTokenSource();
        var publishing = Task.Run(async () =>
        {
            for (var i = 1; !stop.IsCancellationRequested; i++)
            {
                for (var s = 0; s < streams; s++) await hub.PublishAsync($"s{s}", $"{s} {i} {new string('x', i % 2_000)}");
            }
        });
        var request = new SubscribeRequest
        {
            Streams = [.. Enumerable.Range(0, streams).Select(static s => new StreamSubscription($"s{s}"))],
            Ids = streams == 1 ? WireIds.Position : WireIds.Token,
        };
        long[]? next = null, committed = null;
        string? id = null;
        var gaps = 0;
        var random = new Random(5);
        for (var round = 0; round < Soak.Of(2_000, 200); round++)
        {
            await using var reader = await hub.ReadAsync(request with { LastEventId = id }, pause: 1_000);
            next = committed?.ToArray();
            for (var take = 1 + random.Next(40); take > 0; take--)
            {
                if (random.Next(100) == 0) await Task.Delay(random.Next(4));
                var block = (await reader.NextAsync())!;
                if (block.Type == "hub.open")
                {
                    // The very first one says where it begins: the events tell it.
                    if (committed is not null || block.Id is null) continue;
                    next = new long[streams];
                }
                else if (block.Type == "hub.gap")
                {
                    var gap = OpeningTests.Gap(block);
                    var s = int.Parse(gap.Stream![1..], null);
                    if (next![s] != 0) gap.From.ShouldBe(next[s], block.ToString());
                    gap.To.ShouldBeGreaterThanOrEqualTo(gap.From);
                    next[s] = gap.To + 1;
                    gaps++;
                }
                else
                {
                    var parts = block.Data!.Split(' ');
                    var s = int.Parse(parts[0], null);
                    var offset = long.Parse(parts[1], null);
                    if (next![s] != 0) offset.ShouldBe(next[s], $"stream {s} in round {round}");
                    next[s] = offset + 1;
                }
                // Repeated: a gap is still to be told, and a cut here brings the reader back to where it was.
                if (block.Id is null || block.Id == id) continue;
                committed = next!.ToArray();
                id = block.Id;
            }
        }
        await stop.CancelAsync();
        await publishing;
        gaps.ShouldBeGreaterThan(0);
    }

    [Fact]
    [Trait("parity", "PUB-04")]
    public async Task Conflated_reader_under_load_gets_no_event_twice_and_each_gap_once()
    {
        await using var hub = await TestHub.StartAsync(manual: false);
        await hub.CreateAsync("s", new StreamOptions { MaxEvents = 20, SlowReader = SlowReaderPolicy.Conflate });
        using var stop = new CancellationTokenSource();
        var publishing = Task.Run(async () =>
        {
            for (var i = 1; !stop.IsCancellationRequested; i++)
                await hub.PublishAsync(
                    "s", $"{i} {new string('x', i % 3_000)}", options: new PublishOptions { ConflateKey = $"k{i % 37}" });
        });
        await using var reader = await hub.ReadAsync(
            new SubscribeRequest { Streams = [new("s")], Since = StartPosition.Latest }, pause: 1_000);
        // Publishing began before: the reader's first event, or gap, follows the position that it was opened at.
        var open = await reader.ExpectAsync("hub.open");
        long last = long.Parse(open.Id!.Split('-')[0], null), gapTo = 0;
        var gaps = 0;
        var random = new Random(6);
        for (var i = 0; i < Soak.Of(20_000, 3_000); i++)
        {
            if (random.Next(200) == 0) await Task.Delay(random.Next(8));
            var block = (await reader.NextAsync())!;
            if (block.Type == "hub.gap")
            {
                var gap = OpeningTests.Gap(block);
                gap.From.ShouldBe(Math.Max(last, gapTo) + 1);
                gapTo = gap.To;
                gaps++;
                continue;
            }
            var offset = long.Parse(block.Data!.Split(' ')[0], null);
            offset.ShouldBeGreaterThan(last, "nothing twice and in order");
            if (offset > gapTo) offset.ShouldBe(Math.Max(last, gapTo) + 1, "a hole that nobody named");
            last = offset;
        }
        await stop.CancelAsync();
        await publishing;
        gaps.ShouldBeGreaterThan(0);
    }

    [Fact]
    [Trait("parity", "ZON-11")]
    public async Task Connects_and_drops_during_broadcasts_leave_nothing_behind()
    {
        var observer = new RecordingObserver();
        await using var hub = await TestHub.StartAsync(null, manual: false, observer);
        using var stop = new CancellationTokenSource();
        var broadcasting = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await hub.Hub.BroadcastAsync(new SseEvent { Data = new string('b', 300) });
                await hub.Hub.BroadcastToZoneAsync("z", new SseEvent { Data = "z" });
                await hub.Hub.SendToAsync("c3", new SseEvent { Data = "direct" });
            }
        });
        var cycles = Soak.Of(10_000, 500);
        long baseline = 0;
        for (var half = 0; half < 2; half++)
        {
            await Parallel.ForAsync(0, cycles / 2, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
            {
                var admission = await hub.Edge.ConnectAsync(
                    new SubscribeRequest
                    {
                        Streams = [new($"s{i % 5}")],
                        Zone = "z",
                        ClientId = $"c{i % 16}",
                        Instance = $"{i % 16}",
                        Broadcast = true,
                        Ids = WireIds.Token,
                        Welcome = "data: w\n\n"u8.ToArray(),
                    }, default);
                if (admission.Connection is not { } connection) return;
                if (i % 7 == 0)
                {
                    await connection.DisposeAsync();
                    return;
                }
                var reader = new TestReader(connection, 2_000);
                if (i % 3 == 0) reader.TakeNow();
                if (i % 5 == 0) await reader.NextAsync();
                await reader.DisposeAsync();
            });
            await Eventually.Until(() => hub.Hub.Load is { Actors: 0, Connections: 0, Streams: 0 }, "nothing to be left");
            await Eventually.Until(() => observer.Count("connected") == observer.Count("disconnected"), "callbacks to balance");
            if (half == 0) baseline = GC.GetTotalMemory(forceFullCollection: true);
        }
        await stop.CancelAsync();
        await broadcasting;
        // The observer remembers its calls, the broadcast log may grow to its own bound; connections must cost nothing.
        GC.GetTotalMemory(forceFullCollection: true).ShouldBeLessThan(baseline + (8 << 20));
    }

    [Fact]
    [Trait("parity", "PUB-04")]
    public async Task Stalled_cursor_holds_no_trimmed_bytes()
    {
        await using var hub = await TestHub.StartAsync(static o => o.WriteTimeout = Timeout.InfiniteTimeSpan);
        await hub.CreateAsync("s", new StreamOptions { MaxEvents = 10 });
        await using var stalled = await hub.ReadAsync(new SubscribeRequest { Streams = [new("s")] }, pause: 1);
        for (var i = 0; i < 10; i++) await hub.PublishAsync("s", new string('x', 5_000));
        var old = BytesOfOldestChunk(hub);
        for (var i = 0; i < 100; i++) await hub.PublishAsync("s", new string('x', 5_000));
        await Eventually.Until(() =>
        {
            GC.Collect();
            return !old.TryGetTarget(out _);
        }, "the trimmed bytes to be collected");
        stalled.Running.IsCompleted.ShouldBeFalse();
        hub.Hub.Load.LogBytes.ShouldBeLessThan(300_000);
        await stalled.ExpectAsync("hub.open");
    }

    [Fact]
    [Trait("parity", "PUB-10")]
    public async Task Comments_alone_do_not_grow_a_log()
    {
        await using var hub = await TestHub.StartAsync();
        await using var reader = await hub.ReadAsync("s");
        await reader.ExpectAsync("hub.open");
        await hub.PublishAsync("s", "before");
        for (var i = 0; i < 1_000; i++)
            (await hub.Hub.PublishAsync("s", new SseEvent { Comment = new string('c', 5_000) })).IsAccepted.ShouldBeTrue();
        hub.Hub.Load.LogBytes.ShouldBeLessThan(2 << 20);
        await hub.PublishAsync("s", "after");
        (await reader.DataAsync(2)).ShouldBe(["before", "after"]);
        await using var late = await hub.ReadAsync("s", StartPosition.Earliest);
        await late.ExpectAsync("hub.open");
        (await late.DataAsync(2)).ShouldBe(["before", "after"]);
        (await hub.Hub.Streams.ReadAsync("s")).Events.Select(static e => e.Event.Data).ShouldBe(["before", "after"]);
        var other = await hub.Hub.PublishAsync("t", new SseEvent { Data = "x" });
        other.IsAccepted.ShouldBeTrue();
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference<byte[]> BytesOfOldestChunk(TestHub hub)
    {
        return new WeakReference<byte[]>(hub.Hub.Parts.Streams.Find("s")!.Log.Current!.Chunks.Oldest!.Bytes!);
    }
}
