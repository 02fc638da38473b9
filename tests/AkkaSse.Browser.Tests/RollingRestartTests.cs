using AkkaSse.Browser.Tests.Support;
using AkkaSse.Testing;
using AkkaSse.Testing.Processes;

namespace AkkaSse.Browser.Tests;

/// <summary>
/// Tabs behind nginx, as <c>docker/nginx.conf</c> ships it, while three nodes of an Akka.NET cluster are restarted in turn.
/// </summary>
[Trait("speed", "slow")]
public sealed class RollingRestartTests(Chromium chromium) : IClassFixture<Chromium>
{
    [ToolFact("nginx", Browser = true)]
    public async Task Every_event_comes_once_and_in_order_over_a_rolling_restart_of_three_nodes()
    {
        var ports = FreePort.Take(6);
        await using var cluster = new NodeCluster(name => Node(name, ports));
        await cluster.StartAsync(3);
        await using var nginx = await Nginx.StartAsync([.. ports.Take(3)]);
        await using var page = await chromium.OpenAsync(new Uri(nginx.Url, "healthz/live"));
        await using var shared = await page.OpenTabAsync(new Uri(nginx.Url, "healthz/live"));
        BrowserPage[] tabs = [page, shared];
        foreach (var tab in tabs)
        {
            await tab.SubscribeAsync("streams: ['orders', 'news']");
            await tab.WaitForStateAsync("open");
        }
        await using var load = new Load(() => cluster.Urls);
        load.Publish("a", ["orders"], seed: 1, TimeSpan.FromMilliseconds(20));
        load.Publish("b", ["news"], seed: 2, TimeSpan.FromMilliseconds(20));
        foreach (var tab in tabs) await GoesOnAsync(tab, load);

        foreach (var name in (string[])["n0", "n1", "n2"])
        {
            // The first of the list is always the oldest.
            (await cluster.StopAsync(0)).ShouldBe(0);
            await cluster.StartReadyNodeAsync(name);
            foreach (var tab in tabs) await GoesOnAsync(tab, load);
        }
        await load.StopAsync();

        foreach (var tab in tabs)
        {
            foreach (var (name, stream) in new[] { ("a", "orders"), ("b", "news") })
            {
                var expected = Enumerable.Range(0, load.AcknowledgedIn(stream)).Select(i => $"{name}/{i}").ToList();
                await tab.WaitForLogAsync(expected[^1]);
                (await tab.LogAsync()).Where(d => d.StartsWith(name, StringComparison.Ordinal)).ShouldBe(expected);
            }
            (await tab.SeenAsync()).ShouldNotContain(static e => e.Type == "hub.gap");
        }
        (await page.SeenAsync()).Count(static e => e.Type == "hub.drain").ShouldBeGreaterThan(0, "its node was among those restarted");
    }

    // What was published when it is asked has come.
    private static async Task GoesOnAsync(BrowserPage tab, Load load)
    {
        var wanted = load.Acknowledged + 20;
        var seen = 0;
        await Eventually.Until(
            async () => (seen = (await tab.LogAsync()).Length) >= wanted, () => $"{wanted} events, not {seen}", () => seen);
    }

    private static NodeStart Node(string name, IReadOnlyList<int> ports)
    {
        var node = name[1] - '0';
        string[] seeds = [.. ports.Skip(3).SelectMany(static p => new[] { "--akka-seed", $"127.0.0.1:{p}" })];
        var patient = Path.Combine(AppContext.BaseDirectory, "Support", "patient.hocon");
        return new NodeStart(["--urls", $"http://127.0.0.1:{ports[node]}", "--engine", "akka",
            "--akka-port", $"{ports[3 + node]}", .. seeds, "--drain-window", "1s", "--akka-hocon", patient]);
    }
}
