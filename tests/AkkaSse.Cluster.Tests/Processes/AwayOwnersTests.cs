using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Testing;
using AkkaSse.Testing.Processes;

namespace AkkaSse.Cluster.Tests.Processes;

/// <summary>
/// A node stands still, and the others wait for it: what it owns has no owner that answers. Every claim is made while it stands, so it does
/// not matter how long that is.
/// </summary>
[Trait("speed", "slow")]
[Collection(ProcessCollection.Name)]
public sealed class AwayOwnersTests
{
    private const int Streams = 12;

    [Fact]
    public async Task While_owners_are_away_readers_have_their_heads_nothing_begins_at_a_wrong_place_and_lists_name_who_is_missing()
    {
        await using var cluster = await AkkaProcesses.StartAsync(
            3, [.. AkkaProcesses.Patient, "--set", "Hub:OpenTimeout=750ms"]);
        var (here, away) = (cluster.Urls[0], cluster.Nodes[2]);
        string[] streams = [.. Enumerable.Range(0, Streams).Select(static i => $"s{i}")];
        foreach (var stream in streams) await PublishAsync(here, stream, "1");
        await using var client = await RawSseClient.OpenAsync(here, "/v1/events?stream=other");
        var id = (await client.NextAsync("hub.open")).Data!.Split('"')[3];
        // A connection there, which no list can have while its node stands.
        await using var there = await RawSseClient.OpenAsync(away.Url, "/v1/streams/other/events");
        await there.NextAsync("hub.open");

        var readers = new List<RawSseClient>();
        away.Freeze();
        try
        {
            foreach (var stream in streams) readers.Add(await RawSseClient.OpenAsync(here, $"/v1/streams/{stream}/events"));
            readers.ShouldAllBe(static r => r.Head.Status == 200);

            var refused = 0;
            foreach (var stream in streams)
            {
                var made = await RawHttp.PostAsync(here, "/v1/subscriptions", $$"""{"id":"m-{{stream}}","streams":["{{stream}}"]}""");
                if (made.Status == 201) made.Json.GetProperty("positions").GetProperty(stream).GetString()!.ShouldStartWith("1-");
                else (made.Code, made.Header("Retry-After") is not null).ShouldBe(("engine-unavailable", true), made.Text);
                var changed = await RawHttp.SendAsync(
                    here, "PATCH", $"/v1/clients/{Uri.EscapeDataString(id)}/subscriptions",
                    System.Text.Encoding.UTF8.GetBytes($$"""{"add":[{"stream":"{{stream}}","since":"earliest"}]}"""));
                if (changed.Status != 200) changed.Code.ShouldBe("engine-unavailable", changed.Text);
                var asked = await RawHttp.GetAsync(here, $"/v1/streams/{stream}");
                if (asked.Status != 200) asked.Code.ShouldBe("engine-unavailable", asked.Text);
                if (made.Status != 201 && changed.Status != 200 && asked.Status != 200) refused++;
            }
            refused.ShouldBePositive("the node that stands owned some of them");

            foreach (var list in (string[])["/v1/streams", "/v1/clients", "/v1/cluster"])
            {
                var page = (await RawHttp.GetAsync(here, list)).Json;
                page.GetProperty("complete").GetBoolean().ShouldBeFalse(list);
                page.GetProperty("missing").EnumerateArray().Select(static n => n.GetString()).ShouldBe(["n2"], list);
            }
        }
        finally
        {
            away.Thaw();
        }
        try
        {
            // From hub.open on nothing is missed.
            foreach (var reader in readers) (await reader.NextAsync("hub.open")).Data!.ShouldContain("\"head\":1");
            foreach (var stream in streams) await PublishAsync(here, stream, "2");
            foreach (var reader in readers) (await reader.NextEventAsync()).Data.ShouldBe("2");
            await Eventually.Until(
                async () => (await RawHttp.GetAsync(here, "/v1/streams")).Json.GetProperty("complete").GetBoolean(), "a complete list");
        }
        finally
        {
            foreach (var reader in readers) await reader.DisposeAsync();
        }
    }

    private static async Task PublishAsync(Uri node, string stream, string data) => await Eventually.Until(
        async () => (await RawHttp.PostAsync(node, $"/v1/streams/{stream}/events", data)).Status == 202, $"{data} into {stream}");
}
