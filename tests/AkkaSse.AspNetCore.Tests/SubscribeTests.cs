using AkkaSse.Hub;
using AkkaSse.Testing;

namespace AkkaSse.AspNetCore.Tests;

public sealed class SubscribeTests
{
    [Theory]
    [InlineData("since=earliest", "1 2 3 4")]
    [InlineData("since=last:2", "2 3 4")]
    [InlineData("since=offset:1", "2 3 4")]
    [InlineData("since=1h", "1 2 3 4")]
    [InlineData("since=2020-01-01T00:00:00+02:00", "1 2 3 4")]
    [InlineData("since=2020-01-01T00:00:00%2B02:00", "1 2 3 4")]
    [InlineData("since=latest", "4")]
    [InlineData("since=", "4")]
    [InlineData("", "4")]
    public async Task Since_chooses_the_start(string query, string expected)
    {
        await using var host = await EdgeHost.StartAsync();
        for (var i = 1; i <= 3; i++) await host.PostAsync("/v1/streams/a/events", $"{i}");
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events?" + query);
        await reader.NextAsync("hub.open");
        await host.PostAsync("/v1/streams/a/events", "4");
        foreach (var data in expected.Split(' ')) (await reader.NextEventAsync()).Data.ShouldBe(data);
    }

    [Theory]
    [Trait("parity", "RPL-13")]
    [Trait("parity", "RPL-03")]
    [InlineData("", "Last-Event-ID: {0}", "3")]
    [InlineData("", "last-event-id: {0}", "3")]
    [InlineData("last_event_id={0}", "X-Other: y", "3")]
    [InlineData("lastEventId={0}", "X-Other: y", "3")]
    [InlineData("last_event_id={0}", "Last-Event-ID:", "3")]
    [InlineData("last_event_id=0-{1}", "Last-Event-ID: {0}", "3")]
    public async Task Resume_is_exclusive_and_the_header_wins_over_the_query(string query, string header, string first)
    {
        await using var host = await EdgeHost.StartAsync();
        await host.PostAsync("/v1/streams/a/events", "1");
        var second = await host.PostAsync("/v1/streams/a/events", "2");
        await host.PostAsync("/v1/streams/a/events", "3");
        var id = second.Json.GetProperty("id").GetString()!;
        var epoch = second.Json.GetProperty("epoch").GetString()!;
        string Fill(string text) => string.Format(System.Globalization.CultureInfo.InvariantCulture, text, id, epoch);

        await using var reader = await host.SubscribeAsync("/v1/streams/a/events?" + Fill(query), Fill(header));

        (await reader.NextEventAsync()).Data.ShouldBe(first);
    }

    [Theory]
    [Trait("parity", "RPL-05")]
    [InlineData("-1")]
    [InlineData("007")]
    [InlineData("99999999999999999999999")]
    [InlineData("abc def")]
    [InlineData("v1.AAAAAAAA")]
    [InlineData("1-zzzz")]
    public async Task Foreign_last_event_id_is_a_named_gap_and_never_an_error(string id)
    {
        await using var host = await EdgeHost.StartAsync();
        await host.PostAsync("/v1/streams/a/events", "1");
        foreach (var target in new[] { "/v1/streams/a/events", "/v1/events?stream=a" })
        {
            await using var reader = await host.SubscribeAsync(target, "Last-Event-ID: " + id);
            reader.Head.Status.ShouldBe(200);
            (await reader.NextAsync("hub.gap")).Data!.ShouldContain("\"stream\":\"a\"");
            (await reader.NextEventAsync()).Data.ShouldBe("1");
        }
    }

    [Fact]
    [Trait("parity", "RPL-05")]
    public async Task Ten_kilobytes_of_last_event_id_are_an_unknown_id()
    {
        await using var host = await EdgeHost.StartAsync();
        await host.PostAsync("/v1/streams/a/events", "1");
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events", "Last-Event-ID: " + new string('7', 10_000));
        (await reader.NextAsync("hub.gap")).Data!.ShouldContain("unknown-id");
    }

