using System.Net;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Browser.Tests;

/// <summary>A plain EventSource of a real browser with a session, and with a ticket.</summary>
[Trait("speed", "slow")]
public sealed class AuthenticationTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Secret = "right-horse-battery-staple";

    [ChromiumFact]
    public async Task Session_opens_a_stream_that_is_cut_and_resumes()
    {
        await using var server = await StartAsync();
        await using var page = await chromium.OpenAsync(server.Url);
        await page.ListenAsync("/v1/events?stream=orders&client=ann&instance=one");
        await page.Page.WaitForFunctionAsync("() => window.source.readyState === 2");

        await SignInAsync(page);
        (await page.Page.EvaluateAsync<string>("() => document.cookie")).ShouldBe("", "a script cannot read it");
        await page.ListenAsync("/v1/events?stream=orders&client=ann&instance=one");
        await ResumesAsync(server, page);

        // A write of the page itself.
        (await page.Page.EvaluateAsync<int>(
            "async () => (await fetch('/v1/streams/orders/events', { method: 'POST', body: 'from the page' })).status")).ShouldBe(202);
        await page.WaitForAsync("message", "from the page");
        (await page.Page.EvaluateAsync<int>("async () => (await fetch('/v1/session', { method: 'DELETE' })).status")).ShouldBe(204);
        (await page.Page.EvaluateAsync<int>("async () => (await fetch('/v1/session')).status")).ShouldBe(401);
    }

    [ChromiumFact]
    public async Task Page_of_another_origin_can_do_nothing_with_a_visitors_session()
    {
        await using var server = await StartAsync();
        await using var other = await TestServer.StartAsync();
        await using var page = await chromium.OpenAsync(server.Url);
        await SignInAsync(page);
        // Another port of the same host is the same site: SameSite lets the cookie through. This document has no policy of its own.
        await page.Page.GotoAsync(other.Url + "healthz/live");

        var write = server.Url + "v1/streams/orders/events";
        var read = server.Url + "v1/events?stream=orders&client=ann&instance=evil";
        var written = await page.Page.RunAndWaitForResponseAsync(
            () => page.Page.EvaluateAsync(
                "async url => { await fetch(url, { method: 'POST', body: 'evil', mode: 'no-cors', credentials: 'include' }); }", write),
            write);
        // The browser hands no answer of another origin to anybody; that it is 403 is tested without one.
        var state = await page.Page.EvaluateAsync<int>(
            """
            async url => {
              const source = new EventSource(url, { withCredentials: true });
              await new Promise(done => source.onerror = done);
              return source.readyState;
            }
            """, read);

        // Without the cookie it would be 401.
        written.Status.ShouldBe(403);
        state.ShouldBe(2, "the source has given up");
        (await server.Http.GetAsync("/v1/stream/history?stream=orders")).StatusCode.ShouldBe(
            HttpStatusCode.NotFound, "nothing was written");
        (await server.Http.GetAsync("/v1/clients/ann")).StatusCode.ShouldBe(HttpStatusCode.NotFound, "nobody is connected");
    }

    [ChromiumFact]
    public async Task Ticket_opens_a_stream_that_is_cut_and_resumes_and_a_thief_gets_nothing()
    {
        await using var server = await StartAsync();
        await using var page = await chromium.OpenAsync(server.Url);
        var ticket = await TicketAsync(page);
        await page.ListenAsync($"/v1/events?stream=orders&client=ann&instance=one&ticket={ticket}");
        await ResumesAsync(server, page);

        await using var thief = await chromium.OpenAsync(server.Url);
        await thief.ListenAsync($"/v1/events?stream=orders&client=ann&instance=thief&ticket={ticket}");
        await thief.Page.WaitForFunctionAsync("() => window.source.readyState === 2");
        (await thief.SeenAsync()).ShouldBeEmpty();
        (await page.ReadyStateAsync()).ShouldBe(1);
    }

    [ChromiumFact]
    public async Task Ticket_that_has_ended_ends_the_reconnects_and_a_new_one_goes_on_where_it_was()
    {
        await using var server = await StartAsync("--set", "Auth:TicketLifetime=10s");
        await using var page = await chromium.OpenAsync(server.Url);
        await page.ListenAsync($"/v1/events?stream=orders&client=ann&instance=one&ticket={await TicketAsync(page)}");
        await page.WaitForAsync("hub.open");
        await PublishAsync(server, "first");
        await page.WaitForAsync("message", "first");

        await Eventually.Until(async () =>
        {
            await server.Http.DeleteAsync("/v1/clients/ann");
            return await page.ReadyStateAsync() == 2;
        }, "the browser has given up");
        await PublishAsync(server, "while away");
        var last = (await page.SeenAsync()).Last(static e => e.Id.Length > 0).Id;

        await page.ListenAsync($"/v1/events?stream=orders&client=ann&instance=two&ticket={await TicketAsync(page)}"
            + $"&last_event_id={Uri.EscapeDataString(last)}");
        await page.WaitForAsync("message", "while away");
        (await page.DataAsync()).ShouldBe(["while away"]);
    }

    private static Task<TestServer> StartAsync(params string[] arguments) => TestServer.StartAsync(
        0, new Dictionary<string, string>
        {
            ["AKKASSE_AUTH__TOKENS__0__TOKEN"] = Secret,
            ["AKKASSE_AUTH__TOKENS__0__SUBJECT"] = "ann",
            ["AKKASSE_AUTH__TOKENS__0__GRANTS__0"] = "all",
        }, Secret, ["--retry", "10ms", .. arguments]);

    private static async Task SignInAsync(BrowserPage page) => (await page.Page.EvaluateAsync<int>(
        "async token => (await fetch('/v1/session', { method: 'POST', headers: { Authorization: `Bearer ${token}` } })).status", Secret))
        .ShouldBe(201);

    private static async Task ResumesAsync(TestServer server, BrowserPage page)
    {
        await page.WaitForAsync("hub.open");
        const int cuts = 3;
        for (var i = 0; i < cuts; i++)
        {
            await PublishAsync(server, $"{i}-live");
            (await server.Http.DeleteAsync("/v1/clients/ann")).IsSuccessStatusCode.ShouldBeTrue();
            await PublishAsync(server, $"{i}-away");
            await page.WaitForAsync("hub.open", count: i + 2);
            await page.WaitForAsync("message", $"{i}-away");
        }
        (await page.DataAsync()).ShouldBe(Enumerable.Range(0, cuts).SelectMany(static i => new[] { $"{i}-live", $"{i}-away" }));
        (await page.SeenAsync()).ShouldNotContain(static e => e.Type == "hub.gap");
    }

    private static Task<string> TicketAsync(BrowserPage page) => page.Page.EvaluateAsync<string>(
        """
        async token => (await (await fetch('/v1/tickets', { method: 'POST', headers: { Authorization: 'Bearer ' + token } })).json()).ticket
        """, Secret);

    private static async Task PublishAsync(TestServer server, string data) =>
        (await server.PublishAsync("orders", data)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
}
