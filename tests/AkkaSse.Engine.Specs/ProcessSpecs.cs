using System.Globalization;
using System.Net;
using AkkaSse.Testing;
using AkkaSse.Testing.Processes;
using Xunit.Abstractions;

namespace AkkaSse.Engine.Specs;

/// <summary>Several servers on one engine, all real processes: what a user has. Derived by engines that have more than one node.</summary>
/// <param name="output">Told how long publishes took.</param>
public abstract class ProcessSpecs(ITestOutputHelper output)
{
    /// <summary>What the test tells its reader.</summary>
    protected ITestOutputHelper Said { get; } = output;

    /// <summary>True when the full counts are asked for.</summary>
    protected static bool Soak { get; } = Environment.GetEnvironmentVariable("AKKASSE_SOAK") is not null;

    /// <summary>How many servers: three, or what AKKASSE_TEST_NODES says.</summary>
    protected static int Nodes { get; } = int.TryParse(Environment.GetEnvironmentVariable("AKKASSE_TEST_NODES"), NumberStyles.None,
        CultureInfo.InvariantCulture, out var nodes) ? nodes : 3;

    /// <summary>Starts nodes n0, n1, … of a hub of their own, ready.</summary>
    protected abstract Task<NodeCluster> StartAsync(int nodes, params string[] arguments);

    /// <summary>
    /// Nodes n0, n1, … for a test that ends none of them. An engine may lend the same ones to all such tests: a start costs more than most
    /// of them.
    /// </summary>
    protected virtual async Task<BorrowedCluster> BorrowAsync(int nodes) => new(await StartAsync(nodes), ends: true);

    [Fact]
    [Trait("parity", "PUB-13")]
    public async Task Every_reader_on_any_node_sees_every_event_once_in_order_with_the_same_ids()
    {
        await using var borrowed = await BorrowAsync(Nodes);
        var cluster = borrowed.Nodes;
        await using var load = new Load(() => cluster.Urls);
        var streams = Enumerable.Range(0, 100).Select(static i => $"every-{i}").ToList();
        var random = new Random(7);
        // Before the first event, on two nodes each.
        foreach (var stream in streams)
        {
            await load.ReadAsync(stream, cluster.Urls[random.Next(Nodes)]);
            await load.ReadAsync(stream, cluster.Urls[random.Next(Nodes)]);
        }
        var wanted = Soak ? 20_000 : 1_500;
        for (var p = 0; p < 8; p++) load.Publish($"p{p}", streams, p);
        await Eventually.Until(
            () => load.Acknowledged > wanted, () => $"{wanted} publishes; {load.Acknowledged} were acknowledged\n{cluster.Output}",
            () => load.Acknowledged);
        await load.FinishAsync();
        (load.Reconnects, load.Gaps).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Killed_node_loses_nothing_and_doubles_nothing()
    {
        await using var cluster = await StartAsync(Nodes);
        await using var load = new Load(() => cluster.Urls);
        var streams = Enumerable.Range(0, 10).Select(static i => $"s{i}").ToList();
        foreach (var stream in streams) await load.ReadAsync(stream, cluster.Urls[0]);
        for (var p = 0; p < 4; p++) load.Publish($"p{p}", streams, p);
        await Eventually.Until(
            () => load.Acknowledged > 300, () => $"300 publishes; {load.Acknowledged} were acknowledged\n{cluster.Output}",
            () => load.Acknowledged);
        await cluster.KillAsync(0);
        var then = load.Acknowledged;
        await Eventually.Until(
            () => load.Acknowledged > then + 300, () => $"300 publishes after the kill; {load.Acknowledged - then} came\n{cluster.Output}",
            () => load.Acknowledged);
        await load.FinishAsync();
        load.Reconnects.ShouldBeGreaterThanOrEqualTo(10);
        load.Gaps.ShouldBe(0);
    }

    [Fact]
    public async Task Rolling_restart_of_all_nodes_under_load_loses_nothing()
    {
        await using var cluster = await StartAsync(Nodes, "--drain-window", "500ms");
        await using var load = new Load(() => cluster.Urls);
        var streams = Enumerable.Range(0, 10).Select(static i => $"s{i}").ToList();
        foreach (var stream in streams) await load.ReadAsync(stream, cluster.Urls[stream[1] % Nodes]);
        for (var p = 0; p < 4; p++) load.Publish($"p{p}", streams, p, TimeSpan.FromMilliseconds(2));
        // Warm first, then quiet, then restarts.
        await Eventually.Until(
            () => load.Acknowledged > (Soak ? 5_000 : 200), () => $"publishes to warm up with\n{cluster.Output}", () => load.Acknowledged);
        var quiet = TimeProvider.System.GetTimestamp();
        var warm = load.Acknowledged;
        await Eventually.Until(
            () => load.Acknowledged > warm + (Soak ? 5_000 : 200), () => $"publishes in quiet\n{cluster.Output}", () => load.Acknowledged);
        var restarts = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < Nodes; i++)
        {
            var then = load.Acknowledged;
            await Eventually.Until(() => load.Acknowledged > then + (Soak ? 2_000 : 100),
                () => $"publishes before restart {i}\n{cluster.Output}", () => load.Acknowledged);
            (await cluster.StopAsync(0)).ShouldBe(0);
            // As an orchestrator does: the next one goes when this one serves.
            await cluster.StartReadyNodeAsync($"n{i}");
        }
        var ended = TimeProvider.System.GetTimestamp();
        await load.FinishAsync();
        load.Reconnects.ShouldBeGreaterThanOrEqualTo(10);
        load.Gaps.ShouldBe(0);
        Said.WriteLine($"publish in quiet: {Percentiles(load, quiet, restarts)}");
        Said.WriteLine($"publish during the rolling restart: {Percentiles(load, restarts, ended)}");
    }

