using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Clients;

/// <summary>
/// There are clients whose last event id an event without an id empties (npm eventsource 4, two Go clients): whatever a connection is told,
/// it is told its position with it, and can come back with any of these ids without losing an event.
/// </summary>
public sealed class PositionOfEveryEventTests
{
    private static SubscribeRequest Reader(WireIds ids) => ids == WireIds.Token
        ? new SubscribeRequest
          {
              Streams = [new("a"), new("b")],
              Zone = "z",
              ClientId = "c",
              Ids = ids,
              Since = StartPosition.Earliest,
              HeartbeatKind = HeartbeatKind.Event,
          }
        : new SubscribeRequest
          {
              Streams = [new("a")],
              Zone = "z",
              ClientId = "c",
              Ids = ids,
              Since = StartPosition.Earliest,
              HeartbeatKind = HeartbeatKind.Event,
          };

    [Theory]
    [InlineData(WireIds.Position)]
    [InlineData(WireIds.Token)]
    [Trait("parity", "RPL-05")]
    public async Task Reader_that_is_cut_behind_any_event_of_the_hub_comes_back_and_misses_none(WireIds ids)
    {
        await using var hub = await TestHub.StartAsync();
        var blocks = new List<RawBlock>();
        await using (var reader = await hub.ReadAsync(Reader(ids)))
        {
            blocks.Add(await reader.ExpectAsync("hub.open"));
            for (var round = 1; round <= 3; round++)
            {
                await hub.PublishAsync("a", $"a{round}");
                if (ids == WireIds.Token) await hub.PublishAsync("b", $"b{round}");
                for (var i = 0; i < (ids == WireIds.Token ? 2 : 1); i++) await AddAsync(reader, null);
                await hub.Hub.SendToAsync("c", new SseEvent { Data = $"to it {round}", Type = "inbox" });
                await AddAsync(reader, "inbox");
                hub.Clock.Advance(TimeSpan.FromSeconds(31));
                await AddAsync(reader, "hub.ping");
            }
            await hub.Hub.Clients.DisconnectAsync("c");
            await AddAsync(reader, "hub.end");
            await Eventually.Within(reader.Running, "the end");
        }
        await hub.PublishAsync("a", "last");
        blocks.Count(static b => b.Type is "hub.open" or "hub.end" or "inbox").ShouldBe(5);
        blocks.Count(static b => b.Type is "hub.ping").ShouldBeGreaterThanOrEqualTo(3);

        for (var at = 0; at < blocks.Count; at++)
        {
            blocks[at].Id.ShouldNotBeNull(blocks[at].ToString());
            var missing = blocks.Skip(at + 1).Where(static b => b.Type is null).Select(static b => b.Data!).Append("last").Order().ToList();
            await using var again = await hub.ReadAsync(Reader(ids) with { LastEventId = blocks[at].Id, Since = null });
            await again.ExpectAsync("hub.open");
            (await again.DataAsync(missing.Count)).Order().ToList().ShouldBe(missing, blocks[at].ToString());
        }

        // A step of the clock that is longer than the interval may be two heartbeats: the connection writes between two firings of the
        // timer.
        async Task AddAsync(TestReader reader, string? type)
        {
            do blocks.Add((await reader.NextAsync()).ShouldNotBeNull());
            while (blocks[^1].Type == "hub.ping" && type != "hub.ping");
            blocks[^1].Type.ShouldBe(type, blocks[^1].ToString());
        }
    }

    [Theory]
    [InlineData(WireIds.Position)]
    [InlineData(WireIds.Token)]
    [Trait("parity", "STR-04")]
    public async Task Drain_and_removal_repeat_the_position(WireIds ids)
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("gone", "x");
        await hub.PublishAsync("a", 1, 2);
        await using var removed = await hub.ReadAsync(
            new SubscribeRequest { Streams = [new("gone")], Ids = ids, Since = StartPosition.Earliest });
        await using var drained = await hub.ReadAsync(Reader(ids));
        await removed.ExpectAsync("hub.open");
        await drained.ExpectAsync("hub.open");
        await removed.DataAsync(1);
        var last = removed.LastEventId.ShouldNotBeNull();
        await hub.Hub.Streams.RemoveAsync("gone");
        (await removed.ExpectAsync("hub.end")).Id.ShouldBe(last);

