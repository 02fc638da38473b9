using System.Text;
using System.Text.Json;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Tests.Clients;

public sealed class OpeningTests
{
    [Fact]
    public async Task First_comes_a_comment_then_hub_open_with_retry_and_own_position()
    {
        await using var hub = await TestHub.StartAsync(static o => o.Retry = TimeSpan.FromSeconds(2));
        await hub.PublishAsync("s", 1, 3);
        await using var reader = await hub.ReadAsync("s", StartPosition.Last(1));
        var open = await reader.ExpectAsync("hub.open");
        open.Lines[0].ShouldBe(":");
        open.Retry.ShouldBe("2000");
        open.Id!.ShouldStartWith("2-");
        var data = JsonDocument.Parse(open.Data!).RootElement;
        data.GetProperty("client").GetString().ShouldBe(reader.Id);
        data.GetProperty("streams")[0].GetProperty("head").GetInt64().ShouldBe(3);
        (await reader.DataAsync(1)).ShouldBe(["3"]);
    }

    [Fact]
    public async Task Stream_that_does_not_exist_yet_opens_at_0_0_and_its_first_event_comes()
    {
        await using var hub = await TestHub.StartAsync();
        await using var reader = await hub.ReadAsync("s");
        (await reader.ExpectAsync("hub.open")).Id.ShouldBe("0-0");
        await hub.PublishAsync("s", "first");
        (await reader.DataAsync(1)).ShouldBe(["first"]);
        await using var again = await hub.ReadAsync("s", lastEventId: "0-0");
        await again.ExpectAsync("hub.open");
        (await again.DataAsync(1)).ShouldBe(["first"]);
    }