    [Fact]
    [Trait("parity", "TGT-02")]
    public async Task Hundred_connects_with_one_id_over_three_nodes_have_one_winner()
    {
        await using var borrowed = await BorrowAsync(Nodes);
        var cluster = borrowed.Nodes;
        var clients = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(
            i => RawSseClient.OpenAsync(cluster.Urls[i % Nodes], $"/v1/events?client=one&instance=i{i}&stream=s")));
        try
        {
            clients.Count(static c => c.Head.Status == 200).ShouldBe(1);
            clients.Count(static c => c.Head.Status == 409).ShouldBe(99);
        }
        finally
        {
            foreach (var client in clients) await client.DisposeAsync();
        }
    }

    [Fact]
    [Trait("parity", "TGT-01")]
    public async Task Send_from_each_node_reaches_each_client_once_and_an_unknown_one_is_404()
    {
        await using var borrowed = await BorrowAsync(Nodes);
        var cluster = borrowed.Nodes;
        using var http = new HttpClient();
        var clients = new List<RawSseClient>();
        try
        {
            for (var i = 0; i < Nodes; i++)
            {
                var client = await RawSseClient.OpenAsync(cluster.Urls[i], $"/v1/events?client=c{i}&stream=s");
                client.Head.Status.ShouldBe(200);
                await client.NextAsync("hub.open");
                clients.Add(client);
            }
            for (var from = 0; from < Nodes; from++)
            {
                for (var to = 0; to < Nodes; to++)
                {
                    using var sent = await http.PostAsync(
                        new Uri(cluster.Urls[from], $"/v1/clients/c{to}/events"), new StringContent($"{from}>{to}"));
                    sent.StatusCode.ShouldBe(HttpStatusCode.Accepted, cluster.Output);
                }
                using var unknown = await http.PostAsync(new Uri(cluster.Urls[from], "/v1/clients/nobody/events"), new StringContent("x"));
                unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            }
            for (var to = 0; to < Nodes; to++)
            {
                var got = new List<string>();
                for (var n = 0; n < Nodes; n++) got.Add((await clients[to].NextEventAsync()).Data!);
                got.ShouldBe(Enumerable.Range(0, Nodes).Select(from => $"{from}>{to}"));
            }
            using var seen = await http.GetAsync(new Uri(cluster.Urls[0], "/v1/cluster"));
            (await seen.Content.ReadAsStringAsync()).ShouldContain($"\"n{Nodes - 1}\"");
        }
        finally
        {
            foreach (var client in clients) await client.DisposeAsync();
        }
    }

    private static string Percentiles(Load load, long from, long to)
    {
        var took = load.Latencies.Where(l => l.Begun >= from && l.Begun < to).Select(static l => l.Took.TotalMilliseconds).Order()
            .ToArray();
        return took.Length == 0
            ? "none"
            : $"{took.Length} publishes, p50 " +
                $"{took[took.Length / 2]:0.0} ms, p99 {took[took.Length * 99 / 100]:0.0} ms, max {took[^1]:0.0} ms";
    }
}
