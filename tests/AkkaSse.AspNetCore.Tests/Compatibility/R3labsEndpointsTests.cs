using System.Globalization;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.AspNetCore.Tests.Compatibility;

public sealed class R3labsEndpointsTests
{
    [Theory]
    [Trait("parity", "HTTP-03")]
    [InlineData("/events")]
    [InlineData("/events?stream=")]
    [InlineData("/events?other=1")]
    public async Task Missing_stream_is_400_with_the_older_text(string target)
    {
        await using var host = await CompatibilityHost.StartAsync();
        (await host.GetAsync(target)).ShouldSay(400, "Please specify a stream!");
    }

    [Fact]
    [Trait("parity", "HTTP-04")]
    public async Task Unknown_stream_without_auto_create_is_404_with_the_older_text()
    {
        await using var host = await CompatibilityHost.StartAsync(o => o.AutoCreate = false);
        (await host.GetAsync("/events?stream=unknown")).ShouldSay(404, "Stream not found!");
        host.Edge.Load.Streams.ShouldBe(0);
    }

    [Fact]
    [Trait("parity", "STR-02")]
    public async Task Removed_stream_ends_its_readers_and_is_404_for_late_ones()
    {
        await using var host = await CompatibilityHost.StartAsync();
        await host.Hub.PublishAsync("s", new SseEvent { Data = "1" });
        await using var client = new R3labsClient();
        await client.ConnectAsync(host.Address, "/events?stream=s");
        (await client.NextAsync())!.Data.ShouldBe("1");

        await host.Hub.Streams.RemoveAsync("s");

        // This client makes an event without type and data of the comment line before the end.
        while (await client.NextAsync() is { } e) (e.Type + e.Data).ShouldBe("");
        (await host.GetAsync("/events?stream=s")).ShouldSay(404, "Stream not found!");
    }

    [Fact]
    [Trait("parity", "STR-05")]
    public async Task Reader_of_a_stream_that_does_not_exist_yet_gets_its_first_event()
    {
        await using var host = await CompatibilityHost.StartAsync();
        await using var client = new R3labsClient();
        await client.ConnectAsync(host.Address, "/events?stream=new");
        (await host.Hub.Streams.ExistsAsync("new")).OrThrow().ShouldBeFalse();

        await host.Hub.PublishAsync("new", new SseEvent { Data = "1" });

        (await client.NextAsync())!.Data.ShouldBe("1");
    }

    [Theory]
    [Trait("parity", "STR-05")]
    [Trait("parity", "STR-09")]
    [InlineData("/events?stream=$all")]
    [InlineData("/events?stream=%00")]
    [InlineData("/events?stream=%zz")]
    public async Task Invalid_name_is_400_and_leaves_nothing_behind(string target)
    {
        await using var host = await CompatibilityHost.StartAsync();
        var answer = await host.GetAsync(target);
        answer.Status.ShouldBe(400);
        answer.Header("Content-Type").ShouldBe("text/plain; charset=utf-8");
        host.Edge.Load.Streams.ShouldBe(0);
    }

    [Fact]
    [Trait("parity", "RPL-01")]
    [Trait("parity", "RPL-02")]
    [Trait("parity", "RPL-04")]
    public async Task Reader_without_an_id_gets_everything_retained_and_then_what_is_live()
    {
        await using var host = await CompatibilityHost.StartAsync();
        for (var i = 1; i <= 3; i++) await host.Hub.PublishAsync("s", new SseEvent { Data = $"{i}" });
        await using var client = new R3labsClient();
        await client.ConnectAsync(host.Address, "/events?stream=s");
        var events = new List<GoEvent>();
        while (events.Count < 3) events.Add((await client.NextAsync())!);
        await host.Hub.PublishAsync("s", new SseEvent { Data = "4" });
        events.Add((await client.NextAsync())!);

        events.Select(e => e.Data).ShouldBe(["1", "2", "3", "4"]);
        var ids = events.ConvertAll(e => long.Parse(e.Id, NumberStyles.None, CultureInfo.InvariantCulture));
        ids.ShouldBe(Enumerable.Range(0, 4).Select(i => ids[0] + i));
        ids[3].ShouldBeLessThan(1L << 53);
    }

