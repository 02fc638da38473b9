using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Samples.Tests;

[Trait("speed", "slow")]
public sealed class AkkaActorsTests
{
    [Fact]
    public async Task Actors_of_an_application_publish_and_read_over_two_processes()
    {
        var port = FreePort.Next();
        var sample = BuildOutput.Program("samples/AkkaActors", "AkkaActors");
        var (process1, url1) = await ProgramProcess.ListenAsync(sample, ["--urls", "http://127.0.0.1:0", "--akka", $"{port}"]);
        await using var first = process1;
        var (process2, url2) = await ProgramProcess.ListenAsync(
            sample, ["--urls", "http://127.0.0.1:0", "--akka", $"{FreePort.Next()}", "--seed", $"127.0.0.1:{port}"]);
        await using var second = process2;
        using var http1 = new HttpClient { BaseAddress = url1 };
        using var http2 = new HttpClient { BaseAddress = url2 };
        foreach (var http in new[] { http1, http2 })
        {
            await Eventually.Until(
                async () => (await http.GetStringAsync("/v1/cluster")).Split("\"up\"").Length == 3,
                () => $"both nodes to be up\n{first.Output}\n{second.Output}");
        }

        await using var reader = await StreamReading.OpenAsync(http1, "/v1/streams/parcels/events", null);
        await reader.NextAsync("hub.open");
        var nodes = new HashSet<string>();
        for (var i = 0; i < 40; i++)
        {
            // A moving shard may refuse a scan: the client scans again.
            await Eventually.Until(
                async () =>
                {
                    var answer = await http2.PostAsync($"/parcels/p{i}/scans?place=Oslo-{i}", null);
                    if (!answer.IsSuccessStatusCode) return false;
                    var scanned = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
                    nodes.Add(scanned.GetProperty("node").GetString()!);
                    return scanned.GetProperty("scans").GetInt32() > 0;
                },
                () => $"parcel {i} to be scanned\n{first.Output}\n{second.Output}");
        }
        // Entities of both nodes published through the hub, and what crossed between them were messages of the application.
        nodes.Count.ShouldBe(2);
        var seen = new HashSet<string>();
        while (seen.Count < 40) seen.Add((await reader.NextAsync("scan")).Data!);
        seen.ShouldContain("p39 Oslo-39");
        foreach (var http in new[] { http1, http2 })
        {
            await Eventually.Until(
                async () => (await http.GetStringAsync("/board")).Split("Oslo-").Length == 41,
                () => $"the boards to show all parcels\n{first.Output}\n{second.Output}");
        }
    }
}
