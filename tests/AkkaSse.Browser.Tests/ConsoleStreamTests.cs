using System.Globalization;
using System.Text.Json;
using AkkaSse.Server.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AkkaSse.Browser.Tests;

/// <summary>The tab of one stream: its tail, its history, publishing to it.</summary>
[Trait("speed", "slow")]
public sealed class ConsoleStreamTests(Chromium chromium) : IClassFixture<Chromium>
{
    [ChromiumFact]
    public async Task Tail_shows_filters_pauses_and_publishes()
    {
        await using var server = await TestServer.StartAsync();
        await server.PublishAsync("shop/orders", ["""{"n":1,"text":"<b>first</b>"}""", """{"n":2}"""]);
        await using var browser = await chromium.OpenConsoleAsync(server, "stream/shop%2Forders");
        var page = browser.Page;
        await Expect(page.Locator("#one-title")).ToHaveTextAsync("shop/orders");
        await page.HasAsync("#one-facts", "Head 2");
        // Both events, and that the stream is open.
        await page.CountsAsync("#one-rows tr", 3);
        (await page.Locator("#one-rows b").CountAsync()).ShouldBe(0, "text of an event is text");

        await page.Locator("#one-rows tr", new() { HasText = "first" }).ClickAsync();
        await page.HasAsync("#one-detail pre", "\"n\": 1");
        await page.UncheckAsync("#one-json");
        await Expect(page.Locator("#one-detail pre")).ToHaveTextAsync("""{"n":1,"text":"<b>first</b>"}""");
        await page.ShootAsync("stream");

        await page.FillAsync("#one-filter", "FIRST");
        await page.CountsAsync("#one-rows tr", 1);
        await page.FillAsync("#one-filter", "");
        await page.CountsAsync("#one-rows tr", 3);

        await page.ClickAsync("#one-pause");
        await page.GetByLabel("Type of the event").FillAsync("paid");
        await page.GetByLabel("Data of the event").FillAsync("third");
        await page.ClickAsync("#one-publish button[type=submit]");
        await page.HasAsync("#one-published", "3-");
        await page.HasAsync("#one-counts", "4 received, 3 shown; paused");
        await page.ClickAsync("#one-pause");
        await page.HasAsync("#one-rows tr:first-child", "third");

        await page.ClickAsync("#one-live");
        await page.GetByLabel("Data of the event").FillAsync("fourth");
        await page.ClickAsync("#one-publish button[type=submit]");
        await page.HasAsync("#one-published", "4-");
        await page.ClickAsync("#one-live");
        await page.HasAsync("#one-rows tr:first-child", "fourth");
    }

    [ChromiumFact]
    public async Task Tail_keeps_a_thousand_events_and_counts_those_that_it_dropped()
    {
        await using var server = await TestServer.StartAsync();
        await server.PublishAsync("ticks", ["0"]);
        await using var browser = await chromium.OpenConsoleAsync(server, "stream/ticks");
        var page = browser.Page;
        await page.HasAsync("#one-state", "Live.");
        await page.Locator("#one-since").SelectOptionAsync("");
        await page.HasAsync("#one-counts", "1 received");

        await server.PublishAsync("ticks", Enumerable.Range(0, 1500).Select(static i => i.ToString(CultureInfo.InvariantCulture)));

        await page.HasAsync("#one-counts", "1,501 received, 200 shown, 501 older ones dropped");
        await page.CountsAsync("#one-rows tr", 200);
        await page.HasAsync("#one-rows tr:first-child", "1499");
    }

    [ChromiumFact]
    public async Task History_is_read_by_offset_by_time_and_page_by_page()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 5; i++)
            await server.PublishAsync("ticks", Enumerable.Range(i * 50, 50).Select(static n => n.ToString(CultureInfo.InvariantCulture)));
        var history = JsonDocument.Parse(await server.Http.GetStringAsync("/v1/streams/ticks/history?limit=250")).RootElement;
        var times = history.GetProperty("events").EnumerateArray().Select(static e => e.GetProperty("at").GetDateTimeOffset()).ToList();
        await using var browser = await chromium.OpenConsoleAsync(server, "stream/ticks");
        var page = browser.Page;

        await page.FillAsync("#one-offset", "101");
        await page.ClickAsync("#one-by-offset button");
        await page.HasAsync("#one-state", "History: offsets 101 to 200 of 1 to 250.");
        await page.CountsAsync("#one-rows tr", 100);
        await page.HasAsync("#one-rows tr:last-child", "101-");
        await page.ClickAsync("#one-newer");
        await page.HasAsync("#one-state", "History: offsets 201 to 250");
        await Expect(page.Locator("#one-newer")).ToBeDisabledAsync();
        await page.ClickAsync("#one-older");
        await page.HasAsync("#one-state", "History: offsets 101 to 200");
        await page.ClickAsync("#one-older");
        await page.HasAsync("#one-state", "History: offsets 1 to 100");
        await Expect(page.Locator("#one-older")).ToBeDisabledAsync();

        // As the browser's own clock says it; the field knows milliseconds.
        var asked = times[150].ToUnixTimeMilliseconds();
        var first = times.FindIndex(at => at.ToUnixTimeMilliseconds() >= asked) + 1;
        await page.EvaluateAsync(
            """
            at => {
              const local = new Date(at - new Date(at).getTimezoneOffset() * 60000);
              document.getElementById("one-time").value = local.toISOString().slice(0, 23);
            }
            """, asked);
        await page.ClickAsync("#one-by-time button");
        await page.HasAsync("#one-state", $"History: offsets {first} to");
    }
}
