using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Testing;
using AkkaSse.Testing.Processes;
using Xunit.Abstractions;

namespace AkkaSse.Postgres.Tests.Processes;

/// <summary>The database goes away under load, and always comes back: the nodes serve one test after the other, as they have to.</summary>
[Trait("speed", "slow")]
public sealed class DatabaseOutageTests(EndedServer ended, ITestOutputHelper output) : IClassFixture<EndedServer>
{
    private readonly PostgresServer _server = ended.Server;

    [Fact]
    public async Task Stopped_database_keeps_readers_refuses_publishes_fast_and_loses_nothing()
    {
        var cluster = await ended.ClusterAsync();
        await using var load = await LoadedAsync(cluster, "stopped");
        await using var client = await RawSseClient.OpenAsync(cluster.Urls[0], "/v1/events?client=c&stream=other");
        await client.NextAsync("hub.open");
        (await RawHttp.PostAsync(cluster.Urls[0], "/v1/subscriptions", """{"id":"m","streams":["stopped-1"]}""")).Status.ShouldBe(201);
        await _server.StopAsync();
        try
        {
            // All of them while the server is away: none has waited for it to come back.
            await Eventually.Until(() => load.Refused > 20, () => $"refused publishes\n{cluster.Output}", () => load.Refused);
            // What nobody can know is not said to be absent; the node that holds the client's connection needs nobody's word for it.
            foreach (var (i, node) in cluster.Urls.Index())
            {
                string[] unknown = ["/v1/streams", "/v1/streams/stopped-1", "/v1/streams/stopped-1/history", "/v1/clients",
                    "/v1/subscriptions/m", "/v1/subscriptions/m/events"];
                foreach (var target in unknown) (await RawHttp.GetAsync(node, target)).Code.ShouldBe("engine-unavailable", target);
                (await RawHttp.PostAsync(
                    node, "/v1/subscriptions", """{"id":"m2","streams":["stopped-1"]}""")).Code.ShouldBe("engine-unavailable");
                (await RawHttp.PostAsync(node, "/v1/clients/c/events", "meanwhile")).Status.ShouldBe(i == 0 ? 202 : 503);
                (await RawHttp.GetAsync(node, "/v1/clients/c")).Status.ShouldBe(i == 0 ? 200 : 503);
            }
            // The issue's 10 s in a soak; else the outage is as long as it takes to see refusals.
            if (Soak.Full) await Task.Delay(TimeSpan.FromSeconds(10));
        }
        finally
        {
            // The tests after this one need it.
            await _server.StartAsync();
        }
        await GoesOnAsync(load, cluster);
        await load.FinishAsync();
        (load.Reconnects, load.Gaps).ShouldBe((0, 0));
        (await RawHttp.PostAsync(cluster.Urls[1], "/v1/clients/c/events", "after")).Status.ShouldBe(202);
        (await client.NextEventAsync()).Data.ShouldBe("meanwhile");
        (await client.NextEventAsync()).Data.ShouldBe("after");
        output.WriteLine($"{load.Refused} publishes refused, the slowest after {load.SlowestRefusal.TotalMilliseconds:0} ms");
    }

