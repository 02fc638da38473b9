using System.Collections.Concurrent;
using System.Net;
using AkkaSse.Browser.Tests.Support;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Browser.Tests;

/// <summary><c>akkasse.js</c> in a real browser: it comes back after what ends an EventSource for good, and goes on where it was.</summary>
[Trait("speed", "slow")]
public sealed class BrowserClientTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Secret = "right-horse-battery-staple";
    private const string Orders = "streams: ['orders']";

    [ChromiumFact]
    public async Task Page_that_is_loaded_again_goes_on_where_it_was()
    {
        await using var server = await TestServer.StartAsync("--retry", "10ms");
        await using var page = await OpenAsync(server.Url);
        await page.SubscribeAsync(Orders);
        await page.WaitForAsync("hub.open");
        await PublishAsync(server, "before");
        await page.WaitForAsync("message", "before");

        await page.Page.GotoAsync("about:blank");
        await Eventually.Until(async () => (await ClientPage.ClientsAsync(server.Http)).Length == 0, "nobody is connected");
        await PublishAsync(server, "while away");
        await page.Page.GotoAsync(Blank(server.Url));
        await page.SubscribeAsync(Orders);
        await page.WaitForLogAsync("while away");
        for (var i = 0; i < 3; i++)
        {
            await page.Page.ReloadAsync();
            await page.SubscribeAsync(Orders);
            await PublishAsync(server, $"reloaded {i}");
            await page.WaitForLogAsync($"reloaded {i}");
        }

        (await page.LogAsync()).ShouldBe(["before", "while away", "reloaded 0", "reloaded 1", "reloaded 2"]);
        (await page.SeenAsync()).ShouldNotContain(static e => e.Type == "hub.gap");
    }

    [ChromiumFact]
    public async Task Several_streams_with_events_by_type_resume_after_a_reload()
    {
        const string options = "streams: ['a', 'b', 'c'], types: ['paid'], client: 'ann'";
        await using var server = await TestServer.StartAsync("--retry", "10ms");
        await using var page = await OpenAsync(server.Url);
        await page.SubscribeAsync(options);
        await page.WaitForAsync("hub.open");
        string[] streams = ["a", "b", "c", "b", "a"];
        foreach (var (i, stream) in streams.Index())
        {
            (await server.PublishAsync(stream, "not asked for", "other")).EnsureSuccessStatusCode();
            (await server.PublishAsync(stream, $"{stream}{i}", "paid")).EnsureSuccessStatusCode();
            await page.WaitForLogAsync($"{stream}{i}");
            await page.Page.ReloadAsync();
            await page.SubscribeAsync(options);
        }
        await page.WaitForAsync("hub.open");
        (await server.Http.PostAsync("/v1/clients/ann/events?type=paid", new StringContent("to ann"))).EnsureSuccessStatusCode();
        await page.WaitForLogAsync("to ann");

        (await page.LogAsync()).ShouldBe(["a0", "b1", "c2", "b3", "a4", "to ann"]);
        (await page.SeenAsync()).ShouldNotContain(static e => e.Type == "hub.gap");
    }

    [ToolFact("nginx", Browser = true)]
    public async Task Bad_gateway_of_a_proxy_ends_an_EventSource_and_not_this()
    {
        var data = Directory.CreateTempSubdirectory("akkasse-data-");
        try
        {
            var port = FreePort.Next();
            string[] arguments = ["--retry", "10ms", "--data", data.FullName];
            var first = await TestServer.StartAsync(port, null, null, arguments);
            await using var nginx = await Nginx.StartAsync(port);
            await using var page = await OpenAsync(nginx.Url);
            await page.ListenAsync("/v1/streams/orders/events");
            await page.WaitForAsync("hub.open");
            await page.SubscribeAsync(Orders);
            await page.WaitForAsync("hub.open");
            await PublishAsync(first, "before");
            await page.WaitForLogAsync("before");
            first.Process.Kill();
            await first.DisposeAsync();

            await page.WaitForStateAsync("waiting", 502);
            await page.Page.WaitForFunctionAsync("() => source.readyState === 2");
            await using var second = await TestServer.StartAsync(port, null, null, arguments);
            await PublishAsync(second, "after");
            await page.WaitForLogAsync("after");

            (await page.LogAsync()).ShouldBe(["before", "after"]);
            (await page.SeenAsync()).ShouldNotContain(static e => e.Type == "hub.gap");
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [ChromiumFact]
    public async Task Ticket_that_has_ended_is_replaced_and_the_token_is_in_no_url()
    {
        await using var server = await StartWithTokensAsync("--set", "Auth:TicketLifetime=1s");
        await using var page = await OpenAsync(server.Url);
        var urls = new ConcurrentQueue<string>();
        page.Page.Request += (_, request) => urls.Enqueue($"{request.Method} {request.Url}");
        await page.SubscribeAsync(
            $$"""
            streams: ["orders"], client: "ann",
            ticket: ticketsFrom("/", { headers: () => ({ Authorization: "Bearer {{Secret}}" }) }),
            """);
        await page.WaitForAsync("hub.open");

        var published = 0;
        await Eventually.Until(async () =>
        {
            var opened = (await page.SeenAsync()).Count(static e => e.Type == "hub.open");
            await PublishAsync(server, $"{published}");
            await server.Http.DeleteAsync("/v1/clients/ann");
            await page.WaitForAsync("hub.open", count: opened + 1);
            await page.WaitForLogAsync($"{published++}");
            return urls.Count(static u => u.StartsWith("POST", StringComparison.Ordinal)) >= 3;
        }, () => $"three tickets, not {string.Join('\n', urls)}", () => published);

        (await page.LogAsync()).ShouldBe(Enumerable.Range(0, published).Select(static i => $"{i}"));
        urls.ShouldAllBe(static u => !u.Contains(Secret, StringComparison.Ordinal));
    }

    [ChromiumFact]
    public async Task Session_is_enough_and_its_end_is_told()
    {
        await using var server = await StartWithTokensAsync();
        await using var page = await OpenAsync(server.Url);
        await page.SubscribeAsync(Orders);
        await page.WaitForStateAsync("closed", 401);
        const string signIn =
            "async token => (await fetch('/v1/session', { method: 'POST', headers: { Authorization: `Bearer ${token}` } })).status";
        (await page.Page.EvaluateAsync<int>(signIn, Secret)).ShouldBe(201);

        await page.SubscribeAsync(Orders);
        await page.WaitForAsync("hub.open");
        await PublishAsync(server, "with a session");
        await page.WaitForLogAsync("with a session");
        (await server.Http.DeleteAsync("/v1/sessions/ann")).EnsureSuccessStatusCode();

        await page.WaitForAsync("hub.end");
        await page.WaitForStateAsync("closed", 401);
        (await page.Page.EvaluateAsync<string>("async () => (await subscription.closed).code")).ShouldBe("unauthorized");
    }

    [ChromiumFact]
    public async Task Refused_for_good_it_stops()
    {
        await using var server = await TestServer.StartAsync("--retry", "10ms");
        await using var page = await OpenAsync(server.Url);
        await page.SubscribeAsync("streams: ['orders'], client: 'browser'");
        await page.WaitForAsync("hub.open");

        (await server.Http.DeleteAsync("/v1/clients/browser?reconnect=false")).IsSuccessStatusCode.ShouldBeTrue();

        await page.WaitForStateAsync("closed", 204);
        (await ClientPage.ClientsAsync(server.Http)).ShouldBeEmpty();
    }

    private static string Blank(Uri url) => url + "healthz/live";

    // A document without a policy of its own, of the origin that serves the script.
    private Task<BrowserPage> OpenAsync(Uri url) => chromium.OpenAsync(new Uri(Blank(url)));

    private static Task<TestServer> StartWithTokensAsync(params string[] arguments) => TestServer.StartAsync(
        0, new Dictionary<string, string>
        {
            ["AKKASSE_AUTH__TOKENS__0__TOKEN"] = Secret,
            ["AKKASSE_AUTH__TOKENS__0__SUBJECT"] = "ann",
            ["AKKASSE_AUTH__TOKENS__0__GRANTS__0"] = "all",
        }, Secret, ["--retry", "10ms", .. arguments]);

    private static async Task PublishAsync(TestServer server, string data) =>
        (await server.PublishAsync("orders", data)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
}