        await drained.DataAsync(2);
        last = drained.LastEventId.ShouldNotBeNull();
        await Eventually.Within(hub.Hub.DrainAsync(), "the drain");
        (await drained.ExpectAsync("hub.drain")).Id.ShouldBe(last);
    }

    [Fact]
    public async Task Reader_whose_filter_takes_everything_out_ends_with_the_position_behind_it()
    {
        await using var hub = await TestHub.StartAsync();
        await using var reader = await hub.ReadAsync(Reader(WireIds.Position) with { Types = ["rare"] });
        await reader.ExpectAsync("hub.open");
        for (var i = 1; i <= 3; i++) await hub.PublishAsync("a", $"{i}", "often");
        await hub.Hub.Clients.DisconnectAsync("c");
        (await reader.ExpectAsync("hub.end")).Id.ShouldStartWith("3-");
    }

    [Fact]
    [Trait("parity", "RPL-10")]
    public async Task Reader_that_is_cut_between_the_gaps_of_two_streams_is_told_both_again()
    {
        await using var hub = await TestHub.StartAsync();
        foreach (var stream in new[] { "a", "b" })
        {
            await hub.CreateAsync(stream, new StreamOptions { MaxEvents = 2 });
            await hub.PublishAsync(stream, 1, 10);
        }
        var token = new CursorToken(["a", "b"]);
        foreach (var stream in new[] { "a", "b" })
            token.Set(token.SlotOf(stream), CursorToken.TagOf((await hub.Hub.Streams.GetAsync(stream)).OrThrow()!.Epoch), 3);
        var before = System.Text.Encoding.ASCII.GetString(token.Text);

        await using var reader = await hub.ReadAsync(Reader(WireIds.Token) with { LastEventId = before, Since = null });

        (await reader.ExpectAsync("hub.open")).Id.ShouldBe(before);
        (await reader.ExpectAsync("hub.gap")).Id.ShouldBe(before, "a gap is still to be told");
        var after = (await reader.ExpectAsync("hub.gap")).Id.ShouldNotBeNull();
        after.ShouldNotBe(before);
        await using var resumed = await hub.ReadAsync(Reader(WireIds.Token) with { LastEventId = after, Since = null, ClientId = "d" });
        await resumed.ExpectAsync("hub.open");
        (await resumed.DataAsync(4)).Order().ShouldBe(["10", "10", "9", "9"]);
    }

    [Fact]
    [Trait("parity", "RPL-10")]
    public async Task Reader_that_is_cut_right_behind_a_conflated_gap_gets_all_of_the_conflated_events()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("a", new StreamOptions { MaxEvents = 2, SlowReader = SlowReaderPolicy.Conflate });
        for (var i = 1; i <= 10; i++)
            await hub.PublishAsync("a", $"{i}", options: new PublishOptions { ConflateKey = i <= 6 ? $"k{i % 3}" : "late" });
        var epoch = (await hub.Hub.Streams.GetAsync("a")).OrThrow()!.Epoch;
        var id = $"1-{epoch}";
        // Each round is cut behind the gap; the first has the reader's own position.
        for (var round = 0; round < 3; round++)
        {
            await using var cut = await hub.ReadAsync("a", lastEventId: id);
            (await cut.ExpectAsync("hub.open")).Id.ShouldBe(id);
            id = (await cut.ExpectAsync("hub.gap")).Id.ShouldNotBeNull();
        }
        await using var reader = await hub.ReadAsync("a", lastEventId: id);
        await reader.ExpectAsync("hub.open");
        await reader.ExpectAsync("hub.gap");
        (await reader.DataAsync(5)).ShouldBe(["4", "5", "6", "9", "10"]);
    }

    [Theory]
    [InlineData("nonsense", "nonsense")]
    [InlineData("ungültig", null)]
    [InlineData("two\nlines", null)]
    [InlineData(" outer", null)]
    public async Task Open_before_a_gap_repeats_a_foreign_id_only_where_an_id_line_can(string given, string? repeated)
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("a", 1, 3);
        await using var reader = await hub.ReadAsync("a", lastEventId: given);
        (await reader.ExpectAsync("hub.open")).Id.ShouldBe(repeated);
        (await reader.ExpectAsync("hub.gap")).Id.ShouldStartWith("0-");
    }
}