    [Fact]
    public async Task Frozen_database_refuses_publishes_and_loses_nothing_when_it_goes_on()
    {
        var cluster = await ended.ClusterAsync();
        await using var load = await LoadedAsync(cluster, "frozen");
        for (var round = 0; round < Soak.Of(5, 1); round++)
        {
            var refused = load.Refused;
            _server.Freeze();
            try
            {
                await Eventually.Until(() => load.Refused > refused + 40, () => $"refused publishes\n{cluster.Output}", () => load.Refused);
            }
            finally
            {
                _server.Thaw();
            }
            await GoesOnAsync(load, cluster);
        }
        await load.FinishAsync();
        (load.Reconnects, load.Gaps).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Publishes_behind_one_without_an_answer_are_refused_long_before_their_time_is_over(bool frozen)
    {
        // One event per commit: one is under way, the others wait. Their own time is twice what the test waits.
        await using var harness = new PostgresHarness(
            _server, change: static o => new PostgresOptions { ConnectionString = o.ConnectionString, BatchEvents = 1, Appenders = 1 });
        await using var node = await harness.StartNodeAsync(configure: static o => o.PublishTimeout = Eventually.Deadline * 2);
        await node.AppendAsync("s", "first");
        if (frozen) _server.Freeze();
        var publishes = Enumerable.Range(0, 200).Select(i => node.AppendAsync("s", $"{i}")).ToArray();
        if (!frozen) await _server.StopAsync();
        try
        {
            // All but the one whose answer may still come.
            await Eventually.Until(() => publishes.Count(static p => p.IsCompleted) >= publishes.Length - 1,
                () => $"answers; {publishes.Count(static p => p.IsCompleted)} came\n{string.Join('\n', harness.Log.Lines)}");
            // And what comes now is refused at once.
            (await Eventually.Within(node.AppendAsync("s", "meanwhile"), "an answer")).Status.ShouldBe(Hub.PublishStatus.Unavailable);
        }
        finally
        {
            if (frozen) _server.Thaw();
            else await _server.StartAsync();
        }
        var results = await Eventually.Within(Task.WhenAll(publishes), "the one under way");
        results.ShouldAllBe(static r => r.Status == Hub.PublishStatus.Accepted || r.Status == Hub.PublishStatus.Unavailable);
        if (frozen) results.Count(static r => r.Status == Hub.PublishStatus.Unavailable).ShouldBeGreaterThanOrEqualTo(publishes.Length - 1);
        await Eventually.Until(
            async () => (await node.AppendAsync("s", "last")).Status == Hub.PublishStatus.Accepted, "the database to be back");
        (await node.ReadAllAsync("s")).ShouldBe(
            ["first", .. results.Index().Where(static r => r.Item.Status == Hub.PublishStatus.Accepted).Select(static r => $"{r.Index}"),
            "last"]);
    }

    [Fact]
    public async Task Killed_database_loses_nothing_that_was_acknowledged()
    {
        var cluster = await ended.ClusterAsync();
        await using var load = await LoadedAsync(cluster, "killed");
        for (var round = 0; round < Soak.Of(10, 2); round++)
        {
            await _server.KillAsync();
            await _server.StartAsync();
            await GoesOnAsync(load, cluster);
        }
        await load.FinishAsync();
        (load.Reconnects, load.Gaps).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Terminated_connections_under_load_lose_nothing()
    {
        var cluster = await ended.ClusterAsync();
        await using var load = await LoadedAsync(cluster, "terminated");
        for (var i = 0; i < 20; i++)
        {
            var before = load.Acknowledged;
            await _server.TerminateConnectionsAsync(cluster.Database);
            await Eventually.Until(
                () => load.Acknowledged > before + 5, () => $"publishes after termination {i}\n{cluster.Output}", () => load.Acknowledged);
        }
        await load.FinishAsync();
        (load.Reconnects, load.Gaps).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Killed_database_with_asynchronous_commit_begins_a_new_epoch_that_readers_are_told()
    {
        var cluster = await ended.ClusterAsync(synchronous: false);
        await using var reader = await RawSseClient.OpenAsync(cluster.Urls[1], "/v1/streams/told/events");
        await reader.NextAsync("hub.open");
        using var http = new HttpClient();
        (await http.PostAsync(new Uri(cluster.Urls[0], "/v1/streams/told/events"), new StringContent("1"))).EnsureSuccessStatusCode();
        var before = await reader.NextEventAsync();
        await _server.KillAsync();
        await _server.StartAsync();
        await Eventually.Until(
            async () => (await http.PostAsync(
            new Uri(cluster.Urls[0], "/v1/streams/told/events"), new StringContent("2"))).IsSuccessStatusCode, "the database to be back");
        (await reader.NextAsync("hub.gap")).Data!.ShouldContain("epoch-changed");
        RawBlock after;
        do after = await reader.NextEventAsync();
        while (after.Data != "2");
        after.Id!.Split('-')[1].ShouldNotBe(before.Id!.Split('-')[1]);
    }

    [Fact]
    public async Task Killed_database_with_asynchronous_commit_gives_no_position_two_contents()
    {
        var cluster = await ended.ClusterAsync(synchronous: false);
        await using var load = await LoadedAsync(cluster, "asynchronous");
        // The same streams from the other node too.
        foreach (var stream in load.Streams) await load.ReadAsync(stream, cluster.Urls[1]);
        for (var round = 0; round < Soak.Of(10, 2); round++)
        {
            await _server.KillAsync();
            await _server.StartAsync();
            await GoesOnAsync(load, cluster);
            // Each: a reader that is told of the next epoch before it hears of this one is told once.
            var told = load.Readers * (round + 1);
            await Eventually.Until(
                () => load.Gaps >= told, () => $"every reader to be told of the new epoch; {load.Gaps} of {told} were", () => load.Gaps);
        }
        var contents = new Dictionary<(string Stream, string Id), string>();
        foreach (var (stream, seen) in await load.StopAsync())
        {
            foreach (var (id, data) in seen)
            {
                if (!contents.TryAdd((stream, id), data)) contents[(stream, id)].ShouldBe(data, $"{stream} {id}");
            }
            foreach (var epoch in seen.GroupBy(static s => s.Id.Split('-')[1]))
                epoch.Select(static s => long.Parse(s.Id.Split('-')[0], null)).ShouldBeInOrder();
        }
        load.Reconnects.ShouldBe(0);
        load.Gaps.ShouldBe(load.Readers * Soak.Of(10, 2), "every reader is told of every new epoch");
    }

    [Fact]
    public async Task Standby_that_was_promoted_begins_new_epochs_and_keeps_what_it_has()
    {
        var cluster = await ended.ClusterAsync();
        await using var reader = await RawSseClient.OpenAsync(cluster.Urls[1], "/v1/streams/standby/events");
        await reader.NextAsync("hub.open");
        (await RawHttp.PostAsync(cluster.Urls[0], "/v1/streams/standby/events", "1")).Status.ShouldBe(202);
        var before = await reader.NextEventAsync();
        await _server.CopyAsync();
        // After the copy: the standby does not have it.
        (await RawHttp.PostAsync(cluster.Urls[0], "/v1/streams/standby/events", "lost")).Status.ShouldBe(202);
        var lost = await reader.NextEventAsync();
        await _server.KillAsync();
        await _server.StartCopyAsync();
        (await reader.NextAsync("hub.gap")).Data!.ShouldContain("epoch-changed");
        (await reader.NextEventAsync()).Data.ShouldBe("1", "what is retained comes again, under the new epoch");
        await Eventually.Until(async () => (await RawHttp.PostAsync(cluster.Urls[0], "/v1/streams/standby/events", "2")).Status == 202,
            () => $"publishes to the new primary\n{cluster.Output}");
        var after = await reader.NextEventAsync();
        after.Data.ShouldBe("2");
        after.Id!.Split('-')[0].ShouldBe(lost.Id!.Split('-')[0], "the number that was lost is given again");
        after.Id.Split('-')[1].ShouldNotBe(before.Id!.Split('-')[1], "in another epoch");
    }

    private static async Task<Load> LoadedAsync(Cluster cluster, string name)
    {
        var load = new Load(() => cluster.Urls);
        var streams = Enumerable.Range(0, 10).Select(i => $"{name}-{i}").ToList();
        foreach (var (i, stream) in streams.Index()) await load.ReadAsync(stream, cluster.Urls[i % 2]);
        for (var p = 0; p < 4; p++) load.Publish($"p{p}", streams, p, TimeSpan.FromMilliseconds(2));
        await Eventually.Until(() => load.Acknowledged > 200, () => $"200 publishes\n{cluster.Output}", () => load.Acknowledged);
        return load;
    }

    private static async Task GoesOnAsync(Load load, Cluster cluster)
    {
        var then = load.Acknowledged;
        await Eventually.Until(
            () => load.Acknowledged > then + 200,
            () => $"200 publishes after the outage; {load.Acknowledged - then} came\n{cluster.Output}", () => load.Acknowledged);
    }
}

/// <summary>A server that the tests end, and nodes on it that outlive that.</summary>
public sealed class EndedServer : IAsyncLifetime
{
    private readonly Dictionary<bool, Cluster> _clusters = [];

    public PostgresServer Server { get; private set; } = null!;

    /// <summary>Two nodes that are ready.</summary>
    internal async Task<Cluster> ClusterAsync(bool synchronous = true)
    {
        if (!_clusters.TryGetValue(synchronous, out var cluster))
            _clusters[synchronous] = cluster = await Cluster.StartAsync(
                Server, 2, "--set", $"Postgres:SynchronousCommit={(synchronous ? "true" : "false")}");
        await cluster.Nodes.ReadyAsync();
        return cluster;
    }

    public async Task InitializeAsync() => Server = await PostgresServer.StartNewAsync();

    public async Task DisposeAsync()
    {
        foreach (var cluster in _clusters.Values) await cluster.DisposeAsync();
        await Server.DisposeAsync();
    }
}
