using System.Text.Json;
using System.Text.RegularExpressions;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;
using Microsoft.Playwright;

namespace AkkaSse.Browser.Tests;

/// <summary>The page's code of docs/security.md, as it stands there, in a real browser.</summary>
[Trait("speed", "slow")]
public sealed partial class DocumentedPageTests(Chromium chromium) : IClassFixture<Chromium>, IDisposable
{
    private const string Secret = "right-horse-battery-staple";
    private const string Operator = "another-horse-battery-staple";

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"akkasse-{Guid.NewGuid():N}.json");

    [ChromiumFact]
    public async Task Page_goes_on_where_it_was_with_another_ticket_and_stops_when_its_token_has_ended()
    {
        await using var server = await StartAsync();
        await using var page = await OpenAsync(server);
        var faults = 0;
        await page.Page.RouteAsync("**/v1/events**", async route =>
        {
            if (Interlocked.Decrement(ref faults) >= 0) await route.FulfillAsync(new RouteFulfillOptions { Status = 502 });
            else await route.ContinueAsync();
        });
        var tickets = Count(page, "/v1/tickets");
        await RunAsync(page, server);
        await page.Page.WaitForFunctionAsync("() => window.place() !== ''");

        // Nothing was published yet: hub.open says the place. The reconnect, and the look at its status.
        Interlocked.Exchange(ref faults, 2);
        (await server.Http.DeleteAsync("/v1/clients/ann")).IsSuccessStatusCode.ShouldBeTrue();
        await PublishAsync(server, "while away");
        await SeenAsync(page, "while away");
        tickets().ShouldBe(2);
        await PublishAsync(server, "there again");
        await SeenAsync(page, "there again");
        (await page.Page.EvaluateAsync<string[]>("() => window.shown")).ShouldBe(["while away", "there again"]);

        Write(withPage: false);
        server.Process.HangUp();
        (await StoppedAsync(page)).ShouldBe(401);
        tickets().ShouldBe(3);
        var pauses = await page.Page.EvaluateAsync<double[]>("() => window.pauses");
        pauses.Length.ShouldBe(2);
        pauses.ShouldAllBe(static p => p >= 500);
        (await page.Page.EvaluateAsync<int>("() => window.stops.length")).ShouldBe(1);
    }

    [ChromiumFact]
    public async Task Page_waits_twice_as_long_each_time_while_there_is_no_ticket()
    {
        await using var server = await StartAsync();
        await using var page = await OpenAsync(server);
        const int outages = 9;
        var left = outages;
        await page.Page.RouteAsync("**/v1/tickets", async route =>
        {
            if (Interlocked.Decrement(ref left) >= 0) await route.FulfillAsync(new RouteFulfillOptions { Status = 503 });
            else await route.ContinueAsync();
        });
        await RunAsync(page, server);
        await OpenedAsync(server);
        await PublishAsync(server, "at last");
        await SeenAsync(page, "at last");

        var pauses = await page.Page.EvaluateAsync<double[]>("() => window.pauses");
        pauses.Length.ShouldBe(outages);
        for (var i = 0; i < outages; i++)
        {
            var longest = Math.Min(60_000, 1_000 << i);
            pauses[i].ShouldBeInRange(longest / 2.0, longest, $"pause {i}");
        }
    }

    [ChromiumFact]
    public async Task Page_that_may_not_have_its_client_id_asks_for_one_ticket_and_stops()
    {
        await using var server = await StartAsync();
        await using var page = await OpenAsync(server);
        var tickets = Count(page, "/v1/tickets");

        await RunAsync(page, server, static code => code.Replace("\"ann\"", "\"bob\"", StringComparison.Ordinal));

        (await StoppedAsync(page)).ShouldBe(403);
        tickets().ShouldBe(1);
    }

    public void Dispose() => File.Delete(_file);

    private async Task<TestServer> StartAsync()
    {
        Write(withPage: true);
        return await TestServer.StartAsync(
            0, null, Operator, "--config", _file, "--retry", "10ms", "--set", "Auth:ReloadInterval=0s");
    }

    private void Write(bool withPage)
    {
        object ops = new { Token = Operator, Subject = "ops", Grants = new[] { "all" } };
        object ann = new { Token = Secret, Subject = "ann", Grants = new[] { "subscribe:news" } };
        File.WriteAllText(_file, JsonSerializer.Serialize(new { Auth = new { Tokens = withPage ? new[] { ops, ann } : [ops] } }));
    }

    // A page of the server without a script of its own.
    private Task<BrowserPage> OpenAsync(TestServer server) => chromium.OpenAsync(new Uri(server.Url, "healthz/live"));

    // What the page waits for is noted, and not waited for.
    private static Task RunAsync(BrowserPage page, TestServer server, Func<string, string>? change = null)
    {
        var code = Code().Replace("https://hub.example.com", server.Url.ToString().TrimEnd('/'), StringComparison.Ordinal);
        return page.Page.EvaluateAsync(
            $$"""
            token => {
              window.shown = [];
              window.stops = [];
              window.pauses = [];
              const show = data => window.shown.push(data);
              const stopped = status => window.stops.push(status);
              const setTimeout = (next, pause) => {
                window.pauses.push(pause);
                return window.setTimeout(next, 0);
              };
              {{change?.Invoke(code) ?? code}}
              window.place = () => lastEventId;
            }
            """, Secret);
    }

    private static string Code() =>
        Script().Matches(File.ReadAllText(Path.Combine(BuildOutput.Root, "docs/security.md"))).Select(static m => m.Groups[1].Value)
            .Single(static b => b.Contains("/v1/tickets", StringComparison.Ordinal) && b.Contains("onerror", StringComparison.Ordinal));

    private static Func<int> Count(BrowserPage page, string path)
    {
        var count = 0;
        page.Page.Request += (_, request) =>
        {
            if (request.Url.EndsWith(path, StringComparison.Ordinal)) Interlocked.Increment(ref count);
        };
        return () => Volatile.Read(ref count);
    }

    private static Task OpenedAsync(TestServer server) => Eventually.Until(
        async () => (await server.Http.GetAsync("/v1/clients/ann")).IsSuccessStatusCode, "the page is connected");

    private static Task SeenAsync(BrowserPage page, string data) =>
        page.Page.WaitForFunctionAsync("data => window.shown.includes(data)", data);

    private static async Task<int> StoppedAsync(BrowserPage page)
    {
        await page.Page.WaitForFunctionAsync("() => window.stops.length > 0");
        return await page.Page.EvaluateAsync<int>("() => window.stops[0]");
    }

    private static async Task PublishAsync(TestServer server, string data) =>
        (await server.PublishAsync("news", data)).IsSuccessStatusCode.ShouldBeTrue();

    [GeneratedRegex("^```js\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Script();
}
