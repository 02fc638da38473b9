using System.Net;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Engine.Specs;
using AkkaSse.Testing;
using AkkaSse.Testing.Processes;
using Xunit.Abstractions;

namespace AkkaSse.Cluster.Tests.Processes;

/// <summary>Three and five servers, all real processes on loopback, with the downing settings of production.</summary>
public sealed class ClusterProcessTests(ITestOutputHelper output) : ProcessSpecs
{
    protected override Task<NodeCluster> StartAsync(int nodes, params string[] arguments) => AkkaProcesses.StartAsync(nodes, arguments);

    [Fact]
    public async Task Killed_owner_loses_nothing_and_its_streams_go_on_and_replay()
    {
        await using var cluster = await StartAsync(5);
        await using var load = new Load(() => cluster.Urls);
        var streams = Enumerable.Range(0, 20).Select(static i => $"s{i}").ToList();
        foreach (var stream in streams) await load.ReadAsync(stream, cluster.Urls[^1]);
        // One publisher per stream: its pauses are those of the stream. Five nodes own some of twenty streams each.
        for (var p = 0; p < streams.Count; p++) load.Publish($"p{p}", [streams[p]], p, TimeSpan.FromMilliseconds(10));
        await Eventually.Until(() => load.Acknowledged > 400, () => $"400 publishes; {load.Acknowledged} were acknowledged\n{cluster.Output}");
        for (var round = 0; round < (Soak ? 10 : 1); round++)
        {
            load.ForgetPauses();
            // The oldest: its place among the seeds and its coordinators go with it.
            var name = cluster.Nodes[0].Name;
            await cluster.KillAsync(0);
            var then = load.Acknowledged;
            await Eventually.Until(() => load.Acknowledged > then + 1_000 && load.QuietFor < TimeSpan.FromSeconds(1), () => $"publishes into all streams after the kill; {load.Acknowledged - then} came\n{cluster.Output}", TimeSpan.FromSeconds(60));
            output.WriteLine($"SIGKILL of {name}: longest time between two acknowledged publishes into one stream {load.LongestPause.TotalSeconds:0.0} s");
            if (!Soak) break;
            await cluster.StartNodeAsync(name);
            await cluster.ReadyAsync();
        }
        var seen = await load.FinishAsync();
        load.Gaps.ShouldBe(0);
        foreach (var (stream, events) in seen) await load.ReplayAsync(stream, events);
    }

    [Fact]
    public async Task Joining_nodes_take_over_shards_under_load_and_nothing_is_lost()
    {
        await using var cluster = await StartAsync(3);
        await using var load = new Load(() => cluster.Urls);
        var streams = Enumerable.Range(0, 30).Select(static i => $"s{i}").ToList();
        foreach (var stream in streams) await load.ReadAsync(stream, cluster.Urls[stream.Length % 3]);
        for (var p = 0; p < 6; p++) load.Publish($"p{p}", streams, p, TimeSpan.FromMilliseconds(2));
        await Eventually.Until(() => load.Acknowledged > 300, () => $"300 publishes; {load.Acknowledged} were acknowledged\n{cluster.Output}");
        await cluster.StartNodeAsync("n3");
        await cluster.StartNodeAsync("n4");
        await cluster.ReadyAsync();
        // Rebalancing begins some seconds after the join.
        var rounds = Soak ? 20_000 : 2_000;
        var then = load.Acknowledged;
        await Eventually.Until(() => load.Acknowledged > then + rounds, () => $"{rounds} publishes after the join; {load.Acknowledged - then} came\n{cluster.Output}", TimeSpan.FromMinutes(3));
        await load.FinishAsync();
        (load.Reconnects, load.Gaps).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData("--no-page")]
    [InlineData("--no-inline")]
    public async Task Restarted_node_takes_its_name_back_at_once(string option)
    {
        await using var cluster = await StartAsync(2, option);
        await cluster.KillAsync(1);
        await cluster.StartNodeAsync("n1");
        using var http = new HttpClient();
        await Eventually.Until(async () => (await http.GetAsync(new Uri(cluster.Urls[1], "/healthz/ready"))).StatusCode == HttpStatusCode.OK, () => $"the restarted node to be ready\n{cluster.Output}");
        (await http.GetStringAsync(new Uri(cluster.Urls[0], "/v1/cluster"))).ShouldContain("\"n1\"");
    }
}