    [Fact]
    [Trait("parity", "RPL-03")]
    public async Task Resume_is_exclusive()
    {
        await using var host = await CompatibilityHost.StartAsync();
        for (var i = 1; i <= 3; i++) await host.Hub.PublishAsync("s", new SseEvent { Data = $"{i}" });
        await using var client = new R3labsClient();
        await client.ConnectAsync(host.Address, "/events?stream=s");
        await client.NextAsync();
        await client.NextAsync();

        await client.ConnectAsync(host.Address, "/events?stream=s");

        (await client.NextAsync())!.Data.ShouldBe("3");
        client.Wire.ToString().ShouldNotContain("gap");
    }

    [Fact]
    [Trait("parity", "RPL-03")]
    [Trait("parity", "RPL-06")]
    public async Task Client_that_is_cut_a_hundred_times_gets_every_event_once_and_in_order()
    {
        const int Cuts = 100, Events = 1_500;
        await using var host = await CompatibilityHost.StartAsync();
        var random = new Random(4711);
        var publishing = Task.Run(async () =>
        {
            for (var i = 0; i < Events; i++)
            {
                await host.Hub.PublishAsync("s", new SseEvent { Data = $"{i}" });
                if (i % 20 == 0) await Task.Yield();
            }
        });
        await using var client = new R3labsClient();
        var read = new List<string>();
        for (var cut = 0; cut < Cuts; cut++)
        {
            await client.ConnectAsync(host.Address, "/events?stream=s");
            for (var n = random.Next(1, 12); n > 0; n--) read.Add((await client.NextAsync())!.Data);
            // What the client has parsed counts as received, so the cut falls behind it.
            while (client.HasEvents) read.Add((await client.NextAsync())!.Data);
            client.Cut();
            if (read.Count >= Events - 20) break;
        }
        await client.ConnectAsync(host.Address, "/events?stream=s");
        while (read.Count < Events) read.Add((await client.NextAsync())!.Data);
        await publishing;

        read.ShouldBe(Enumerable.Range(0, Events).Select(i => $"{i}"));
    }

    [Theory]
    [Trait("parity", "RPL-05")]
    [Trait("parity", "RPL-10")]
    [InlineData("abc")]
    [InlineData("-1")]
    [InlineData("007")]
    [InlineData("2")]
    [InlineData("99999999999999999999")]
    [InlineData("9223372036854775807")]
    [InlineData("1-abc")]
    [InlineData("long")]
    public async Task Strange_id_is_no_error_but_a_gap_comment_and_everything_retained(string id)
    {
        await using var host = await CompatibilityHost.StartAsync();
        for (var i = 1; i <= 3; i++) await host.Hub.PublishAsync("s", new SseEvent { Data = $"{i}" });
        await using var client = new R3labsClient();

        client.LastEventId = id == "long" ? new string('9', 10_000) : id;
        await client.ConnectAsync(host.Address, "/events?stream=s");

        for (var i = 1; i <= 3; i++) (await client.NextAsync())!.Data.ShouldBe($"{i}");
        client.Wire.ToString().ShouldContain("\n: gap stream=s ");
        client.Wire.ToString().ShouldNotContain("event: hub.");
    }

    [Fact]
    [Trait("parity", "RPL-05")]
    public async Task Header_is_read_in_any_case_and_an_empty_one_counts_as_absent()
    {
        await using var host = await CompatibilityHost.StartAsync();
        for (var i = 1; i <= 2; i++) await host.Hub.PublishAsync("s", new SseEvent { Data = $"{i}" });
        await using var client = new R3labsClient();
        await client.ConnectAsync(host.Address, "/events?stream=s", "last-event-id:");
        var first = (await client.NextAsync())!;
        first.Data.ShouldBe("1");
        client.Wire.ToString().ShouldNotContain("gap");

        await using var other = new ExactTypeClient();
        await other.ConnectAsync(host.Address, "/events?stream=s", "lAST-eVENT-iD: " + first.Id);
        (await other.NextAsync())!.Data.ShouldBe("2");
    }

