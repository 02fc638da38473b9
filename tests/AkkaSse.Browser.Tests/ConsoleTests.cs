using System.Net;
using System.Text.Json;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AkkaSse.Browser.Tests;

/// <summary>Each tab of the console shows what a real server has, and does what it offers.</summary>
[Trait("speed", "slow")]
public sealed class ConsoleTests(Chromium chromium) : IClassFixture<Chromium>
{
    [ChromiumFact]
    public async Task Overview_shows_figures_of_the_node_as_they_change()
    {
        var data = Directory.CreateTempSubdirectory("akkasse-console-");
        try
        {
            await using var server = await TestServer.StartAsync("--data", data.FullName);
            await using var reader = await server.ReadAsync("/v1/events?stream=news&client=ann&instance=one");
            await using var browser = await chromium.OpenConsoleAsync(server, "overview");
            var page = browser.Page;

            await Expect(Tile(page, "Connections")).ToHaveTextAsync("1", new() { Timeout = ConsolePage.Limit });
            await page.CountsAsync("#plots canvas", 6);
            await page.HasAsync("#hub-note", "One node, engine");
            foreach (var plot in new[] { "published", "delivered", "bytes" })
            {
                await Eventually.Until(async () =>
                {
                    (await server.PublishAsync("news", "hello")).EnsureSuccessStatusCode();
                    return await page.Locator($"figure[data-plot={plot}] b").InnerTextAsync() is not ("–" or "0" or "0 B");
                }, $"the caption of {plot} has a rate");
            }
            await Eventually.Until(async () =>
            {
                (await server.PublishAsync("news", "hello")).EnsureSuccessStatusCode();
                var times = await page.Locator("figure[data-plot=times] figcaption").InnerTextAsync();
                return times.Contains("commit p50", StringComparison.Ordinal) && times.Contains("commit p99", StringComparison.Ordinal);
            }, "the store's commits have quantiles");
            await page.HasAsync("figure[data-plot=memory]", "MiB");
            // One sample is a point, two are a line; a caption alone would be no plot.
            (await page.EvaluateAsync<int>(
                """
                () => {
                  const canvas = document.querySelector("figure[data-plot=memory] canvas");
                  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
                  const line = getComputedStyle(document.querySelector("figure[data-plot=memory] .swatch")).color.match(/[0-9]+/g);
                  let drawn = 0;
                  for (let i = 0; i < pixels.length; i += 4)
                    if (pixels[i + 3] > 128 && [0, 1, 2].every(k => Math.abs(pixels[i + k] - line[k]) < 40)) drawn++;
                  return drawn;
                }
                """)).ShouldBePositive("pixels in the colour of the line");
            await page.ShootAsync("overview");
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [ChromiumFact]
    public async Task Streams_are_paged_found_by_prefix_created_cleared_and_removed()
    {
        await using var server = await TestServer.StartAsync();
        await server.CreateAsync(Enumerable.Range(0, 230).Select(static i => $"tenant/{i:d3}"));
        await server.PublishAsync("orders", Enumerable.Range(0, 7).Select(static i => $"{i}"));
        await using var browser = await chromium.OpenConsoleAsync(server, "streams");
        var page = browser.Page;
        var rows = page.Locator("#streams-rows tr");
        await page.CountsAsync("#streams-rows tr", 100);
        await page.HasAsync("#streams-rows tr:first-child", "orders");

        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await page.HasAsync("#streams-pager", "101 to 200");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await page.HasAsync("#streams-pager", "201 to 231");
        await page.CountsAsync("#streams-rows tr", 31);
        await page.HasAsync("#streams-rows tr:last-child", "tenant/229");
        await page.GetByRole(AriaRole.Button, new() { Name = "Previous" }).ClickAsync();
        await page.HasAsync("#streams-pager", "101 to 200");
        await page.FillAsync("#streams-prefix", "ord");
        await page.CountsAsync("#streams-rows tr", 1);
        foreach (var fact in new[] { "orders", "7", "1d", "64 MiB", "skip" }) await Expect(rows).ToContainTextAsync(fact);
        await page.ShootAsync("streams");

        await page.FillAsync("#streams-prefix", "");
        await page.ClickAsync("summary");
        await page.GetByLabel("Its name").FillAsync("bids");
        await page.GetByLabel("Keep at most events").FillAsync("12");
        await page.Locator("#create-policy").SelectOptionAsync("conflate");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        await page.HasAsync("#create-note", "bids was created.");
        await page.HasAsync("#streams-rows tr:first-child", "12 events");
        await page.HasAsync("#streams-rows tr:first-child", "conflate");
        await page.GetByLabel("Its name").FillAsync("$bids");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        await page.HasAsync("#create-note", "reserved");

        await page.GetByRole(AriaRole.Button, new() { Name = "Clear orders" }).ClickAsync();
        await page.ClickAsync("#dialog button[type=submit]");
        await Expect(page.Locator("#streams-rows tr:nth-child(2) td[data-label=Retained]"))
            .ToHaveTextAsync("0, 0 B", new() { Timeout = ConsolePage.Limit });
        await Expect(page.Locator("#streams-rows tr:nth-child(2) td[data-label=Head]")).ToHaveTextAsync("7");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove orders" }).ClickAsync();
        await page.ClickAsync("#dialog button[type=button]");
        (await server.Http.GetAsync("/v1/streams/orders")).StatusCode.ShouldBe(HttpStatusCode.OK, "cancelled");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove orders" }).ClickAsync();
        await page.ClickAsync("#dialog button[type=submit]");
        await page.HasAsync("#streams-rows tr:nth-child(2)", "tenant/000");
        (await server.Http.GetAsync("/v1/streams/orders")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [ChromiumFact]
    public async Task Clients_are_listed_with_what_they_read_told_and_disconnected()
    {
        await using var server = await TestServer.StartAsync();
        await using var ann = await server.ReadAsync("/v1/events?stream=news&stream=weather&client=ann&instance=one");
        await using var bob = await server.ReadAsync("/v1/events?stream=orders&client=bob&instance=two");
        await ann.NextAsync("hub.open");
        await using var browser = await chromium.OpenConsoleAsync(server, "clients");
        var page = browser.Page;
        await page.CountsAsync("#clients-rows tr", 2);
        foreach (var fact in new[] { "ann", "news, weather", "default", "127.0.0.1" })
            await page.HasAsync("#clients-rows tr:first-child", fact);
        await page.ShootAsync("clients");
        await page.FillAsync("#clients-stream", "orders");
        await page.CountsAsync("#clients-rows tr", 1);
        await page.HasAsync("#clients-rows tr", "bob");
        await page.FillAsync("#clients-stream", "");
        await page.FillAsync("#clients-prefix", "an");
        await page.HasAsync("#clients-rows tr", "ann");

        await page.GetByRole(AriaRole.Button, new() { Name = "Send to ann" }).ClickAsync();
        await page.GetByLabel("Its type, or nothing").FillAsync("note");
        await page.GetByLabel("Its data").FillAsync("only you");
        await page.ClickAsync("#dialog button[type=submit]");
        (await ann.NextAsync("note")).Data.ShouldBe("only you");

        await page.GetByRole(AriaRole.Button, new() { Name = "Disconnect ann" }).ClickAsync();
        await page.GetByLabel("Refuse it when it comes back").CheckAsync();
        await page.ClickAsync("#dialog button[type=submit]");
        (await ann.NextAsync("hub.end")).Data.ShouldNotBeNull().ShouldContain("disconnected");
        await page.HasAsync("#clients-note", "No such client is connected.");
        using var again = await server.Http.GetAsync("/v1/events?stream=news&client=ann&instance=one");
        again.StatusCode.ShouldBe(HttpStatusCode.NoContent, "it is refused");
    }

    [ChromiumFact]
    public async Task Cluster_shows_the_nodes_who_drains_and_who_does_not_answer()
    {
        await using var server = await TestServer.StartAsync("--node-name", "one");
        await using var browser = await chromium.OpenConsoleAsync(server, "cluster");
        var page = browser.Page;
        await page.HasAsync("#nodes-rows tr", "one (answers)");
        await page.HasAsync("#nodes-rows tr", "ready");
        await page.HasAsync("#nodes-note", "One node, engine memory.");

        // What this node cannot be: one of three, with one that stops and one that is away.
        await page.RouteAsync("**/v1/cluster", static route => route.FulfillAsync(new()
        {
            ContentType = "application/json",
            Body = """
                {"node":"one","engine":"akka","engineState":"degraded","nodes":[
                 {"name":"one","state":"up","self":true,"startedAt":"2030-01-01T00:00:00Z","address":"10.0.0.1","load":{"phase":"running",
                  "engineState":"ready","connections":1200,"streams":7,"published":10,"logBytes":2048,"actors":9}},
                 {"name":"two","state":"leaving","self":false,"startedAt":"2030-01-01T00:00:00Z","address":"10.0.0.2","load":{
                  "phase":"draining","engineState":"ready","connections":3,"streams":7,"published":10,"logBytes":2048,"actors":9}},
                 {"name":"three","state":"unreachable","self":false,"startedAt":"2030-01-01T00:00:00Z","address":"10.0.0.3","load":null}],
                 "complete":false,"missing":["three"]}
                """,
        }));
        await page.CountsAsync("#nodes-rows tr", 3);
        await page.HasAsync("#nodes-rows tr:nth-child(1)", "1,200");
        await page.HasAsync("#nodes-rows tr:nth-child(2)", "leaving, draining");
        await page.HasAsync("#nodes-rows tr:nth-child(3)", "no answer");
        await page.HasAsync("#nodes-note", "Without an answer: three.");
        await page.ShootAsync("cluster");
    }

    [ChromiumFact]
    public async Task Gaps_refusals_and_evictions_are_counted_by_reason_and_the_audit_says_whose()
    {
        await using var server = await ConsolePage.StartAsync(("a-token-of-bob-the-reader", "bob", "subscribe:weather"));
        (await server.PublishAsync("news", "hello")).EnsureSuccessStatusCode();
        await using var late = await server.ReadAsync("/v1/streams/news/events", "7-unknown");
        await late.NextAsync("hub.gap");
        await using var browser = await chromium.OpenConsoleAsync(server, "refusals");
        var page = browser.Page;
        await page.SignInAsync(ConsolePage.Operator);
        await page.HasAsync("#losses-rows", "gap");

        using var refused = new HttpRequestMessage(HttpMethod.Post, "/v1/streams/orders/events") { Content = new StringContent("x") };
        refused.Headers.Authorization = new("Bearer", "a-token-of-bob-the-reader");
        (await server.Http.SendAsync(refused)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        var entry = page.Locator("#audit-rows tr", new() { HasText = "bob" });
        await Expect(entry).ToContainTextAsync("403 forbidden", new() { Timeout = ConsolePage.Limit });
        await Expect(entry).ToContainTextAsync("orders");
        await entry.ClickAsync();
        await page.HasAsync("#audit-detail pre", "\"subject\": \"bob\"");
        await page.FillAsync("#audit-filter", "nobody has written this");
        await page.CountsAsync("#audit-rows tr", 0);
        await page.FillAsync("#audit-filter", "bob");
        await page.CountsAsync("#audit-rows tr", 1);
        await page.ShootAsync("refusals");

        var clients = JsonDocument.Parse(await server.Http.GetStringAsync("/v1/clients?stream=news")).RootElement.GetProperty("clients");
        await server.Http.DeleteAsync("/v1/client?client=" + Uri.EscapeDataString(clients[0].GetProperty("id").GetString()!));
        var row = page.Locator("#losses-rows tr", new() { HasText = "Disconnected" });
        await Expect(row.Locator("td[data-label='Last minute']")).ToHaveTextAsync("1", new() { Timeout = ConsolePage.Limit });
    }

    private static ILocator Tile(IPage page, string name) => page.Locator("#tiles div", new() { HasText = name }).Locator("dd").First;
}
