using AkkaSse.Storage.Tests.Support;
using AkkaSse.Testing;
using AkkaSse.Testing.Processes;
using Xunit.Abstractions;

namespace AkkaSse.Storage.Tests.Processes;

/// <summary>The executable with a data directory, killed in the middle of its work.</summary>
/// <param name="output">Told the seed.</param>
[Trait("speed", "slow")]
public sealed class KilledServerTests(ITestOutputHelper output) : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly int _port = FreePort.Next();

    private Uri Url => new($"http://127.0.0.1:{_port}");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("always")]
    [InlineData("interval")]
    [InlineData("os")]
    [Trait("parity", "RPL-14")]
    public async Task Killed_server_loses_nothing_that_was_acknowledged_and_readers_see_no_gap(string sync)
    {
        var random = new Random(TestSeed.Value);
        output.WriteLine($"seed {TestSeed.Value}");
        var node = await StartAsync("--sync", sync);
        await using var load = new Load(() => [Url]);
        try
        {
            var streams = Enumerable.Range(0, 6).Select(static i => $"s{i}").ToList();
            foreach (var stream in streams) await load.ReadAsync(stream, Url);
            for (var p = 0; p < 6; p++) load.Publish($"p{p}", streams, p);
            for (var kill = 0; kill < Soak.Of(200, 4); kill++)
            {
                var then = load.Acknowledged + random.Next(20, 300);
                await Eventually.Until(() => load.Acknowledged > then,
                    () => $"{then} publishes before kill {kill}; {load.Acknowledged} were acknowledged\n{node.Output}",
                    () => load.Acknowledged);
                await node.KillAsync();
                await node.DisposeAsync();
                node = await StartAsync("--sync", sync);
            }
            var seen = await load.FinishAsync();
            (load.Gaps, load.Reconnects >= streams.Count).ShouldBe((0, true));
            await node.KillAsync();
            await node.DisposeAsync();
            node = await StartAsync("--sync", sync);
            foreach (var (stream, events) in seen) await load.ReplayAsync(stream, events);
        }
        finally
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task Everything_that_a_client_may_hold_goes_on_after_a_kill()
    {
        string id, managed, position;
        await using (var node = await StartAsync())
        {
            var options = """{"maxEvents":5,"ids":"caller"}"""u8.ToArray();
            (await RawHttp.SendAsync(Url, "PUT", "/v1/streams/kept", options, "Content-Type: application/json")).Status.ShouldBe(201);
            (await RawHttp.PostAsync(Url, "/v1/subscriptions", """{"id":"m","streams":["a","b"]}""")).Status.ShouldBe(201);
            foreach (var stream in new[] { "a", "b" })
                (await RawHttp.PostAsync(Url, $"/v1/streams/{stream}/events", $"{stream}1", "Idempotency-Key: k")).Status.ShouldBe(202);
            await using var reader = await RawSseClient.OpenAsync(Url, "/v1/events?stream=a&stream=b&since=earliest&client=c&instance=i");
            await reader.NextEventAsync();
            id = (await reader.NextEventAsync()).Id!;
            await using var one = await RawSseClient.OpenAsync(Url, "/v1/streams/a/events?since=earliest");
            position = (await one.NextEventAsync()).Id!;
            await using var subscription = await RawSseClient.OpenAsync(Url, "/v1/subscriptions/m/events?since=earliest");
            managed = (await subscription.NextEventAsync()).Data!;
            (await RawHttp.SendAsync(Url, "DELETE", "/v1/clients/c?reconnect=false")).Status.ShouldBe(204);
            await node.KillAsync();
        }
        await using (await StartAsync())
        {
            var repeated = await RawHttp.PostAsync(Url, "/v1/streams/a/events", "a1", "Idempotency-Key: k");
            repeated.Json.GetProperty("duplicate").GetBoolean().ShouldBeTrue();
            (await RawHttp.PostAsync(Url, "/v1/streams/a/events", "other", "Idempotency-Key: k")).Status.ShouldBe(422);
            var kept = (await RawHttp.GetAsync(Url, "/v1/streams/kept")).Json.GetProperty("options");
            (kept.GetProperty("maxEvents").GetInt32(), kept.GetProperty("ids").GetString()).ShouldBe((5, "caller"));
            (await RawHttp.GetAsync(Url, "/v1/events?stream=a&client=c&instance=i")).Status.ShouldBe(204);
            foreach (var stream in new[] { "a", "b" })
                (await RawHttp.PostAsync(Url, $"/v1/streams/{stream}/events", $"{stream}2")).Status.ShouldBe(202);
            await using var both = await RawSseClient.OpenAsync(Url, "/v1/events?stream=a&stream=b", $"Last-Event-ID: {id}");
            await ShouldBeNextAsync(both, "a2", "b2");
            await using var one = await RawSseClient.OpenAsync(Url, "/v1/streams/a/events", $"Last-Event-ID: {position}");
            await ShouldBeNextAsync(one, "a2");
            managed.ShouldBeOneOf("a1", "b1");
            (await RawHttp.GetAsync(Url, "/v1/subscriptions/none/events")).Status.ShouldBe(404);
            await using var subscription = await RawSseClient.OpenAsync(Url, "/v1/subscriptions/m/events");
            subscription.Head.Status.ShouldBe(200);
        }
    }

    [Fact]
    public async Task Second_process_on_a_directory_is_refused_and_told_why()
    {
        await using var first = await StartAsync();
        var (code, said) = await NodeProcess.RunAsync("second", new NodeStart("--urls", "http://127.0.0.1:0", "--data", _directory.Path));
        code.ShouldNotBe(0);
        said.ShouldContain($"is in use by the process {first.Pid}");
        said.ShouldContain("--data");
    }

    [Fact]
    public async Task Server_without_a_directory_says_how_events_are_kept()
    {
        await using var node = await NodeProcess.StartAsync("memory", new NodeStart("--urls", "http://127.0.0.1:0"));
        await Eventually.Until(() => node.Lines.Any(static l => l.Contains("--data DIR")), () => $"the line about memory\n{node.Output}");
    }

    private static async Task ShouldBeNextAsync(RawSseClient reader, params string[] data)
    {
        var seen = new List<string>();
        while (seen.Count < data.Length)
        {
            var block = (await reader.NextAsync())!;
            block.Type.ShouldNotBe("hub.gap");
            if (block.Type is null && block.Data is { } text) seen.Add(text);
        }
        seen.ShouldBe(data, ignoreOrder: true);
    }

    private async Task<NodeProcess> StartAsync(params string[] arguments) =>
        await NodeProcess.StartAsync("n", new NodeStart(["--urls", $"http://127.0.0.1:{_port}", "--data", _directory.Path, .. arguments]));
}
