using System.Net;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Testing;
using AkkaSse.Testing.Processes;
using Xunit.Abstractions;

namespace AkkaSse.Cluster.Tests.Processes;

/// <summary>Real servers, real packets: the path between nodes is cut, clients reach both sides.</summary>
[Trait("speed", "slow")]
[Collection(ProcessCollection.Name)]
public sealed class PartitionTests(ITestOutputHelper output)
{
    private const int Port = 4053;

    [NamespaceFact]
    public async Task Minority_stops_acknowledging_and_after_healing_no_offset_has_two_contents()
    {
        await using var net = await NetworkNamespaces.CreateAsync(3);
        await using var cluster = await StartAsync(net);
        await using var load = new Load(() => cluster.Urls);
        var streams = Enumerable.Range(0, 12).Select(static i => $"s{i}").ToList();
        foreach (var stream in streams)
        {
            await load.ReadAsync(stream, cluster.Urls[0]);
            await load.ReadAsync(stream, cluster.Urls[2]);
        }
        for (var p = 0; p < 4; p++) load.Publish($"p{p}", streams, p, TimeSpan.FromMilliseconds(5));
        await Eventually.Until(
            () => load.Acknowledged > 300, () => $"300 publishes; {load.Acknowledged} were acknowledged\n{cluster.Output}",
            () => load.Acknowledged);

        var cut = TimeProvider.System.GetTimestamp();
        await net.CutAsync(2, 0);
        await net.CutAsync(2, 1);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        await Eventually.Until(async () => await PublishAsync(http, cluster.Urls[2], "probe") is not HttpStatusCode.Accepted,
            "the minority to refuse a publish");
        output.WriteLine($"the minority refused its first publish " +
            $"{TimeProvider.System.GetElapsedTime(cut).TotalSeconds:0.0} s after the cut");
        // Into all streams: some of them were owned here.
        foreach (var stream in streams) (await PublishAsync(http, cluster.Urls[2], stream)).ShouldNotBe(HttpStatusCode.Accepted);
        load.ForgetPauses();
        foreach (var stream in streams)
            await Eventually.Until(async () => await PublishAsync(http, cluster.Urls[0], $"{stream}-probe") is HttpStatusCode.Accepted,
                () => $"the majority to accept publishes\n{cluster.Output}");
        output.WriteLine($"the majority accepted publishes into all streams " +
            $"{TimeProvider.System.GetElapsedTime(cut).TotalSeconds:0.0} s after the cut");
        (await PublishAsync(http, cluster.Urls[2], "s0")).ShouldNotBe(HttpStatusCode.Accepted);

        await net.HealAsync(2, 0);
        await net.HealAsync(2, 1);
        await Eventually.Until(async () => await PublishAsync(http, cluster.Urls[2], "after") is HttpStatusCode.Accepted,
            () => $"the healed node to accept publishes\n{cluster.Output}");
        var seen = await load.FinishAsync(allowOthers: true);
        load.Gaps.ShouldBe(0);
        foreach (var (stream, events) in seen) await load.ReplayAsync(stream, events);
    }

    [NamespaceFact]
    public async Task One_broken_path_removes_one_node_and_no_stream_begins_anew()
    {
        await using var net = await NetworkNamespaces.CreateAsync(3);
        await using var cluster = await StartAsync(net);
        await using var load = new Load(() => cluster.Urls);
        var streams = Enumerable.Range(0, 12).Select(static i => $"s{i}").ToList();
        foreach (var stream in streams) await load.ReadAsync(stream, cluster.Urls[1]);
        for (var p = 0; p < streams.Count; p++) load.Publish($"p{p}", [streams[p]], p, TimeSpan.FromMilliseconds(20));
        await Eventually.Until(
            () => load.Acknowledged > 300, () => $"300 publishes; {load.Acknowledged} were acknowledged\n{cluster.Output}",
            () => load.Acknowledged);

        var cut = TimeProvider.System.GetTimestamp();
        load.ForgetPauses();
        // The second node reaches both.
        await net.CutAsync(0, 2);
        await Eventually.Until(() => cluster.Nodes[1].Output.Contains("was removed from the cluster", StringComparison.Ordinal),
            () => $"a node to be removed\n{cluster.Output}", () => load.Acknowledged);
        output.WriteLine($"one node was removed {TimeProvider.System.GetElapsedTime(cut).TotalSeconds:0.0} s after the cut");
        // The second node hears of a removal first: both of the others would be told of soon after.
        var wanted = streams.ToDictionary(static s => s, s => load.AcknowledgedIn(s) + 10);
        await Eventually.Until(
            () => wanted.All(w => load.AcknowledgedIn(w.Key) >= w.Value),
            () => $"publishes into all streams; none or few into " +
                string.Join(' ', wanted.Where(w => load.AcknowledgedIn(w.Key) < w.Value).Select(static w => w.Key)) +
                $"\n{cluster.Output}",
            () => load.Acknowledged);
        output.WriteLine($"longest time between two acknowledged publishes into one stream {load.LongestPause.TotalSeconds:0.0} s");
        cluster.Nodes[1].Output.Split("was removed from the cluster").Length.ShouldBe(2, "one of the two is enough");
        cluster.Nodes[1].Output.ShouldNotContain("sees a minority", customMessage: "it reaches both");
        cluster.Nodes[0].Output.ShouldNotContain("have removed this one", customMessage: "the lower address stays");

        await net.HealAsync(0, 2);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        await Eventually.Until(async () => await PublishAsync(http, cluster.Urls[2], "after") is HttpStatusCode.Accepted,
            () => $"the healed node to accept publishes\n{cluster.Output}");
        var seen = await load.FinishAsync(allowOthers: true);
        load.Gaps.ShouldBe(0, "no stream began a new epoch");
        foreach (var (stream, events) in seen) await load.ReplayAsync(stream, events);
    }

    private static async Task<NodeCluster> StartAsync(NetworkNamespaces net)
    {
        string[] seeds = [.. Enumerable.Range(0, 3).SelectMany(i => new[] { "--akka-seed", $"{net.AddressOf(i)}:{Port}" })];
        var cluster = new NodeCluster(name =>
        {
            var i = name[1] - '0';
            return new NodeStart(
                ["--urls", $"http://{net.AddressOf(i)}:8080", "--allow-anonymous-network", "--engine", "akka", "--akka-host",
                net.AddressOf(i), "--akka-port", $"{Port}", .. seeds]) { Prefix = net.PrefixOf(i) };
        });
        await cluster.StartAsync(3);
        return cluster;
    }

    // Without a key: what is answered is what has happened.
    private static async Task<HttpStatusCode> PublishAsync(HttpClient http, Uri node, string stream)
    {
        using var answer = await http.PostAsync(
            new Uri(node, $"/v1/streams/{stream}/events"), new StringContent($"probe {Guid.NewGuid()}"));
        return answer.StatusCode;
    }
}
