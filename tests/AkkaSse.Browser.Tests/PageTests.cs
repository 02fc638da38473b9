using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AkkaSse.Browser.Tests;

/// <summary>The page at <c>/</c>, as a user handles it.</summary>
[Trait("speed", "slow")]
public sealed class PageTests(Chromium chromium) : IClassFixture<Chromium>
{
    [ChromiumFact]
    public async Task Page_subscribes_publishes_and_shows()
    {
        await using var server = await TestServer.StartAsync();
        await using var browser = await chromium.OpenAsync(server.Url);
        var page = browser.Page;

        await SubscribeAsync(page, "news weather");
        await PublishAsync(page, "news", "headline", "<img src=x onerror=alert(1)>");

        var row = page.Locator("#events tr[data-type=headline]");
        await Expect(row).ToHaveCountAsync(1, new() { Timeout = Limit });
        await Expect(row.Locator("td").Nth(3)).ToHaveTextAsync("<img src=x onerror=alert(1)>");
        (await row.Locator("td").Nth(2).InnerTextAsync()).ShouldNotBeEmpty("every event of two streams carries a position");
        await Expect(page.Locator("#received")).ToHaveTextAsync("1");
        await Expect(page.Locator("#published")).ToContainTextAsync("readers on this node: 1");
        await Expect(page.Locator("#list li")).ToHaveCountAsync(1, new() { Timeout = Limit });
        await Expect(page.Locator("#list button")).ToHaveTextAsync("news");
        await Expect(page.Locator("#connections")).ToHaveTextAsync("1");
        (await page.Locator("#events img").CountAsync()).ShouldBe(0, "text of an event is text");
    }

    [ChromiumFact]
    public async Task Page_names_a_gap_after_a_restart_of_the_server()
    {
        var port = FreePort();
        var first = await TestServer.StartAsync(port, null, null);
        await using var browser = await chromium.OpenAsync(first.Url);
        var page = browser.Page;
        await SubscribeAsync(page, "news");
        await PublishAsync(page, "news", "", "before");
        await Expect(page.Locator("#events tr[data-type=message]")).ToHaveCountAsync(1, new() { Timeout = Limit });
        first.Process.Kill();
        await first.DisposeAsync();
        await Expect(page.Locator("#state")).ToHaveAttributeAsync("data-state", "connecting", new() { Timeout = Limit });

        await using var second = await TestServer.StartAsync(port, null, null);
        (await second.PublishAsync("news", "after")).EnsureSuccessStatusCode();

        await Expect(page.Locator("#events tr[data-kind=gap]").First).ToContainTextAsync("missed", new() { Timeout = Limit });
        await Expect(page.Locator("#events tr[data-kind=gap]").First).ToContainTextAsync("epoch-changed");
        await Expect(page.Locator("#events tr[data-type=message]").First).ToContainTextAsync("after", new() { Timeout = Limit });
        await Expect(page.Locator("#state")).ToHaveAttributeAsync("data-state", "open");
    }

    [ChromiumFact]
    public async Task Page_can_be_used_by_label_alone()
    {
        await using var server = await TestServer.StartAsync();
        await using var browser = await chromium.OpenAsync(server.Url);
        var page = browser.Page;

        await page.GetByLabel("Streams, separated by spaces").FillAsync("a11y");
        await page.GetByRole(AriaRole.Button, new() { Name = "Subscribe", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("subscribed to a11y", new() { Timeout = Limit });
        await page.GetByLabel("Stream", new() { Exact = true }).FillAsync("a11y");
        await page.GetByLabel("Data", new() { Exact = true }).FillAsync("spoken");
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Cell, new() { Name = "spoken" })).ToBeVisibleAsync(new() { Timeout = Limit });
        await page.GetByRole(AriaRole.Button, new() { Name = "Close", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("not subscribed");
    }

    [ChromiumFact]
    public async Task Page_of_another_site_stores_no_event_where_nobody_authenticates()
    {
        await using var server = await TestServer.StartAsync("--allow-anonymous-network");
        await using var foreign = await TestServer.StartAsync();
        // Another site than 127.0.0.1 to the browser; this path has no policy of its own about what its page may do.
        await using var browser = await chromium.OpenAsync(new Uri($"http://localhost:{foreign.Url.Port}/healthz/live"));

        await browser.Page.EvaluateAsync("url => fetch(url, { method: 'POST', mode: 'no-cors', body: 'planted' })", $"{server.Url}v1/streams/news/events");

        using var history = await server.Http.GetAsync("/v1/streams/news/history");
        history.StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound, await history.Content.ReadAsStringAsync());
    }

    private static float Limit => (float)Eventually.Longest.TotalMilliseconds;

    internal static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task SubscribeAsync(IPage page, string streams)
    {
        await page.FillAsync("#streams", streams);
        await page.ClickAsync("#connect");
        await Expect(page.Locator("#state")).ToHaveAttributeAsync("data-state", "open", new() { Timeout = Limit });
    }

    private static async Task PublishAsync(IPage page, string stream, string type, string data)
    {
        await page.FillAsync("#stream", stream);
        await page.FillAsync("#type", type);
        await page.FillAsync("#data", data);
        await page.ClickAsync("#publish button[type=submit]");
        await Expect(page.Locator("#published")).ToContainTextAsync("readers on this node", new() { Timeout = Limit });
    }
}
