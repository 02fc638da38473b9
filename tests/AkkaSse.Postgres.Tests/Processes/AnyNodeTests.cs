using System.Text;
using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Postgres.Tests.Processes;

/// <summary>Everything that a client may ask works at any node, whichever holds its connection. Three processes.</summary>
[Trait("speed", "slow")]
[Collection(NodesCollection.Name)]
public sealed class AnyNodeTests(SharedServer shared)
{
    [Fact]
    public async Task Zones_broadcasts_sends_changes_lists_and_disconnects_work_from_any_node()
    {
        var cluster = await shared.ClusterAsync();
        var (a, b, c) = (cluster.Urls[0], cluster.Urls[1], cluster.Urls[2]);
        await using var reader = await RawSseClient.OpenAsync(a, "/v1/events?zone=z&client=one&stream=any-1");
        await reader.NextAsync("hub.open");
        await using var other = await RawSseClient.OpenAsync(b, "/v1/events?zone=y&client=two");
        await other.NextAsync("hub.open");

        (await RawHttp.PostAsync(b, "/v1/zones/z/events?type=t", "to the zone")).Status.ShouldBe(202);
        (await reader.NextEventAsync()).Data.ShouldBe("to the zone");
        (await RawHttp.PostAsync(c, "/v1/broadcast", "to all")).Status.ShouldBe(202);
        (await reader.NextEventAsync()).Data.ShouldBe("to all");
        (await other.NextEventAsync()).Data.ShouldBe("to all", "the zone's event was not for this one");
        (await RawHttp.PostAsync(c, "/v1/zones/z/clients/one/events", "to one")).Status.ShouldBe(202);
        (await reader.NextEventAsync()).Data.ShouldBe("to one");
        (await RawHttp.PostAsync(c, "/v1/zones/y/clients/one/events", "to nobody")).Code.ShouldBe("client-not-connected");

        // A change of a live connection, from a node that does not hold it.
        var changed = await SendAsync(c, "PATCH", "/v1/clients/one/subscriptions?zone=z", """{"add":["any-2"],"remove":["any-1"]}""");
        changed.Status.ShouldBe(200, changed.Text);
        (await reader.NextAsync("hub.subscriptions")).Data!.ShouldContain("any-2");
        (await RawHttp.PostAsync(b, "/v1/streams/any-1/events", "no more")).Status.ShouldBe(202);
        (await RawHttp.PostAsync(b, "/v1/streams/any-2/events", "instead")).Status.ShouldBe(202);
        (await reader.NextEventAsync()).Data.ShouldBe("instead");

        // Lists and options.
        (await SendAsync(a, "PUT", "/v1/streams/any-2", """{"maxEvents":7}""")).Status.ShouldBe(200);
        (await RawHttp.GetAsync(c, "/v1/streams/any-2")).Text.ShouldContain("\"maxEvents\":7");
        (await RawHttp.GetAsync(b, "/v1/streams?prefix=any-")).Json.GetProperty("streams").EnumerateArray().Select(
            static s => s.GetProperty("name").GetString()).ShouldBe(["any-1", "any-2"]);
        foreach (var node in cluster.Urls)
        {
            var clients = await RawHttp.GetAsync(node, "/v1/clients");
            clients.Text.ShouldSatisfyAllConditions(t => t.ShouldContain("\"one\""), t => t.ShouldContain("\"two\""));
            (await RawHttp.GetAsync(node, "/v1/clients/one?zone=z")).Text.ShouldContain("\"n0\"");
            foreach (var name in cluster.Names) (await RawHttp.GetAsync(node, "/v1/cluster")).Text.ShouldContain($"\"{name}\"");
        }

        // For good: refused on every node.
        (await SendAsync(c, "DELETE", "/v1/clients/one?zone=z&reconnect=false", null)).Status.ShouldBe(204);
        (await reader.NextAsync("hub.end")).Data!.ShouldContain("disconnected");
        foreach (var node in cluster.Urls)
        {
            await using var again = await RawSseClient.OpenAsync(node, "/v1/events?zone=z&client=one&stream=any-1");
            again.Head.Status.ShouldBe(204);
        }
        // A removed stream ends its readers wherever they are, and is 204 everywhere.
        await using var last = await RawSseClient.OpenAsync(b, "/v1/streams/any-1/events");
        await last.NextAsync("hub.open");
        (await SendAsync(a, "DELETE", "/v1/streams/any-1", null)).Status.ShouldBe(204);
        (await last.NextAsync("hub.end")).Data!.ShouldContain("removed");
        await using var gone = await RawSseClient.OpenAsync(c, "/v1/streams/any-1/events");
        gone.Head.Status.ShouldBe(204);
    }

    [Fact]
    public async Task Managed_subscription_goes_on_at_any_node_where_it_was()
    {
        var cluster = await shared.ClusterAsync();
        var created = await RawHttp.PostAsync(cluster.Urls[0], "/v1/subscriptions", """{"id":"m","streams":["managed-a","managed-b"]}""");
        created.Status.ShouldBe(201, created.Text);
        var rounds = Soak.Of(30, 4);
        for (var round = 0; round < rounds; round++)
        {
            // Published while nobody is attached and while somebody is, at a node that holds nothing of it.
            await RawHttp.PostAsync(cluster.Urls[(round + 1) % 3], "/v1/streams/managed-a/events", $"{round} before");
            await using (var reader = await RawSseClient.OpenAsync(cluster.Urls[round % 3], "/v1/subscriptions/m/events"))
            {
                (await reader.NextEventAsync()).Data.ShouldBe($"{round} before");
                await RawHttp.PostAsync(cluster.Urls[(round + 2) % 3], "/v1/streams/managed-b/events", $"{round} live");
                (await reader.NextEventAsync()).Data.ShouldBe($"{round} live");
            }
            await Eventually.Until(
                async () =>
                {
                    var positions = (await RawHttp.GetAsync(
                        cluster.Urls[(round + 1) % 3], "/v1/subscriptions/m")).Json.GetProperty("positions");
                    return new[] { "managed-a", "managed-b" }.All(
                        s => positions.GetProperty(s).GetString()!.StartsWith($"{round + 1}-", StringComparison.Ordinal));
                },
                () => $"the positions of round {round} to be kept\n{cluster.Output}");
        }
        (await SendAsync(cluster.Urls[1], "DELETE", "/v1/subscriptions/m", null)).Status.ShouldBe(204);
        foreach (var node in cluster.Urls) (await RawHttp.GetAsync(node, "/v1/subscriptions/m")).Code.ShouldBe("subscription-not-found");
    }

    private static Task<RawResponse> SendAsync(Uri node, string method, string target, string? body) =>
        RawHttp.SendAsync(node, method, target, body is null ? null : Encoding.UTF8.GetBytes(body), "Content-Type: application/json");
}