    [Fact]
    public async Task Tampered_token_is_a_gap_and_a_good_one_resumes_every_stream()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/events?stream=a&stream=b");
        await reader.NextAsync("hub.open");
        await host.PostAsync("/v1/streams/a/events", "a1");
        await host.PostAsync("/v1/streams/b/events", "b1");
        await reader.NextEventAsync();
        var token = (await reader.NextEventAsync()).Id!;
        await host.PostAsync("/v1/streams/a/events", "a2");
        await host.PostAsync("/v1/streams/b/events", "b2");

        await using var good = await host.SubscribeAsync("/v1/events?stream=a&stream=b", "Last-Event-ID: " + token);
        var seen = new[] { (await good.NextEventAsync()).Data, (await good.NextEventAsync()).Data };
        seen.ShouldBe(["a2", "b2"], ignoreOrder: true);

        var tampered = token[..^1] + (token[^1] == 'A' ? 'B' : 'A');
        await using var bad = await host.SubscribeAsync("/v1/events?stream=a&stream=b", "Last-Event-ID: " + tampered);
        bad.Head.Status.ShouldBe(200);
        (await bad.NextAsync("hub.gap")).Data!.ShouldContain("unknown-id");
    }

    [Fact]
    public async Task Type_filters_and_may_repeat()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events?type=x&type=&type=message");
        await reader.NextAsync("hub.open");
        await host.PostAsync("/v1/streams/a/events?type=y", "no");
        await host.PostAsync("/v1/streams/a/events?type=x", "yes");
        await host.PostAsync("/v1/streams/a/events", "also");
        (await reader.NextEventAsync()).Data.ShouldBe("yes");
        (await reader.NextEventAsync()).Data.ShouldBe("also");
    }

    [Fact]
    public async Task Control_0_sends_no_event_of_the_hubs_own()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events?control=0", "Last-Event-ID: foreign");
        await host.PostAsync("/v1/streams/a/events", "1");
        var block = (await reader.NextAsync())!;
        block.Data.ShouldBe("1");
        block.Type.ShouldBeNull();
    }

    [Fact]
    public async Task Ping_event_makes_the_heartbeat_an_event()
    {
        await using var host = await EdgeHost.StartAsync(o => o.Heartbeat = TimeSpan.FromSeconds(1));
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events?ping=event");
        (await reader.NextAsync("hub.ping")).Data.ShouldNotBeNull();
    }

    [Theory]
    [Trait("parity", "HTTP-03")]
    [InlineData("/v1/events")]
    [InlineData("/v1/events?broadcast=1")]
    [InlineData("/v1/events?type=x")]
    public async Task Subscription_to_nothing_is_400(string target)
    {
        await using var host = await EdgeHost.StartAsync();
        var answer = await host.GetAsync(target);
        (answer.Status, answer.Code).ShouldBe((400, "subscription-invalid"));
    }

    [Fact]
    [Trait("parity", "HTTP-04")]
    public async Task Unknown_stream_is_404_where_it_may_not_be_waited_for()
    {
        await using var host = await EdgeHost.StartAsync(o => o.AutoCreate = false);
        var answer = await host.GetAsync("/v1/streams/none/events");
        (answer.Status, answer.Code).ShouldBe((404, "stream-not-found"));
        (await host.GetAsync("/v1/events?stream=none", "Sec-Fetch-Dest: empty")).Status.ShouldBe(404);
    }

    [Fact]
    [Trait("parity", "STR-05")]
    public async Task Refused_subscriber_leaves_no_state_and_waiting_one_creates_no_stream()
    {
        await using var host = await EdgeHost.StartAsync();
        (await host.GetAsync("/v1/streams/a/events?since=whenever")).Status.ShouldBe(400);
        host.Edge.Load.Streams.ShouldBe(0);
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
        (await reader.NextAsync("hub.open")).Id.ShouldBe("0-0");
        (await host.SendAsync("HEAD", "/v1/streams/a")).Status.ShouldBe(404);
    }

    [Fact]
    [Trait("parity", "STR-02")]
    public async Task Removed_stream_answers_204_until_it_exists_again()
    {
        await using var host = await EdgeHost.StartAsync();
        await host.PostAsync("/v1/streams/a/events", "1");
        await host.SendAsync("DELETE", "/v1/streams/a");
        (await host.GetAsync("/v1/streams/a/events")).Status.ShouldBe(204);
        await host.PostAsync("/v1/streams/a/events", "2");
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
        reader.Head.Status.ShouldBe(200);
    }

    [Fact]
    [Trait("parity", "STR-10")]
    public async Task Limit_of_connections_is_429_for_programs_and_a_clean_end_with_retry_for_browsers()
    {
        await using var host = await EdgeHost.StartAsync(o => o.MaxConnections = 1);
        await using var first = await host.SubscribeAsync("/v1/streams/a/events");
        await first.NextAsync("hub.open");

        var refused = await host.GetAsync("/v1/streams/a/events");
        (refused.Status, refused.Code).ShouldBe((429, "limit-reached"));
        refused.Header("Retry-After").ShouldNotBeNull();

        foreach (var (query, header) in new[] { ("", "Sec-Fetch-Dest: empty"), ("?browser=1", "X-Other: y") })
        {
            await using var browser = await host.SubscribeAsync("/v1/streams/a/events" + query, header);
            browser.Head.Status.ShouldBe(200);
            browser.Head.Header("Content-Type").ShouldBe("text/event-stream");
            var end = await browser.NextAsync("hub.end");
            end.Data.ShouldBe("""{"reason":"limit"}""");
            int.Parse(end.Retry!, System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(1000);
            (await browser.NextAsync()).ShouldBeNull();
        }

        await using var silent = await host.SubscribeAsync("/v1/streams/a/events?browser=1&control=0");
        (await silent.NextAsync()).ShouldBeNull();
        silent.Pending.ShouldContain(l => l.StartsWith("retry: ", StringComparison.Ordinal));
        silent.Pending.ShouldNotContain(l => l.StartsWith("event", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("parity", "STR-10")]
    public async Task Limit_per_caller_counts_the_remote_address()
    {
        await using var host = await EdgeHost.StartAsync(o => o.MaxConnectionsPerKey = 2);
        await using var a = await host.SubscribeAsync("/v1/streams/a/events");
        await using var b = await host.SubscribeAsync("/v1/streams/b/events");
        (await host.GetAsync("/v1/streams/c/events")).Status.ShouldBe(429);
    }

    [Fact]
    public async Task Stream_with_a_slash_or_dots_is_read_by_the_query_form()
    {
        await using var host = await EdgeHost.StartAsync();
        foreach (var name in new[] { "a/b", "..", ".", "a%25b", "%2F" })
        {
            var query = Uri.EscapeDataString(name);
            await using var reader = await host.SubscribeAsync("/v1/stream/events?stream=" + query);
            reader.Head.Status.ShouldBe(200, name);
            (await host.PostAsync("/v1/publish?stream=" + query, "x")).Json.GetProperty("stream").GetString().ShouldBe(name);
            (await reader.NextEventAsync()).Id!.ShouldMatch("^1-[0-9a-z]+$");
        }
    }

    [Fact]
    public async Task Too_many_streams_on_one_connection_are_400()
    {
        await using var host = await EdgeHost.StartAsync(o => o.MaxStreamsPerConnection = 3);
        var answer = await host.GetAsync("/v1/events?stream=a&stream=b&stream=c&stream=d");
        (answer.Status, answer.Code).ShouldBe((400, "subscription-invalid"));
        await using var reader = await host.SubscribeAsync("/v1/events?stream=a&stream=b&stream=c&stream=a");
        reader.Head.Status.ShouldBe(200);
    }
}
