using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Testing;
using AkkaSse.Testing.Processes;

namespace AkkaSse.Postgres.Tests.Processes;

/// <summary>The database goes away under load; each test has one of its own.</summary>
public sealed class DatabaseOutageTests : IAsyncLifetime
{
    // The 10 s in a soak; here the outage is as long as it takes to see refused publishes.
    private static readonly bool s_soak = Environment.GetEnvironmentVariable("AKKASSE_SOAK") is not null;

    private PostgresServer _server = null!;

    public async Task InitializeAsync() => _server = await PostgresServer.StartNewAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Stopped_database_keeps_readers_refuses_publishes_fast_and_loses_nothing()
    {
        await using var cluster = await Cluster.StartAsync(_server, 2);
        await using var load = await LoadedAsync(cluster);
        await _server.StopAsync();
        await Eventually.Until(() => load.Refused > 20, () => $"refused publishes\n{cluster.Output}");
        if (s_soak) await Task.Delay(TimeSpan.FromSeconds(10));
        await _server.StartAsync();
        await GoesOnAsync(load, cluster);
        await load.FinishAsync();
        (load.Reconnects, load.Gaps).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Killed_database_loses_nothing_that_was_acknowledged()
    {
        await using var cluster = await Cluster.StartAsync(_server, 2);
        await using var load = await LoadedAsync(cluster);
        for (var round = 0; round < (s_soak ? 10 : 2); round++)
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
        await using var cluster = await Cluster.StartAsync(_server, 2);
        await using var load = await LoadedAsync(cluster);
        for (var i = 0; i < 20; i++)
        {
            var before = load.Acknowledged;
            await _server.TerminateConnectionsAsync(cluster.Database);
            await Eventually.Until(() => load.Acknowledged > before + 5, () => $"publishes after termination {i}\n{cluster.Output}");
        }
        await load.FinishAsync();
        (load.Reconnects, load.Gaps).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Killed_database_with_asynchronous_commit_begins_a_new_epoch_that_readers_are_told()
    {
        await using var cluster = await Cluster.StartAsync(_server, 2, "--set", "Server:PostgresSynchronousCommit=false");
        await using var reader = await RawSseClient.OpenAsync(cluster.Urls[1], "/v1/streams/s/events");
        await reader.NextAsync("hub.open");
        using var http = new HttpClient();
        (await http.PostAsync(new Uri(cluster.Urls[0], "/v1/streams/s/events"), new StringContent("1"))).EnsureSuccessStatusCode();
        var before = await reader.NextEventAsync();
        await _server.KillAsync();
        await _server.StartAsync();
        await Eventually.Until(async () => (await http.PostAsync(new Uri(cluster.Urls[0], "/v1/streams/s/events"), new StringContent("2"))).IsSuccessStatusCode, "the database to be back");
        (await reader.NextAsync("hub.gap")).Data!.ShouldContain("epoch-changed");
        RawBlock after;
        do after = await reader.NextEventAsync();
        while (after.Data != "2");
        after.Id!.Split('-')[1].ShouldNotBe(before.Id!.Split('-')[1]);
    }

    private static async Task<Load> LoadedAsync(Cluster cluster)
    {
        var load = new Load(() => cluster.Urls);
        var streams = Enumerable.Range(0, 10).Select(static i => $"s{i}").ToList();
        foreach (var stream in streams) await load.ReadAsync(stream, cluster.Urls[stream.Length % 2]);
        for (var p = 0; p < 4; p++) load.Publish($"p{p}", streams, p, TimeSpan.FromMilliseconds(2));
        await Eventually.Until(() => load.Acknowledged > 200, () => $"200 publishes\n{cluster.Output}");
        return load;
    }

    private static async Task GoesOnAsync(Load load, Cluster cluster)
    {
        var then = load.Acknowledged;
        await Eventually.Until(() => load.Acknowledged > then + 200, () => $"200 publishes after the outage; {load.Acknowledged - then} came\n{cluster.Output}", TimeSpan.FromSeconds(60));
    }
}
