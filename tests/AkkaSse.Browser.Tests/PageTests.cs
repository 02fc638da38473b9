using System.Collections.Concurrent;
using System.Text.Json;
using System.Web;
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
        await Expect(row.Locator("td").Nth(4)).ToHaveTextAsync("<img src=x onerror=alert(1)>");
        await Expect(row.Locator("td").Nth(1)).ToHaveTextAsync("news");
        (await row.Locator("td").Nth(3).InnerTextAsync()).ShouldStartWith("1-", Case.Sensitive, "each stream has its own positions");
        await Expect(page.Locator("#received")).ToHaveTextAsync("1");
        await Expect(page.Locator("#published")).ToContainTextAsync("readers on this node: 1");
        await Expect(page.Locator("#list li")).ToHaveCountAsync(1, new() { Timeout = Limit });
        await Expect(page.Locator("#list button")).ToHaveTextAsync("news");
        await Expect(page.Locator("#connections")).ToHaveTextAsync("2", new() { Timeout = Limit });
        (await page.Locator("#events img").CountAsync()).ShouldBe(0, "text of an event is text");
    }

    [ChromiumFact]
    public async Task Page_names_a_gap_after_a_restart_of_the_server()
    {
        var port = FreePort.Next();
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
    public async Task Page_shows_types_that_are_published_later_and_streams_with_a_slash()
    {
        await using var server = await TestServer.StartAsync();
        await using var browser = await chromium.OpenAsync(server.Url);
        var page = browser.Page;
        await SubscribeAsync(page, "shop/orders b c d");
        foreach (var (stream, type) in new[] { ("shop/orders", "paid"), ("b", "told"), ("shop/orders", "sent") })
        {
            (await server.Http.PostAsync(
                $"/v1/publish?stream={Uri.EscapeDataString(stream)}&type={type}", new StringContent("x"))).EnsureSuccessStatusCode();
            await Expect(page.Locator($"#events tr[data-type={type}] td").Nth(1)).ToHaveTextAsync(stream, new() { Timeout = Limit });
        }
        // All are visible at once.
        foreach (var row in await page.Locator("#events tr[data-kind=event]").AllAsync()) await Expect(row).ToBeVisibleAsync();

        await page.FillAsync("#streams", "1 2 3 4 5");
        await page.ClickAsync("#connect");
        await Expect(page.Locator("#state")).ToContainTextAsync("at most 4", new() { Timeout = Limit });
    }

    [ChromiumFact]
    public async Task Page_asks_for_a_token_and_reads_with_it()
    {
        await using var server = await StartAsync("all");
        await using var browser = await chromium.OpenAsync(server.Url);
        var page = browser.Page;
        await Expect(page.Locator("#list-empty")).ToContainTextAsync("A token that may list streams is needed", new() { Timeout = Limit });
        await page.FillAsync("#streams", "news");
        await page.ClickAsync("#connect");
        await Expect(page.Locator("#state")).ToHaveAttributeAsync("data-state", "refused", new() { Timeout = Limit });
        await Expect(page.Locator("#state")).ToContainTextAsync("a token that may read this stream is needed");

        await page.FillAsync("#token", Token);
        await SubscribeAsync(page, "news");
        await PublishAsync(page, "news", "headline", "for those who may");
        await Expect(page.Locator("#events tr[data-type=headline]")).ToHaveCountAsync(1, new() { Timeout = Limit });
        await Expect(page.Locator("#list button")).ToHaveTextAsync("news", new() { Timeout = Limit });
    }

    [ChromiumFact]
    public async Task Page_signs_in_reads_and_writes_without_the_token_and_signs_out()
    {
        await using var server = await StartAsync("all");
        await using var browser = await chromium.OpenAsync(server.Url);
        var page = browser.Page;
        await page.FillAsync("#token", "a-token-of-somebody-else");
        await page.ClickAsync("#sign-in");
        await Expect(page.Locator("#session")).ToContainTextAsync("Not signed in: The token is not known.", new() { Timeout = Limit });

        await page.FillAsync("#token", Token);
        await page.ClickAsync("#sign-in");
        await Expect(page.Locator("#session")).ToContainTextAsync("Signed in as operator", new() { Timeout = Limit });
        await Expect(page.Locator("#token")).ToHaveValueAsync("");
        (await page.EvaluateAsync<string?>("() => sessionStorage.getItem('token')")).ShouldBeNull();
        await page.ReloadAsync();
        await Expect(page.Locator("#session")).ToContainTextAsync("Signed in as operator", new() { Timeout = Limit });
        await SubscribeAsync(page, "news");
        await PublishAsync(page, "news", "headline", "for those who may");
        await Expect(page.Locator("#events tr[data-type=headline]")).ToHaveCountAsync(1, new() { Timeout = Limit });

        await page.ClickAsync("#sign-out");
        await Expect(page.Locator("#list-empty")).ToContainTextAsync("A token that may list streams is needed", new() { Timeout = Limit });
    }

    [ChromiumFact]
    public async Task Page_opens_an_EventSource_with_a_ticket_renews_it_and_goes_on_where_it_was()
    {
        await using var server = await StartAsync("all", "--set", "Auth:TicketLifetime=8s", "--retry", "10ms");
        await using var browser = await chromium.OpenAsync(server.Url);
        var page = browser.Page;
        var (streams, tickets) = (new ConcurrentQueue<string>(), 0);
        page.Request += (_, request) =>
        {
            if (request.ResourceType == "eventsource") streams.Enqueue(request.Url);
            if (request.Url.EndsWith("/v1/tickets", StringComparison.Ordinal)) Interlocked.Increment(ref tickets);
        };
        await page.FillAsync("#token", Token);
        await page.SelectOptionAsync("#reader", "EventSource");
        await page.FillAsync("#types", "headline");
        await SubscribeAsync(page, "news");
        await PublishAsync(server, "first");
        var rows = page.Locator("#events tr[data-type=headline]");
        await Expect(rows).ToHaveCountAsync(1, new() { Timeout = Limit });
        streams.ShouldAllBe(static url => url.Contains("&ticket=", StringComparison.Ordinal));
        streams.ShouldAllBe(static url => !url.Contains(Token, StringComparison.Ordinal));

        // It is cut until the ticket has ended, and the browser has given up.
        await Eventually.Until(async () =>
        {
            await CutAsync(server);
            return Volatile.Read(ref tickets) > 1;
        }, "the page gets another ticket");
        await PublishAsync(server, "second");

        await Expect(rows).ToHaveCountAsync(2, new() { Timeout = Limit });
        await Expect(rows.First).ToContainTextAsync("second");
        await Expect(page.Locator("#state")).ToHaveAttributeAsync("data-state", "open", new() { Timeout = Limit });
        await Expect(page.Locator("#events tr[data-kind=gap]")).ToHaveCountAsync(0);
        streams.Last().ShouldContain("last_event_id=");
        streams.Select(TicketOf).Distinct().Count().ShouldBe(Volatile.Read(ref tickets), "a ticket is good until it ends");
        streams.Count.ShouldBeGreaterThan(Volatile.Read(ref tickets));
    }

    [ChromiumFact]
    public async Task Page_says_in_words_why_it_may_not()
    {
        const string Old = "a-token-that-has-ended";
        const string Narrow = "a-token-for-weather";
        await using var server = await StartAsync("all", new Dictionary<string, string>
        {
            ["AKKASSE_AUTH__TOKENS__1__TOKEN"] = Old,
            ["AKKASSE_AUTH__TOKENS__1__SUBJECT"] = "old",
            ["AKKASSE_AUTH__TOKENS__1__GRANTS__0"] = "all",
            ["AKKASSE_AUTH__TOKENS__1__EXPIRES"] = "2020-01-31T12:00:00Z",
            ["AKKASSE_AUTH__TOKENS__2__TOKEN"] = Narrow,
            ["AKKASSE_AUTH__TOKENS__2__SUBJECT"] = "weather",
            ["AKKASSE_AUTH__TOKENS__2__GRANTS__0"] = "subscribe:weather",
        });
        await using var browser = await chromium.OpenAsync(server.Url);
        var page = browser.Page;
        await page.FillAsync("#token", Old);
        await page.ClickAsync("#connect");
        await RefusedAsync(page, "The token has expired. Sign in: a token that may read this stream is needed.");

        await page.FillAsync("#token", Narrow);
        foreach (var way in new[] { "fetch", "EventSource" })
        {
            await page.SelectOptionAsync("#reader", way);
            await page.FillAsync("#streams", "news");
            await page.ClickAsync("#connect");
            await RefusedAsync(page, "The principal may not read the stream news. Sign in: a token that may read this stream is needed.");
            await SubscribeAsync(page, "weather");
        }

        await page.FillAsync("#token", "a-token-that-is-wrong");
        await Eventually.Until(async () =>
        {
            // Tries come back with time.
            for (var i = 0; i < 12; i++) await RawHttp.GetAsync(server.Url, "/v1/session", "Authorization: Bearer a-token-that-is-wrong");
            var answer = await page.RunAndWaitForResponseAsync(() => page.ClickAsync("#sign-in"), IsSignIn);
            return answer.Status == 429;
        }, "the address has no tries left");
        await Expect(page.Locator("#session")).ToContainTextAsync("Too many such tokens came from this address", new() { Timeout = Limit });
        await Expect(page.Locator("#session")).ToContainTextAsync("Try again in 1 s.");
    }

    [ChromiumFact]
    public async Task Page_says_that_its_session_has_ended()
    {
        await using var server = await StartAsync("all");
        await using var browser = await chromium.OpenAsync(server.Url);
        var page = browser.Page;
        await page.FillAsync("#token", Token);
        await page.ClickAsync("#sign-in");
        await Expect(page.Locator("#session")).ToContainTextAsync("Signed in as operator", new() { Timeout = Limit });
        await page.SelectOptionAsync("#reader", "EventSource");
        await SubscribeAsync(page, "news");

        (await server.Http.DeleteAsync("/v1/sessions/operator")).EnsureSuccessStatusCode();

        await Expect(page.Locator("#state")).ToContainTextAsync("The session was revoked.", new() { Timeout = Limit });
        await page.ClickAsync("#refresh");
        await Expect(page.Locator("#session")).ToHaveTextAsync("The session has ended. Sign in again.", new() { Timeout = Limit });
        await Expect(page.Locator("#sign-in")).ToBeVisibleAsync();
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

        await browser.Page.EvaluateAsync(
            "url => fetch(url, { method: 'POST', mode: 'no-cors', body: 'planted' })", $"{server.Url}v1/streams/news/events");

        using var history = await server.Http.GetAsync("/v1/streams/news/history");
        history.StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound, await history.Content.ReadAsStringAsync());
    }

    private static float Limit => (float)Eventually.Longest.TotalMilliseconds;

    private const string Token = "a-token-for-the-page";

    private static Task<TestServer> StartAsync(string grant, params string[] arguments) => StartAsync(grant, [], arguments);

    private static Task<TestServer> StartAsync(string grant, Dictionary<string, string> more, params string[] arguments) =>
        TestServer.StartAsync(0, new Dictionary<string, string>(more)
        {
            ["AKKASSE_AUTH__TOKENS__0__TOKEN"] = Token,
            ["AKKASSE_AUTH__TOKENS__0__SUBJECT"] = "operator",
            ["AKKASSE_AUTH__TOKENS__0__GRANTS__0"] = grant,
        }, Token, arguments);

    private static bool IsSignIn(IResponse response) =>
        response.Request.Method == "POST" && response.Url.EndsWith("/v1/session", StringComparison.Ordinal);

    private static async Task RefusedAsync(IPage page, string words)
    {
        await Expect(page.Locator("#state")).ToContainTextAsync(words, new() { Timeout = Limit });
        await Expect(page.Locator("#state")).ToHaveAttributeAsync("data-state", "refused");
    }

    private static string TicketOf(string url) => HttpUtility.ParseQueryString(new Uri(url).Query)["ticket"]!;

    private static async Task CutAsync(TestServer server)
    {
        var clients = JsonDocument.Parse(await server.Http.GetStringAsync("/v1/clients")).RootElement.GetProperty("clients");
        foreach (var client in clients.EnumerateArray())
            await server.Http.DeleteAsync("/v1/client?client=" + Uri.EscapeDataString(client.GetProperty("id").GetString()!));
    }

    private static async Task PublishAsync(TestServer server, string data) =>
        (await server.PublishAsync("news", data, "headline")).EnsureSuccessStatusCode();

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
