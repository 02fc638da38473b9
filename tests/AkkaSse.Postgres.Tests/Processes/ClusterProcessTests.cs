using System.Net;
using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Testing;
using Xunit.Abstractions;

namespace AkkaSse.Postgres.Tests.Processes;

/// <summary>Several servers and a PostgreSQL, all real processes on loopback.</summary>
[Collection(SharedServerCollection.Name)]
public sealed class ClusterProcessTests(SharedServer shared, ITestOutputHelper output)
{
    [Fact]
    public async Task Every_reader_on_any_node_sees_every_event_once_in_order_with_the_same_ids()
    {
        var cluster = await shared.ClusterAsync();
        await using var load = new Load(() => cluster.Urls);
        var streams = Enumerable.Range(0, 100).Select(static i => $"s{i}").ToList();
        var random = new Random(7);
        // Before the first event, on two nodes each.
        foreach (var stream in streams)
        {
            await load.ReadAsync(stream, cluster.Urls[random.Next(3)]);
            await load.ReadAsync(stream, cluster.Urls[random.Next(3)]);
        }
        for (var p = 0; p < 8; p++) load.Publish($"p{p}", streams, p);
        await Eventually.Until(() => load.Acknowledged > 1_500, () => $"1500 publishes; {load.Acknowledged} were acknowledged\n{cluster.Output}", TimeSpan.FromSeconds(90));
        await load.FinishAsync();
        (load.Reconnects, load.Gaps).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Killed_node_loses_nothing_and_doubles_nothing()
    {
        await using var cluster = await Cluster.StartAsync(shared.Server, 3);
        await using var load = new Load(() => cluster.Urls);
        var streams = Enumerable.Range(0, 10).Select(static i => $"s{i}").ToList();
        foreach (var stream in streams) await load.ReadAsync(stream, cluster.Urls[0]);
        for (var p = 0; p < 4; p++) load.Publish($"p{p}", streams, p);
        await Eventually.Until(() => load.Acknowledged > 300, "300 publishes");
        await cluster.KillAsync(0);
        var then = load.Acknowledged;
        await Eventually.Until(() => load.Acknowledged > then + 300, () => $"300 publishes after the kill\n{cluster.Output}");
        await load.FinishAsync();
        load.Reconnects.ShouldBeGreaterThanOrEqualTo(10);
        load.Gaps.ShouldBe(0);
    }

    [Fact]
    public async Task Rolling_restart_of_all_nodes_under_load_loses_nothing()
    {
        // As a balancer: new publishes go to nodes that are not told to stop; what is in flight there completes.
        await using var cluster = await Cluster.StartAsync(shared.Server, 3, "--drain-window", "500ms");
        await using var load = new Load(() => cluster.Urls);
        var streams = Enumerable.Range(0, 10).Select(static i => $"s{i}").ToList();
        foreach (var stream in streams) await load.ReadAsync(stream, cluster.Urls[stream[1] % 3]);
        for (var p = 0; p < 4; p++) load.Publish($"p{p}", streams, p, TimeSpan.FromMilliseconds(2));
        // Warm first, then quiet, then restarts.
        await Eventually.Until(() => load.Acknowledged > Soak.Of(5_000, 200), () => $"publishes to warm up with\n{cluster.Output}", TimeSpan.FromMinutes(2));
        var quiet = TimeProvider.System.GetTimestamp();
        var warm = load.Acknowledged;
        await Eventually.Until(() => load.Acknowledged > warm + Soak.Of(5_000, 200), () => $"publishes in quiet\n{cluster.Output}", TimeSpan.FromMinutes(2));
        var restarts = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 3; i++)
        {
            var then = load.Acknowledged;
            await Eventually.Until(() => load.Acknowledged > then + Soak.Of(2_000, 100), () => $"publishes before restart {i}\n{cluster.Output}", TimeSpan.FromMinutes(2));
            (await cluster.StopAsync(0)).ShouldBe(0);
            await cluster.StartNodeAsync($"n{i}");
        }
        var ended = TimeProvider.System.GetTimestamp();
        await load.FinishAsync();
        load.Reconnects.ShouldBeGreaterThanOrEqualTo(10);
        load.Gaps.ShouldBe(0);
        output.WriteLine($"publish in quiet: {Percentiles(load, quiet, restarts)}");
        output.WriteLine($"publish during the rolling restart: {Percentiles(load, restarts, ended)}");
    }

    private static string Percentiles(Load load, long from, long to)
    {
        var took = load.Latencies.Where(l => l.Begun >= from && l.Begun < to).Select(static l => l.Took.TotalMilliseconds).Order().ToArray();
        return took.Length == 0 ? "none" : $"{took.Length} publishes, p50 {took[took.Length / 2]:0.0} ms, p99 {took[took.Length * 99 / 100]:0.0} ms, max {took[^1]:0.0} ms";
    }

    [Fact]
    public async Task Restarted_node_takes_its_name_back_at_once()
    {
        await using var cluster = await Cluster.StartAsync(shared.Server, 1, "--set", "Server:PostgresLease=5m");
        await cluster.KillAsync(0);
        await cluster.StartNodeAsync("n0");
        using var http = new HttpClient();
        await Eventually.Until(async () => (await http.GetAsync(new Uri(cluster.Urls[0], "/healthz/ready"))).StatusCode == HttpStatusCode.OK, "the restarted node to be ready");
    }

    [Fact]
    [Trait("parity", "TGT-02")]
    public async Task Hundred_connects_with_one_id_over_three_nodes_have_one_winner()
    {
        var cluster = await shared.ClusterAsync();
        var clients = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => RawSseClient.OpenAsync(cluster.Urls[i % 3], $"/v1/events?client=hundred&instance=i{i}&stream=s")));
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
        var cluster = await shared.ClusterAsync();
        using var http = new HttpClient();
        var clients = new List<RawSseClient>();
        try
        {
            for (var i = 0; i < 3; i++)
            {
                var client = await RawSseClient.OpenAsync(cluster.Urls[i], $"/v1/events?client=c{i}&stream=sends");
                client.Head.Status.ShouldBe(200);
                await client.NextAsync("hub.open");
                clients.Add(client);
            }
            for (var from = 0; from < 3; from++)
            {
                for (var to = 0; to < 3; to++)
                {
                    using var sent = await http.PostAsync(new Uri(cluster.Urls[from], $"/v1/clients/c{to}/events"), new StringContent($"{from}>{to}"));
                    sent.StatusCode.ShouldBe(HttpStatusCode.Accepted, cluster.Output);
                }
                using var unknown = await http.PostAsync(new Uri(cluster.Urls[from], "/v1/clients/nobody/events"), new StringContent("x"));
                unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            }
            for (var to = 0; to < 3; to++)
            {
                var got = new List<string>();
                for (var n = 0; n < 3; n++) got.Add((await clients[to].NextEventAsync()).Data!);
                got.ShouldBe([$"0>{to}", $"1>{to}", $"2>{to}"]);
            }
            using var seen = await http.GetAsync(new Uri(cluster.Urls[0], "/v1/cluster"));
            (await seen.Content.ReadAsStringAsync()).ShouldContain("\"n2\"");
        }
        finally
        {
            foreach (var client in clients) await client.DisposeAsync();
        }
    }
}
