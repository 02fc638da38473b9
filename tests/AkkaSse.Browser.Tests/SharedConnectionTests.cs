using System.Globalization;
using System.Net;
using AkkaSse.Browser.Tests.Support;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Browser.Tests;

/// <summary>Tabs of one browser that subscribe to the same have one connection, with a shared worker and without.</summary>
[Trait("speed", "slow")]
public sealed class SharedConnectionTests(Chromium chromium) : IClassFixture<Chromium>
{
    [ChromiumFact]
    public Task Tabs_of_a_shared_worker_keep_its_connection_when_one_is_closed() => CheckAsync(hasWorker: true);

    [ChromiumFact]
    public Task Tabs_without_a_worker_elect_a_leader_and_another_when_it_is_closed() => CheckAsync(hasWorker: false);

    [ChromiumFact]
    public async Task Worker_asks_the_tabs_for_tickets_and_ends_its_connection_with_the_last_subscription()
    {
        const string secret = "right-horse-battery-staple";
        await using var server = await TestServer.StartAsync(
            0, new Dictionary<string, string>
            {
                ["AKKASSE_AUTH__TOKENS__0__TOKEN"] = secret,
                ["AKKASSE_AUTH__TOKENS__0__SUBJECT"] = "ann",
                ["AKKASSE_AUTH__TOKENS__0__GRANTS__0"] = "all",
            }, secret, "--retry", "10ms");
        await using var profile = await chromium.OpenAsync(new Uri(server.Url, "healthz/live"));
        var options = $$"""
            streams: ["orders"], share: "ann",
            ticket: ticketsFrom("/", { headers: () => ({ Authorization: "Bearer {{secret}}" }) }),
            """;
        await using var one = await TabAsync(profile, server, options);
        await using var two = await TabAsync(profile, server, options);
        (await ClientPage.ClientsAsync(server.Http)).ShouldHaveSingleItem();
        await PublishAsync(server, "0");
        foreach (var tab in (BrowserPage[])[one, two]) await tab.WaitForLogAsync("0");

        await one.Page.EvaluateAsync("() => subscription.close()");
        await PublishAsync(server, "1");
        await two.WaitForLogAsync("1");
        await two.Page.EvaluateAsync("() => subscription.close()");
        await Eventually.Until(async () => (await ClientPage.ClientsAsync(server.Http)).Length == 0, "nobody is connected");
        (await one.LogAsync()).ShouldBe(["0"]);
    }

    private async Task CheckAsync(bool hasWorker)
    {
        await using var server = await TestServer.StartAsync("--retry", "10ms");
        await using var profile = await chromium.OpenAsync(new Uri(server.Url, "healthz/live"));
        // With an inbox: its connection has to stay the only one.
        var options = $"streams: ['orders', 'news'], client: 'ann', worker: {(hasWorker ? "undefined" : "false")}";
        var first = await TabAsync(profile, server, options);
        await using var second = await TabAsync(profile, server, options);
        await using var third = await TabAsync(profile, server, options);
        var connection = await ConnectionAsync(server);
        using var stop = new CancellationTokenSource();
        var publishing = PublishAllAsync(server, stop.Token);
        // All tabs have begun before the first event that is counted.
        foreach (var tab in (BrowserPage[])[first, second, third]) await ReachesAsync(tab, 20);
        (await ConnectionAsync(server)).ShouldBe(connection);

        await first.DisposeAsync();
        await GoesOnAsync(second, third);
        if (hasWorker) (await ConnectionAsync(server)).ShouldBe(connection, "the worker's, whoever is closed");
        else (await ConnectionAsync(server)).ShouldNotBe(connection, "the next leader's");
        // A reload of the only one that is left to lead, and of the other one.
        foreach (var tab in (BrowserPage[])[second, third, second])
        {
            await tab.Page.ReloadAsync();
            await tab.SubscribeAsync(options);
            await GoesOnAsync(second, third);
        }
        await stop.CancelAsync();
        var published = await publishing;

        foreach (var tab in (BrowserPage[])[second, third])
        {
            await Eventually.Until(async () => (await NumbersAsync(tab)).Length >= published, () => $"{published} events");
            var numbers = await NumbersAsync(tab);
            numbers.Length.ShouldBe(published, "every event once, over all reloads");
            // Between two streams there is no order.
            foreach (var stream in (int[])[0, 1])
            {
                var expected = Enumerable.Range(0, published).Where(n => n % 2 == stream);
                numbers.Where(n => n % 2 == stream).SequenceEqual(expected).ShouldBeTrue($"stream {stream}, in order");
            }
        }
        await Eventually.Until(async () => (await ClientPage.ClientsAsync(server.Http)).Length == 1, "one connection");
    }

    // Alternating, so that tokens move in two places.
    private static async Task<int> PublishAllAsync(TestServer server, CancellationToken stopped)
    {
        var count = 0;
        for (; !stopped.IsCancellationRequested; count++)
        {
            (await server.PublishAsync(count % 2 == 0 ? "orders" : "news", $"{count}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
            // A pace that a page keeps while it is asked what it has seen.
            await Task.Delay(5, CancellationToken.None);
        }
        return count;
    }

    private static async Task<BrowserPage> TabAsync(BrowserPage profile, TestServer server, string options)
    {
        var tab = await profile.OpenTabAsync(new Uri(server.Url, "healthz/live"));
        await tab.SubscribeAsync(options);
        await tab.WaitForStateAsync("open");
        return tab;
    }

    private static async Task GoesOnAsync(params BrowserPage[] tabs)
    {
        foreach (var tab in tabs) await ReachesAsync(tab, (await NumbersAsync(tab)).Max() + 20);
    }

    private static Task ReachesAsync(BrowserPage tab, int number) => Eventually.Until(
        async () => (await NumbersAsync(tab)).DefaultIfEmpty(-1).Max() >= number, () => $"event {number}");

    private static async Task<int[]> NumbersAsync(BrowserPage tab) =>
        [.. (await tab.LogAsync()).Select(static d => int.Parse(d, CultureInfo.InvariantCulture))];

    // The one connection of the browser: when it was opened.
    private static async Task<string> ConnectionAsync(TestServer server)
    {
        using var answer = System.Text.Json.JsonDocument.Parse(await server.Http.GetStringAsync("/v1/clients"));
        return answer.RootElement.GetProperty("clients").EnumerateArray().ShouldHaveSingleItem().GetProperty("connectedAt").GetString()!;
    }

    private static async Task PublishAsync(TestServer server, string data) =>
        (await server.PublishAsync("orders", data)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
}