    [Fact]
    [Trait("parity", "RPL-13")]
    public async Task Id_is_accepted_in_the_query_and_the_header_wins()
    {
        await using var host = await CompatibilityHost.StartAsync();
        for (var i = 1; i <= 3; i++) await host.Hub.PublishAsync("s", new SseEvent { Data = $"{i}" });
        await using var client = new R3labsClient();
        await client.ConnectAsync(host.Address, "/events?stream=s");
        var first = (await client.NextAsync())!.Id;
        var second = (await client.NextAsync())!.Id;

        await using var other = new ExactTypeClient();
        await other.ConnectAsync(host.Address, $"/events?stream=s&lastEventId={first}");
        (await other.NextAsync())!.Data.ShouldBe("2");
        await using var third = new ExactTypeClient();
        await third.ConnectAsync(host.Address, $"/events?stream=s&last_event_id={first}", "Last-Event-ID: " + second);
        (await third.NextAsync())!.Data.ShouldBe("3");
    }

    [Fact]
    [Trait("parity", "RPL-11")]
    public async Task Id_of_before_a_restart_is_recognised_as_old()
    {
        var time = new ManualTimeProvider();
        string before;
        await using (var host = await CompatibilityHost.StartAsync(time: time))
        {
            for (var i = 1; i <= 50; i++) await host.Hub.PublishAsync("s", new SseEvent { Data = $"old {i}" });
            await using var client = new R3labsClient();
            await client.ConnectAsync(host.Address, "/events?stream=s");
            for (var i = 1; i <= 50; i++) await client.NextAsync();
            before = client.LastEventId;
        }

        await using var restarted = await CompatibilityHost.StartAsync(
            time: new ManualTimeProvider(time.GetUtcNow() + TimeSpan.FromMinutes(1)));
        for (var i = 1; i <= 60; i++) await restarted.Hub.PublishAsync("s", new SseEvent { Data = $"new {i}" });
        await using var again = new R3labsClient { LastEventId = before };
        await again.ConnectAsync(restarted.Address, "/events?stream=s");

        (await again.NextAsync())!.Data.ShouldBe("new 1");
        again.Wire.ToString().ShouldContain("reason=epoch-changed");
    }

    [Fact]
    [Trait("parity", "HTTP-11")]
    public async Task Other_methods_are_405_and_head_opens_nothing()
    {
        await using var host = await CompatibilityHost.StartAsync();
        var post = await host.PostAsync("/events?stream=s", "x");
        post.Status.ShouldBe(405);
        post.Header("Allow").ShouldBe("GET, HEAD");
        var head = await host.SendAsync("HEAD", "/events?stream=s");
        head.Status.ShouldBe(200);
        head.Header("Content-Type").ShouldBe("text/event-stream");
        host.Edge.Load.Connections.ShouldBe(0);
    }

    [Fact]
    [Trait("parity", "STR-10")]
    public async Task Full_node_is_429_for_a_program_and_a_retry_for_a_browser()
    {
        await using var host = await CompatibilityHost.StartAsync(o => o.MaxConnections = 1);
        await using var client = new R3labsClient();
        await client.ConnectAsync(host.Address, "/events?stream=s");

        var program = await host.GetAsync("/events?stream=s");
        program.Status.ShouldBe(429);
        program.Header("Retry-After").ShouldNotBeNull();
        var browser = await host.GetAsync("/events?stream=s", "Sec-Fetch-Dest: empty");
        browser.Status.ShouldBe(200);
        browser.Text.ShouldContain("retry: ");
        browser.Text.ShouldNotContain("event: hub.");
    }
}
