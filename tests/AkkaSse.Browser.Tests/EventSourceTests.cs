using System.Net;
using System.Text.Json;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Browser.Tests;

/// <summary>A plain EventSource of a real browser: it resumes by itself, and what it missed has a name.</summary>
[Trait("speed", "slow")]
public sealed class EventSourceTests(Chromium chromium) : IClassFixture<Chromium>
{
    [ChromiumFact]
    [Trait("parity", "RPL-03")]
    [Trait("parity", "TGT-07")]
    public async Task Cut_by_the_server_it_resumes_exactly()
    {
        await using var server = await TestServer.StartAsync("--retry", "10ms");
        await using var page = await chromium.OpenAsync(server.Url);
        await page.ListenAsync("/v1/events?stream=orders&client=browser&instance=one");
        await page.WaitForAsync("hub.open");

        const int cuts = 10;
        for (var i = 0; i < cuts; i++)
        {
            await PublishAsync(server, "orders", $"{i}-live");
            (await server.Http.DeleteAsync("/v1/clients/browser")).IsSuccessStatusCode.ShouldBeTrue();
            await PublishAsync(server, "orders", $"{i}-away");
            await page.WaitForAsync("hub.open", count: i + 2);
            await page.WaitForAsync("message", $"{i}-away");
        }

        (await page.DataAsync()).ShouldBe(Enumerable.Range(0, cuts).SelectMany(i => new[] { $"{i}-live", $"{i}-away" }));
        (await page.SeenAsync()).ShouldNotContain(e => e.Type == "hub.gap");
    }

    [ChromiumFact]
    public async Task Cut_before_its_first_event_it_misses_nothing()
    {
        await using var server = await TestServer.StartAsync("--retry", "10ms");
        await using var page = await chromium.OpenAsync(server.Url);
        await page.ListenAsync("/v1/events?stream=quiet&client=browser&instance=one");
        await page.WaitForAsync("hub.open");

        (await server.Http.DeleteAsync("/v1/clients/browser")).IsSuccessStatusCode.ShouldBeTrue();
        await PublishAsync(server, "quiet", "while away");

        await page.WaitForAsync("message", "while away");
        (await page.SeenAsync()).ShouldNotContain(e => e.Type == "hub.gap");
    }

    [ChromiumFact]
    public async Task Many_streams_resume_from_one_token()
    {
        await using var server = await TestServer.StartAsync("--retry", "10ms");
        await using var page = await chromium.OpenAsync(server.Url);
        string[] streams = ["alpha", "beta", "gamma"];
        await page.ListenAsync("/v1/events?" + string.Join('&', streams.Select(s => "stream=" + s)) + "&client=browser&instance=one");
        await page.WaitForAsync("hub.open");

        foreach (var stream in streams) await PublishAsync(server, stream, stream + "-1");
        foreach (var stream in streams) await page.WaitForAsync("message", stream + "-1");
        (await server.Http.DeleteAsync("/v1/clients/browser")).IsSuccessStatusCode.ShouldBeTrue();
        foreach (var stream in streams) await PublishAsync(server, stream, stream + "-2");
        foreach (var stream in streams) await page.WaitForAsync("message", stream + "-2");
        await page.WaitForAsync("hub.open", count: 2);

        (await page.DataAsync()).Order().ShouldBe(streams.SelectMany(s => new[] { s + "-1", s + "-2" }).Order());
        (await page.SeenAsync()).ShouldNotContain(e => e.Type == "hub.gap");
    }

    [ChromiumFact]
    public async Task Restart_of_the_server_is_named_as_a_gap()
    {
        var port = FreePort.Next();
        var first = await TestServer.StartAsync(port, null, null, "--retry", "10ms");
        await using var page = await chromium.OpenAsync(first.Url);
        await page.ListenAsync("/v1/streams/orders/events");
        await page.WaitForAsync("hub.open");
        await PublishAsync(first, "orders", "before");
        await page.WaitForAsync("message", "before");
        first.Process.Kill();
        await first.DisposeAsync();

        await using var second = await TestServer.StartAsync(port, null, null, "--retry", "10ms");
        await PublishAsync(second, "orders", "after");

        await page.WaitForAsync("hub.gap");
        await page.WaitForAsync("message", "after");
        var gap = (await page.SeenAsync()).Single(e => e.Type == "hub.gap");
        JsonDocument.Parse(gap.Data).RootElement.GetProperty("reason").GetString().ShouldBe("epoch-changed");
        (await page.DataAsync()).ShouldBe(["before", "after"]);
    }

