using System.Net;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests;

[Trait("speed", "slow")]
[Trait("detach", "both")]
public sealed class LifecycleTests
{
    [Fact]
    [Trait("parity", "STR-04")]
    [Trait("parity", "HTTP-13")]
    public async Task Terminate_drains_the_readers_and_ends_with_success()
    {
        await using var server = await TestServer.StartAsync("--drain-window", "2s");
        var readers = new List<StreamReading>();
        for (var i = 0; i < 20; i++)
        {
            var reader = await server.ReadAsync($"/v1/streams/s{i % 3}/events");
            await reader.NextAsync("hub.open");
            readers.Add(reader);
        }

        server.Process.Terminate();

        foreach (var reader in readers)
        {
            await reader.NextAsync("hub.drain");
            reader.Retry.ShouldNotBeNull("a drained reader is told when to come back");
            (await reader.NextAsync()).ShouldBeNull("the response ends cleanly after hub.drain");
            await reader.DisposeAsync();
        }
        (await server.Process.ExitAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connection_ids_are_in_the_log_where_scopes_are_asked_for(bool asked)
    {
        string[] scopes = asked ? ["--set", "Logging:Console:FormatterOptions:IncludeScopes=true"] : [];
        await using var server = await TestServer.StartAsync(["--set", "Logging:LogLevel:AkkaSse.Hub=debug", .. scopes]);
        await using var reader = await server.ReadAsync("/v1/streams/s/events");
        await reader.NextAsync("hub.open");
        // The line of the connection: the hub's own first lines belong to no request.
        await Eventually.Until(
            () => server.Process.Output.Contains("SseHub[1010]", StringComparison.Ordinal), "the line of the connection");
        server.Process.Output.Contains("ConnectionId:", StringComparison.Ordinal).ShouldBe(asked, server.Process.Output);
    }

    [Fact]
    public async Task Terminate_without_readers_ends_with_success()
    {
        await using var server = await TestServer.StartAsync();

        server.Process.Terminate();

        (await server.Process.ExitAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Second_signal_ends_at_once_and_says_so()
    {
        // With a delay before the drain of minutes only the second signal can be what ended the process before the deadline.
        await using var server = await TestServer.StartAsync("--set", "Server:ReadinessDelay=10m");
        server.Process.Terminate();
        await Eventually.Until(async () => (await server.Http.GetAsync("/healthz/ready")).StatusCode == HttpStatusCode.ServiceUnavailable,
            "readiness fails after the first signal");

        server.Process.Terminate();

        (await server.Process.ExitAsync()).ShouldBe(143);
    }

    [Fact]
    public async Task Readiness_fails_while_liveness_holds_and_readers_stay_during_the_delay_before_the_drain()
    {
        await using var server = await TestServer.StartAsync("--set", "Server:ReadinessDelay=10m");
        await using var reader = await server.ReadAsync("/v1/streams/news/events");
        await reader.NextAsync("hub.open");

        server.Process.Terminate();

        await Eventually.Until(async () => (await server.Http.GetAsync("/healthz/ready")).StatusCode == HttpStatusCode.ServiceUnavailable,
            "readiness fails");
        (await server.Http.GetAsync("/healthz/live")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await server.PublishAsync("news", "still here")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await reader.NextAsync("message")).Data.ShouldBe("still here");
    }

    [Fact]
    [Trait("parity", "RPL-05")]
    public async Task Restart_of_a_killed_server_is_named_as_a_new_epoch()
    {
        var first = await TestServer.StartAsync();
        string? id;
        try
        {
            await using var reader = await first.ReadAsync("/v1/streams/orders/events");
            await reader.NextAsync("hub.open");
            (await first.PublishAsync("orders", "one")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
            id = (await reader.NextAsync("message")).Id;
            first.Process.Kill();
            await first.Process.ExitAsync();
        }
        finally
        {
            await first.DisposeAsync();
        }

        await using var second = await TestServer.StartAsync();
        (await second.PublishAsync("orders", "two")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await using var again = await second.ReadAsync("/v1/streams/orders/events", lastEventId: id);

        var gap = StreamReading.Json(await again.NextAsync("hub.gap"));
        gap.GetProperty("stream").GetString().ShouldBe("orders");
        gap.GetProperty("reason").GetString().ShouldBe("epoch-changed");
        (await again.NextAsync("message")).Data.ShouldBe("two");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("parity", "RPL-11")]
    public async Task Restart_is_a_comment_and_a_jump_of_the_ids_to_a_reader_of_the_r3labs_edge_which_gets_all_that_is_new(
        bool isThereWhenItComes)
    {
        string[] edges = ["--compatibility", "r3labs"];
        long last;
        await using (var first = await TestServer.StartAsync(edges))
        {
            (await first.PublishAsync("orders", "old")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
            await using var reader = await RawSseClient.OpenAsync(first.Url, "/events?stream=orders");
            last = Number(await reader.NextEventAsync());
            first.Process.Kill();
            // Not as a proper end: at that its client returns for good.
            await Should.ThrowAsync<IOException>(reader.NextAsync);
        }

        await using var second = await TestServer.StartAsync(edges);
        if (isThereWhenItComes) (await second.PublishAsync("orders", "new 1")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await using var again = await RawSseClient.OpenAsync(second.Url, "/events?stream=orders", $"Last-Event-ID: {last}");
        if (!isThereWhenItComes) (await second.PublishAsync("orders", "new 1")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await second.PublishAsync("orders", "new 2")).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        var one = await again.NextEventAsync();
        one.Data.ShouldBe("new 1");
        one.Comments.ShouldContain(static c => c.StartsWith("gap stream=orders", StringComparison.Ordinal)
            && c.EndsWith("reason=epoch-changed", StringComparison.Ordinal));
        Number(one).ShouldBeGreaterThan(last + 1);
        Number(await again.NextEventAsync()).ShouldBe(Number(one) + 1);

        static long Number(RawBlock e) => long.Parse(e.Id!, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("on")]
    [InlineData("off", "--no-inline")]
    public async Task Inline_completions_are_what_the_switch_says_in_the_runtime_itself(string expected, params string[] arguments)
    {
        await using var server = await TestServer.StartAsync(arguments);

        server.Process.Output.ShouldContain($"inline completions {expected}");
        (await server.Http.GetStringAsync("/metrics")).ShouldContain($"inline_completions=\"{expected}\"");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false, "--no-detach")]
    [InlineData(false, "--access-log")]
    public async Task Stream_outlives_its_request_unless_a_switch_keeps_it(bool outlives, params string[] arguments)
    {
        await using var server = await TestServer.StartAsync(arguments);

        (await server.PublishAsync("news", "x")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await using var stream = await RawSseClient.OpenAsync(server.Url, "/v1/streams/news/events");
        await stream.NextAsync("hub.open");
        stream.Head.Header("Connection").ShouldBeNull();
        (await server.Http.DeleteAsync("/v1/streams/news")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await stream.NextAsync("hub.end");
        (await stream.NextAsync()).ShouldBeNull();

        // What handing over shows on the wire: the connection serves no further request.
        if (outlives && DetachMode.IsOn)
        {
            (await stream.Connection.WaitForCloseAsync()).ShouldBeTrue();
            return;
        }
        await stream.Connection.WriteHeadAsync("GET", "/healthz/live");
        (await stream.Connection.ReadHeadAsync()).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Access_log_has_the_line_of_a_stream_when_its_reader_has_gone()
    {
        await using var server = await TestServer.StartAsync("--access-log");
        await using (var stream = await server.ReadAsync("/v1/streams/news/events"))
        {
            await stream.NextAsync("hub.open");
            server.Process.Output.ShouldNotContain("GET /v1/streams/news/events 200");
        }

        await Eventually.Until(() => server.Process.Output.Contains("GET /v1/streams/news/events 200", StringComparison.Ordinal),
            "the stream's line in the access log");
    }

    [Fact]
    public async Task Http2_without_tls_is_served_only_where_asked()
    {
        await using var server = await TestServer.StartAsync("--h2c", "http://127.0.0.1:0");
        var urls = server.Process.Output.Split(' ').Where(w => w.StartsWith("http://", StringComparison.Ordinal)).ToList();
        urls.Count.ShouldBe(2);
        using var http = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        var answers = new List<bool>();
        foreach (var url in urls)
        {
            try
            {
                using var response = await http.GetAsync(new Uri(new Uri(url), "/healthz/live"));
                answers.Add(response.Version == HttpVersion.Version20 && response.IsSuccessStatusCode);
            }
            catch (HttpRequestException)
            {
                answers.Add(false);
            }
        }

        answers.Count(a => a).ShouldBe(1);
    }
}
