namespace AkkaSse.AspNetCore.Tests;

public sealed class StreamTests
{
    [Fact]
    [Trait("parity", "STR-01")]
    [Trait("parity", "STR-08")]
    public async Task Stream_is_created_once_changed_and_inspected()
    {
        await using var host = await EdgeHost.StartAsync();
        var created = await host.SendAsync(
            "PUT", "/v1/streams/a",
            """{"maxEvents":5,"maxAge":"1h","ttl":"30s","slowReader":"conflate","maxSubscribers":7,"idleRemoval":null}""");
        created.Status.ShouldBe(201, created.Text);
        var options = created.Json.GetProperty("options");
        options.GetProperty("maxEvents").GetInt64().ShouldBe(5);
        options.GetProperty("maxAge").GetString().ShouldBe("1h");
        options.GetProperty("ttl").GetString().ShouldBe("30s");
        options.GetProperty("slowReader").GetString().ShouldBe("conflate");
        options.GetProperty("maxSubscribers").GetInt32().ShouldBe(7);
        options.GetProperty("idleRemoval").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);

        (await host.SendAsync("PUT", "/v1/streams/a", """{"maxEvents":6}""")).Status.ShouldBe(200);
        (await host.SendAsync("PUT", "/v1/streams/a")).Status.ShouldBe(200);
        var info = await host.GetAsync("/v1/streams/a");
        info.Status.ShouldBe(200);
        // A body replaces the options as a whole; no body leaves them alone.
        info.Json.GetProperty("options").GetProperty("maxEvents").GetInt64().ShouldBe(6);
        info.Json.GetProperty("options").GetProperty("maxSubscribers").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        info.Json.GetProperty("declared").GetBoolean().ShouldBeTrue();
    }

    [Theory]
    [InlineData("/v1/streams/a")]
    [InlineData("/v1/stream?stream=a")]
    [InlineData("/v1/stream?stream=a/b")]
    public async Task Both_forms_create_inspect_and_remove(string target)
    {
        await using var host = await EdgeHost.StartAsync();
        (await host.SendAsync("HEAD", target)).Status.ShouldBe(404);
        (await host.GetAsync(target)).Code.ShouldBe("stream-not-found");
        (await host.SendAsync("PUT", target)).Status.ShouldBe(201);
        var head = await host.SendAsync("HEAD", target);
        head.Status.ShouldBe(200);
        head.Body.ShouldBeEmpty();
        (await host.SendAsync("DELETE", target)).Status.ShouldBe(204);
        (await host.SendAsync("DELETE", target)).Code.ShouldBe("stream-not-found");
    }

    [Fact]
    [Trait("parity", "STR-03")]
    public async Task List_is_ordered_filtered_and_paged()
    {
        await using var host = await EdgeHost.StartAsync();
        foreach (var name in new[] { "b2", "a1", "a3", "a2" }) await host.PostAsync($"/v1/streams/{name}/events", "x");
        await using var reader = await host.SubscribeAsync("/v1/streams/a1/events");
        await reader.NextAsync("hub.open");
        var first = await host.GetAsync("/v1/streams?prefix=a&limit=2");
        Names(first).ShouldBe(["a1", "a2"]);
        first.Json.GetProperty("streams")[0].GetProperty("localReaders").GetInt32().ShouldBe(1);
        var second = await host.GetAsync($"/v1/streams?prefix=a&limit=2&after={first.Json.GetProperty("next").GetString()}");
        Names(second).ShouldBe(["a3"]);
        second.Json.GetProperty("next").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        Names(await host.GetAsync("/v1/streams?prefix=&after=")).ShouldBe(["a1", "a2", "a3", "b2"]);
    }

    [Fact]
    public async Task History_is_json_in_pages()
    {
        await using var host = await EdgeHost.StartAsync();
        for (var i = 1; i <= 5; i++) await host.PostAsync($"/v1/streams/a/events?type=t{i}&id=own{i}", $"d\n{i}");
        var first = await host.GetAsync("/v1/streams/a/history?limit=2");
        first.Status.ShouldBe(200);
        first.Json.GetProperty("state").GetString().ShouldBe("more");
        first.Json.GetProperty("hasMore").GetBoolean().ShouldBeTrue();
        var e = first.Json.GetProperty("events")[1];
        e.GetProperty("data").GetString().ShouldBe("d\n2");
        e.GetProperty("type").GetString().ShouldBe("t2");
        e.GetProperty("offset").GetInt64().ShouldBe(2);
        e.GetProperty("eid").GetString().ShouldBe("own2");
        var next = first.Json.GetProperty("next").GetString();
        next.ShouldBe(e.GetProperty("id").GetString());
        var rest = await host.GetAsync($"/v1/stream/history?stream=a&after={next}&limit=100");
        rest.Json.GetProperty("state").GetString().ShouldBe("complete");
        rest.Json.GetProperty("events").EnumerateArray().Select(x => x.GetProperty("offset").GetInt64()).ShouldBe([3, 4, 5]);
        rest.Json.GetProperty("next").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        (await host.GetAsync("/v1/streams/none/history")).Code.ShouldBe("stream-not-found");
        (await host.GetAsync("/v1/streams/a/history?after=1-other")).Json.GetProperty("state").GetString().ShouldBe("epoch-changed");
    }

    [Fact]
    public async Task Large_history_is_written_whole()
    {
        await using var host = await EdgeHost.StartAsync();
        var data = new string('x', 100_000);
        for (var i = 0; i < 30; i++) await host.PostAsync("/v1/streams/a/events", data);
        var page = await host.GetAsync("/v1/streams/a/history");
        page.Json.GetProperty("events").EnumerateArray().Count(e => e.GetProperty("data").GetString() == data).ShouldBe(30);
    }

    [Theory]
    [Trait("parity", "RPL-08")]
    [Trait("parity", "STR-07")]
    [InlineData("/v1/streams/a/history")]
    [InlineData("/v1/stream/history?stream=a")]
    public async Task Clearing_drops_what_is_retained_and_ids_go_on(string target)
    {
        await using var host = await EdgeHost.StartAsync();
        await host.PostAsync("/v1/streams/a/events", "1");
        (await host.SendAsync("DELETE", target)).Status.ShouldBe(204);
        (await host.GetAsync(target)).Json.GetProperty("events").GetArrayLength().ShouldBe(0);
        (await host.PostAsync("/v1/streams/a/events", "2")).Json.GetProperty("offset").GetInt64().ShouldBe(2);
        (await host.SendAsync("DELETE", "/v1/streams/none/history")).Code.ShouldBe("stream-not-found");
    }

    [Fact]
    public async Task Full_limit_of_streams_is_429()
    {
        await using var host = await EdgeHost.StartAsync(o => o.MaxStreams = 1);
        (await host.PostAsync("/v1/streams/a/events", "x")).Status.ShouldBe(202);
        (await host.PostAsync("/v1/streams/b/events", "x")).Code.ShouldBe("limit-reached");
        (await host.SendAsync("PUT", "/v1/streams/b")).Code.ShouldBe("limit-reached");
    }

    private static IEnumerable<string?> Names(AkkaSse.Testing.RawResponse page) =>
        page.Json.GetProperty("streams").EnumerateArray().Select(s => s.GetProperty("name").GetString());
}