    [ChromiumFact]
    [Trait("parity", "STR-04")]
    public async Task Drained_it_reconnects_to_the_next_server()
    {
        var port = FreePort.Next();
        var first = await TestServer.StartAsync(port, null, null, "--drain-window", "1s");
        await using var page = await chromium.OpenAsync(first.Url);
        await page.ListenAsync("/v1/streams/orders/events");
        await page.WaitForAsync("hub.open");
        first.Process.Terminate();
        await page.WaitForAsync("hub.drain");
        (await first.Process.ExitAsync()).ShouldBe(0);
        await first.DisposeAsync();

        await using var second = await TestServer.StartAsync(port, null, null);
        await page.WaitForAsync("hub.open", count: 2);
        await PublishAsync(second, "orders", "welcome back");

        await page.WaitForAsync("message", "welcome back");
    }

    [ChromiumFact]
    [Trait("parity", "STR-10")]
    public async Task Refused_by_a_limit_it_is_told_and_tries_again_until_there_is_room()
    {
        await using var server = await TestServer.StartAsync("--max-connections", "1", "--retry", "100ms", "--drain-window", "0s");
        await using var page = await chromium.OpenAsync(server.Url);
        await using (var occupant = await server.ReadAsync("/v1/streams/orders/events"))
        {
            await occupant.NextAsync("hub.open");
            await page.ListenAsync("/v1/streams/orders/events");
            await page.WaitForAsync("hub.end");
            (await page.ReadyStateAsync()).ShouldNotBe(2, "a browser that saw another status than 200 would be closed for good");
        }

        await page.WaitForAsync("hub.open");
        await PublishAsync(server, "orders", "room");
        await page.WaitForAsync("message", "room");
    }

    [ChromiumFact]
    [Trait("parity", "TGT-02")]
    public async Task Client_id_in_use_is_said_as_hub_end()
    {
        await using var server = await TestServer.StartAsync();
        await using var page = await chromium.OpenAsync(server.Url);
        await using var owner = await server.ReadAsync("/v1/events?stream=orders&client=taken&instance=owner");
        await owner.NextAsync("hub.open");

        await page.ListenAsync("/v1/events?stream=orders&client=taken&instance=browser");

        await page.WaitForAsync("hub.end");
        var end = (await page.SeenAsync()).First(e => e.Type == "hub.end");
        JsonDocument.Parse(end.Data).RootElement.GetProperty("reason").GetString().ShouldBe("client-in-use");
    }

    [ChromiumFact]
    public async Task Refused_for_good_it_stops()
    {
        await using var server = await TestServer.StartAsync("--retry", "10ms");
        await using var page = await chromium.OpenAsync(server.Url);
        await page.ListenAsync("/v1/events?stream=orders&client=browser&instance=one");
        await page.WaitForAsync("hub.open");

        (await server.Http.DeleteAsync("/v1/clients/browser?reconnect=false")).IsSuccessStatusCode.ShouldBeTrue();

        await page.Page.WaitForFunctionAsync("() => window.source.readyState === 2");
        await Eventually.Until(async () => (await server.Http.GetStringAsync("/v1/clients")).Contains(
            "\"clients\":[]", StringComparison.Ordinal), "nobody is connected");
    }

    [ChromiumFact]
    public async Task Text_of_every_kind_arrives_unchanged()
    {
        await using var server = await TestServer.StartAsync();
        await using var page = await chromium.OpenAsync(server.Url);
        await page.ListenAsync("/v1/streams/text/events");
        await page.WaitForAsync("hub.open");
        string[] texts = ["", " leading", "trailing ", ":colon", "a\nb\n\nc\n", "event: evil\n\ndata: x", "žluťoučký 🐎 \u2028 end",
            new string('x', 100_000)];

        foreach (var text in texts) await PublishAsync(server, "text", text);
        await page.WaitForAsync("message", count: texts.Length);

        (await page.DataAsync()).ShouldBe(texts);
    }

    private static async Task PublishAsync(TestServer server, string stream, string data) =>
        (await server.PublishAsync(stream, data)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
}