    [Fact]
    [Trait("parity", "RPL-10")]
    public async Task Gap_comes_with_an_open_that_repeats_the_position_before_it_in_one_flush()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("s", new StreamOptions { MaxEvents = 5 });
        await hub.PublishAsync("s", 1, 20);
        var epoch = (await hub.Hub.Streams.GetAsync("s")).OrThrow()!.Epoch;
        await using var reader = await hub.ReadAsync("s", lastEventId: $"3-{epoch}");
        (await reader.ExpectAsync("hub.open")).Id.ShouldBe($"3-{epoch}");
        reader.Blocks.ShouldNotBeEmpty("both go out in one write");
        var gap = await reader.ExpectAsync("hub.gap");
        gap.Id.ShouldBe($"15-{epoch}");
        Gap(gap).ShouldBe(("s", 4, 15, "trimmed", true));
        (await reader.DataAsync(5)).ShouldBe(["16", "17", "18", "19", "20"]);
    }

    [Theory]
    [InlineData("99-@", null, "unknown-id")]
    [InlineData("3-zzz", null, "epoch-changed")]
    [InlineData("nonsense", null, "unknown-id")]
    [InlineData("-1", null, "unknown-id")]
    [InlineData("007", null, "unknown-id")]
    [InlineData("99999999999999999999999", null, "unknown-id")]
    [InlineData("nonsense", "latest", "unknown-id")]
    [Trait("parity", "RPL-05")]
    public async Task Foreign_id_is_a_gap_and_goes_on_from_the_oldest_unless_latest_is_wished(string id, string? since, string reason)
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("s", 1, 3);
        var epoch = (await hub.Hub.Streams.GetAsync("s")).OrThrow()!.Epoch;
        await using var reader = await hub.ReadAsync(
            "s", since is null ? null : StartPosition.Latest, id.Replace("@", epoch, StringComparison.Ordinal));
        await reader.ExpectAsync("hub.open");
        var gap = JsonDocument.Parse((await reader.ExpectAsync("hub.gap")).Data!).RootElement;
        gap.GetProperty("reason").GetString().ShouldBe(reason);
        gap.GetProperty("to").ValueKind.ShouldBe(JsonValueKind.Null);
        gap.GetProperty("exact").GetBoolean().ShouldBeFalse();
        if (since is null) (await reader.DataAsync(3)).ShouldBe(["1", "2", "3"]);
        await hub.PublishAsync("s", "4");
        (await reader.DataAsync(1)).ShouldBe(["4"]);
    }

    [Fact]
    [Trait("parity", "RPL-05")]
    public async Task Ten_kilobytes_of_id_are_an_unknown_id()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("s", 1, 1);
        await using var reader = await hub.ReadAsync("s", lastEventId: new string('9', 10_000));
        await reader.ExpectAsync("hub.open");
        await reader.ExpectAsync("hub.gap");
    }

    [Fact]
    public async Task Without_control_nothing_of_the_hub_is_said_and_a_gap_is_a_comment()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("s", 1, 2);
        await using var reader = await hub.ReadAsync(new SubscribeRequest { Streams = [new("s")], Control = false, LastEventId = "x" });
        var first = await reader.ExpectAsync(null);
        first.Lines[0].ShouldBe(":");
        first.Lines[1].ShouldBe("retry: 1000");
        first.Lines[2].ShouldStartWith(": gap stream=s from=? to=?");
        first.Data.ShouldBe("1");
        (await reader.DataAsync(1)).ShouldBe(["2"]);
    }

    [Fact]
    [Trait("parity", "ZON-10")]
    public async Task Welcome_is_the_first_block()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("s", 1, 1);
        await using var reader = await hub.ReadAsync(new SubscribeRequest
        {
            Streams = [new("s")],
            Since = StartPosition.Earliest,
            Welcome = Encoding.UTF8.GetBytes("event: ping\ndata: hi\n\n"),
        });
        (await reader.ExpectAsync("ping")).Data.ShouldBe("hi");
        await reader.ExpectAsync("hub.open");
        (await reader.DataAsync(1)).ShouldBe(["1"]);
    }

    [Fact]
    [Trait("parity", "RPL-02")]
    [Trait("parity", "RPL-03")]
    public async Task Decimal_ids_count_on_and_resume_exclusively()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("s", 1, 3);
        static SubscribeRequest Request(string? id = null) =>
            new() { Streams = [new("s")], Ids = WireIds.Decimal, Control = false, Since = StartPosition.Earliest, LastEventId = id };
        await using var reader = await hub.ReadAsync(Request());
        var ids = new List<long>();
        for (var i = 0; i < 3; i++) ids.Add(long.Parse((await reader.NextAsync())!.Id!, null));
        ids.ShouldBe([ids[0], ids[0] + 1, ids[0] + 2]);
        ids[2].ShouldBeLessThan(1L << 53);
        await using var resumed = await hub.ReadAsync(Request($"{ids[1]}"));
        (await resumed.DataAsync(1)).ShouldBe(["3"]);
        await using var old = await hub.ReadAsync(Request("1"));
        var first = await old.NextAsync();
        first!.Comments.ShouldContain(static c => c.Contains("reason=epoch-changed"));
        first.Data.ShouldBe("1");
    }

    [Fact]
    [Trait("parity", "RPL-02")]
    public async Task Callers_ids_stand_on_the_wire_and_resume_finds_the_latest()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("s", new StreamOptions { Ids = StreamIds.Caller, MaxEvents = 4 });
        foreach (var (data, id) in new[] { ("1", "a"), ("2", "b"), ("3", "a"), ("4", null), ("5", "e") })
            await hub.PublishAsync("s", data, id: id);
        await using var reader = await hub.ReadAsync("s", StartPosition.Earliest);
        await reader.ExpectAsync("hub.open");
        var ids = new List<string?>();
        for (var i = 0; i < 4; i++) ids.Add((await reader.NextAsync())!.Id);
        ids.Where(static i => i is not null && !i.Contains('-', StringComparison.Ordinal)).ShouldBe(["b", "a", "e"]);
        await using var resumed = await hub.ReadAsync("s", lastEventId: "a");
        await resumed.ExpectAsync("hub.open");
        (await resumed.DataAsync(2)).ShouldBe(["4", "5"]);
        await using var own = await hub.ReadAsync("s", lastEventId: ids[2]);
        await own.ExpectAsync("hub.open");
        (await own.DataAsync(1)).ShouldBe(["5"]);
        await hub.PublishAsync("s", 6, 9);
        await using var gone = await hub.ReadAsync("s", lastEventId: "e");
        await gone.ExpectAsync("hub.open");
        Gap(await gone.ExpectAsync("hub.gap")).Reason.ShouldBe("unknown-id");
    }

    [Fact]
    [Trait("parity", "PUB-08")]
    public async Task Publishers_id_travels_as_a_comment_on_streams_of_the_hub_and_no_field_is_foreign()
    {
        await using var hub = await TestHub.StartAsync();
        await using var reader = await hub.ReadAsync("s");
        await reader.ExpectAsync("hub.open");
        await hub.PublishAsync("s", "x", id: "mine");
        var e = (await reader.NextAsync())!;
        e.Comments.ShouldContain("eid=mine");
        e.Lines.ShouldNotContain(static l => l.StartsWith("eid", StringComparison.Ordinal));
        e.Id!.ShouldStartWith("1-");
        (await hub.Hub.PublishAsync("s", new SseEvent { Data = "x", Id = "5-abc" })).Status.ShouldBe(PublishStatus.Invalid);
        (await hub.Hub.PublishAsync("s", new SseEvent { Data = "x", Id = "" })).Status.ShouldBe(PublishStatus.Invalid);
        foreach (var forged in new[] { "eid=other", "first\neid=other", "first\r\neid=", "\reid=" })
        {
            (await hub.Hub.PublishAsync("s", new SseEvent { Data = "x", Comment = forged })).Error.ShouldNotBeNull()
                .ShouldContain("'eid='");
        }
        (await hub.Hub.PublishAsync(
            "s", new SseEvent { Data = "x", Comment = " eid=of a line that begins otherwise" })).Status.ShouldBe(PublishStatus.Accepted);
        (await hub.Hub.PublishAsync("s", new SseEvent { Data = "x", Type = "hub.open" })).Status.ShouldBe(PublishStatus.Invalid);
    }

    [Fact]
    [Trait("parity", "PUB-09")]
    [Trait("parity", "PUB-10")]
    public async Task Empty_events_are_refused_and_comments_reach_only_those_who_are_there()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("s", "1");
        await using var there = await hub.ReadAsync("s");
        await there.ExpectAsync("hub.open");
        (await hub.Hub.PublishAsync("s", new SseEvent { Type = "t" })).Status.ShouldBe(PublishStatus.Invalid);
        (await hub.Hub.PublishAsync("s", new SseEvent())).Status.ShouldBe(PublishStatus.Invalid);
        (await hub.Hub.PublishAsync("s", new SseEvent { Comment = "c" })).Id.ShouldBeNull();
        (await hub.Hub.PublishAsync("s", new SseEvent { Retry = TimeSpan.FromSeconds(7) })).Status.ShouldBe(PublishStatus.Accepted);
        await hub.PublishAsync("s", "2");
        var block = (await there.NextAsync())!;
        block.Lines.Take(2).ShouldBe([": c", "retry: 7000"]);
        (block.Data, block.Id![..2]).ShouldBe(("2", "2-"));
        await using var late = await hub.ReadAsync("s", StartPosition.Earliest);
        await late.ExpectAsync("hub.open");
        (await late.NextAsync())!.Lines[0].ShouldBe("data: 1");
        (await late.NextAsync())!.Lines[0].ShouldBe("data: 2");
    }

    internal static (string? Stream, long From, long To, string? Reason, bool Exact) Gap(Testing.RawBlock block)
    {
        var json = JsonDocument.Parse(block.Data!).RootElement;
        static long Number(JsonElement e) => e.ValueKind == JsonValueKind.Null ? -1 : e.GetInt64();
        return (json.GetProperty("stream").GetString(), Number(json.GetProperty("from")), Number(json.GetProperty("to")),
            json.GetProperty("reason").GetString(), json.GetProperty("exact").GetBoolean());
    }
}
