using System.Net;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Testing;
using AkkaSse.Testing.Processes;
using Xunit.Abstractions;

namespace AkkaSse.Cluster.Tests.Processes;

/// <summary>
/// Two and five servers, all real processes on loopback, with the downing settings of production: nodes are killed, join and come back
/// under load.
/// </summary>
[Trait("speed", "slow")]
[Collection(ProcessCollection.Name)]
public sealed class MovingOwnersTests(ITestOutputHelper output)
{
    private static readonly bool Soak = Environment.GetEnvironmentVariable("AKKASSE_SOAK") is not null;

    // One cluster for both: five processes take 25 s of processor time to start.
    [Fact]
    public async Task Joining_nodes_and_a_killed_owner_lose_nothing_and_all_streams_go_on_and_replay()
    {
        await using var cluster = await AkkaProcesses.StartAsync(3, extra: 2);
        await using var load = new Load(() => cluster.Urls);
        var streams = Enumerable.Range(0, 20).Select(static i => $"s{i}").ToList();
        foreach (var (i, stream) in streams.Index()) await load.ReadAsync(stream, cluster.Urls[i % 3]);
        // One publisher per stream: its pauses are those of the stream.
        for (var p = 0; p < streams.Count; p++) load.Publish($"p{p}", [streams[p]], p, TimeSpan.FromMilliseconds(10));
        await Eventually.Until(
            () => load.Acknowledged > 400, () => $"400 publishes; {load.Acknowledged} were acknowledged\n{cluster.Output}",
            () => load.Acknowledged);

        load.ForgetPauses();
        await Task.WhenAll(cluster.StartNodeAsync("n3"), cluster.StartNodeAsync("n4"));
        await cluster.ReadyAsync();
        var moved = Soak ? 20_000 : 1_000;
        var joined = load.Acknowledged;
        await Eventually.Until(
            () => load.Acknowledged > joined + moved,
            () => $"{moved} publishes after the join; {load.Acknowledged - joined} came\n{cluster.Output}", () => load.Acknowledged);
        output.WriteLine($"two nodes joined: longest time between two acknowledged publishes into one stream " +
            $"{load.LongestPause.TotalSeconds:0.0} s, {load.Refused} publishes refused");
        (load.Reconnects, load.Gaps).ShouldBe((0, 0), cluster.Output);

        for (var round = 0; round < (Soak ? 10 : 1); round++)
        {
            load.ForgetPauses();
            // The oldest: its place among the seeds and its coordinators go with it.
            var name = cluster.Nodes[0].Name;
            await cluster.KillAsync(0);
            var then = load.Acknowledged;
            // Ten each: one may have been on its way.
            var wanted = streams.ToDictionary(static s => s, s => load.AcknowledgedIn(s) + 10);
            using var calm = new CancellationTokenSource();
            var asking = AskAsync(() => cluster.Urls, streams, calm.Token);
            await Eventually.Until(
                () => load.Acknowledged > then + 1_000 && wanted.All(w => load.AcknowledgedIn(w.Key) >= w.Value),
                () => $"publishes into all streams after the kill; {load.Acknowledged - then} came, none or few into " +
                    string.Join(' ', wanted.Where(w => load.AcknowledgedIn(w.Key) < w.Value).Select(static w => w.Key)) +
                    $"\n{cluster.Output}",
                () => load.Acknowledged);
            await calm.CancelAsync();
            var answers = await asking;
            answers.Keys.ShouldBeSubsetOf(
                [HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable], "a stream without an owner is not missing");
            var counts = string.Join(", ", answers.Select(static a => $"{a.Value} x {(int)a.Key}"));
            output.WriteLine($"SIGKILL of {name}: {counts} for questions about the streams");
            output.WriteLine($"SIGKILL of {name}: longest time between two acknowledged publishes into one stream " +
                $"{load.LongestPause.TotalSeconds:0.0} s");
            if (!Soak) break;
            await cluster.StartNodeAsync(name);
            await cluster.ReadyAsync();
        }
        var seen = await load.FinishAsync();
        load.Gaps.ShouldBe(0, cluster.Output);
        foreach (var (stream, events) in seen) await load.ReplayAsync(stream, events);
    }

    // For each stream one after the other: is it there, and what is its history?
    private static async Task<Dictionary<HttpStatusCode, int>> AskAsync(
        Func<IReadOnlyList<Uri>> nodes, IReadOnlyList<string> streams, CancellationToken end)
    {
        using var http = new HttpClient();
        var answers = new Dictionary<HttpStatusCode, int>();
        await Parallel.ForEachAsync(streams, new ParallelOptions
        {
            MaxDegreeOfParallelism = streams.Count,
            CancellationToken = CancellationToken.None,
        }, async (stream, _) =>
        {
            for (var i = 0; !end.IsCancellationRequested; i++)
            {
                var urls = nodes();
                var path = i % 2 == 0 ? $"/v1/streams/{stream}" : $"/v1/streams/{stream}/history?limit=1";
                using var answer = await http.GetAsync(new Uri(urls[i % urls.Count], path), CancellationToken.None);
                lock (answers) answers[answer.StatusCode] = answers.GetValueOrDefault(answer.StatusCode) + 1;
                await Task.Delay(200, CancellationToken.None);
            }
        });
        return answers;
    }

    [Fact]
    public async Task First_seed_that_comes_back_while_the_others_are_too_busy_to_answer_begins_no_second_cluster()
    {
        await using var cluster = await AkkaProcesses.StartAsync(3, AkkaProcesses.Patient);
        await using var load = new Load(() => cluster.Urls);
        for (var i = 1; i < 3; i++) await load.ReadAsync("s", cluster.Urls[i]);
        var random = new Random(1);
        await load.PublishAsync("s", "before", random);
        (await cluster.StopAsync(0)).ShouldBe(0);
        var others = cluster.Nodes;
        foreach (var node in others) node.Freeze();
        try
        {
            await cluster.StartNodeAsync("n0");
            await Eventually.Until(
                () => cluster.Nodes[2].Output.Contains("1 of 3 seeds have answered that they are in none, 2", StringComparison.Ordinal),
                () => $"the first seed to wait for the others\n{cluster.Nodes[2].Output}");
        }
        finally
        {
            foreach (var node in others) node.Thaw();
        }
        await cluster.ReadyAsync();
        cluster.Nodes[2].Output.ShouldNotContain("begins a new cluster");
        await load.ReadAsync("s", cluster.Urls[2]);
        for (var i = 0; i < 20; i++) await load.PublishAsync("s", $"after {i}", random);
        await load.FinishAsync();
        load.Gaps.ShouldBe(0);
    }

    [Fact]
    public async Task Restarted_node_takes_its_name_back_at_once()
    {
        await using var cluster = await AkkaProcesses.StartAsync(2);
        await cluster.KillAsync(1);
        await cluster.StartNodeAsync("n1");
        using var http = new HttpClient();
        await Eventually.Until(
            async () => (await http.GetAsync(new Uri(cluster.Urls[1], "/healthz/ready"))).StatusCode == HttpStatusCode.OK,
            () => $"the restarted node to be ready\n{cluster.Output}");
        (await http.GetStringAsync(new Uri(cluster.Urls[0], "/v1/cluster"))).ShouldContain("\"n1\"");
    }
}
