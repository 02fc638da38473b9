using AkkaSse.Testing;

namespace AkkaSse.AspNetCore.Tests;

public sealed class ClientTests
{
    [Fact]
    [Trait("parity", "TGT-01")]
    [Trait("parity", "TGT-03")]
    public async Task Made_id_is_told_in_hub_open_and_reaches_the_client()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/events?zone=z");
        var open = await reader.NextAsync("hub.open");
        var id = ClientOf(open);
        var sent = await host.PostAsync($"/v1/clients/{id}/events?type=private", "hi");
        (sent.Status, sent.Json.GetProperty("client").GetString(), sent.Json.GetProperty("zone").GetString()).ShouldBe((202, id, "z"));
        var e = await reader.NextEventAsync();
        (e.Type, e.Data, e.Id).ShouldBe(("private", "hi", open.Id));
        var unknown = await host.PostAsync("/v1/clients/nobody/events", "hi");
        (unknown.Status, unknown.Code).ShouldBe((404, "client-not-connected"));
        unknown.Json.GetProperty("detail").GetString().ShouldBe("no client with id nobody exists");
    }

    [Fact]
    [Trait("parity", "TGT-02")]
    public async Task Taken_id_is_409_for_programs_and_a_clean_end_for_browsers()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var holder = await host.SubscribeAsync("/v1/events?client=c");
        await holder.NextAsync("hub.open");
        var refused = await host.GetAsync("/v1/events?client=c");
        (refused.Status, refused.Code).ShouldBe((409, "client-in-use"));
        refused.Json.GetProperty("detail").GetString().ShouldBe("a client with id c already exists");
        await using var browser = await host.SubscribeAsync("/v1/events?client=c", "Sec-Fetch-Dest: empty");
        browser.Head.Status.ShouldBe(200);
        (await browser.NextAsync("hub.end")).Data.ShouldBe("""{"reason":"client-in-use"}""");
        (await browser.NextAsync()).ShouldBeNull();
        (await host.PostAsync("/v1/clients/c/events", "still here")).Status.ShouldBe(202);
        (await holder.NextEventAsync()).Data.ShouldBe("still here");
    }

    [Fact]
    [Trait("parity", "TGT-02")]
    public async Task Same_instance_replaces_itself()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var old = await host.SubscribeAsync("/v1/events?client=c&instance=i1");
        await old.NextAsync("hub.open");
        await using var renewed = await host.SubscribeAsync("/v1/events?client=c&instance=i1");
        await renewed.NextAsync("hub.open");
        (await old.NextAsync("hub.end")).Data.ShouldBe("""{"reason":"replaced"}""");
        await host.PostAsync("/v1/clients/c/events", "x");
        (await renewed.NextEventAsync()).Data.ShouldBe("x");
    }

    [Fact]
    [Trait("parity", "ZON-01")]
    [Trait("parity", "ZON-04")]
    public async Task Same_id_in_two_zones_is_reached_by_zone_and_ambiguous_without()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var one = await host.SubscribeAsync("/v1/events?client=c&zone=z1");
        await using var two = await host.SubscribeAsync("/v1/events?client=c&zone=z2");
        await one.NextAsync("hub.open");
        await two.NextAsync("hub.open");
        (await host.PostAsync("/v1/clients/c/events", "?")).Code.ShouldBe("client-ambiguous");
        (await host.GetAsync("/v1/clients/c")).Code.ShouldBe("client-ambiguous");
        (await host.PostAsync("/v1/zones/z1/clients/c/events", "1")).Status.ShouldBe(202);
        (await host.PostAsync("/v1/clients/c/events?zone=z2", "2")).Status.ShouldBe(202);
        (await one.NextEventAsync()).Data.ShouldBe("1");
        (await two.NextEventAsync()).Data.ShouldBe("2");
        (await host.PostAsync("/v1/zones/z3/clients/c/events", "3")).Code.ShouldBe("client-not-connected");
    }

    [Fact]
    [Trait("parity", "ZON-01")]
    [Trait("parity", "ZON-02")]
    [Trait("parity", "ZON-03")]
    [Trait("parity", "ZON-05")]
    public async Task Zone_events_stay_in_the_zone_and_broadcasts_reach_everyone_who_has_not_opted_out()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var z1 = await host.SubscribeAsync("/v1/events?zone=z1");
        await using var both = await host.SubscribeAsync("/v1/events?zone=z2&zone=z1");
        await using var home = await host.SubscribeAsync("/v1/events?client=c");
        await using var deaf = await host.SubscribeAsync("/v1/events?zone=z1&broadcast=0");
        foreach (var r in new[] { z1, both, home, deaf }) await r.NextAsync("hub.open");

        (await host.PostAsync("/v1/zones/z1/events", "to z1")).Json.GetProperty("localReaders").GetInt32().ShouldBe(3);
        (await host.PostAsync("/v1/zones/z2/events", "to z2")).Status.ShouldBe(202);
        (await host.PostAsync("/v1/zones/default/events", "to default")).Status.ShouldBe(202);
        var empty = await host.PostAsync("/v1/zones/nobody/events", "to nobody");
        (empty.Status, empty.Json.GetProperty("localReaders").GetInt32()).ShouldBe((202, 0));
        (await host.PostAsync("/v1/broadcast?type=all", "to all")).Json.GetProperty("localReaders").GetInt32().ShouldBe(3);
        (await host.PostAsync("/v1/zones/z1/events", "last")).Status.ShouldBe(202);

        (await DataAsync(z1, 3)).ShouldBe(["to z1", "to all", "last"], ignoreOrder: true);
        (await DataAsync(both, 4)).ShouldBe(["to z1", "to z2", "to all", "last"], ignoreOrder: true);
        (await DataAsync(home, 2)).ShouldBe(["to default", "to all"], ignoreOrder: true);
        (await DataAsync(deaf, 2)).ShouldBe(["to z1", "last"]);
    }

    [Fact]
    [Trait("parity", "ZON-02")]
    public async Task Broadcast_to_nobody_is_accepted()
    {
        await using var host = await EdgeHost.StartAsync();
        var answer = await host.PostAsync("/v1/broadcast", "x");
        (answer.Status, answer.Json.GetProperty("localReaders").GetInt32()).ShouldBe((202, 0));
    }

    [Fact]
    [Trait("parity", "ZON-07")]
    public async Task Back_to_back_zone_events_all_arrive_in_order()
    {
        await using var host = await EdgeHost.StartAsync();
        var readers = new List<RawSseClient>();
        for (var i = 0; i < 10; i++) readers.Add(await host.SubscribeAsync("/v1/events?zone=z"));
        foreach (var r in readers) await r.NextAsync("hub.open");
        await using var connection = await RawConnection.OpenAsync(host.Address);
        for (var i = 0; i < 500; i++)
        {
            await connection.WriteHeadAsync("POST", "/v1/zones/z/events", $"Content-Length: {$"{i}".Length}");
            await connection.WriteAsync($"{i}");
            (await connection.ReadHeadAsync()).Status.ShouldBe(202);
            await connection.ReadBodyToEndAsync();
        }
        foreach (var r in readers)
        {
            (await DataAsync(r, 500)).ShouldBe(Enumerable.Range(0, 500).Select(i => $"{i}"));
            await r.DisposeAsync();
        }
    }

    [Fact]
    public async Task Clients_are_listed_by_stream_and_zone_in_pages_and_inspected_without_secrets()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var a = await host.SubscribeAsync("/v1/events?client=a&stream=s&access_token=secret&x=1", "Last-Event-ID: foreign");
        await using var b = await host.SubscribeAsync("/v1/events?client=b&zone=z&stream=s&instance=i");
        await using var c = await host.SubscribeAsync("/v1/events?client=c");
        foreach (var r in new[] { a, b, c }) await r.NextAsync("hub.open");

        Ids(await host.GetAsync("/v1/clients")).ShouldBe(["a", "b", "c"]);
        Ids(await host.GetAsync("/v1/clients?stream=s")).ShouldBe(["a", "b"]);
        Ids(await host.GetAsync("/v1/clients?zone=z")).ShouldBe(["b"]);
        var first = await host.GetAsync("/v1/clients?limit=2");
        Ids(first).ShouldBe(["a", "b"]);
        Ids(await host.GetAsync("/v1/clients?limit=2&after=" + Uri.EscapeDataString(first.Json.GetProperty("next").GetString()!)))
            .ShouldBe(["c"]);

        var one = (await host.GetAsync("/v1/clients/a")).Json;
        one.GetProperty("url").GetString().ShouldBe("/v1/events?client=a&stream=s&access_token=-&x=1");
        one.GetProperty("lastEventId").GetString().ShouldBe("foreign");
        one.GetProperty("remote").GetString().ShouldBe("127.0.0.1");
        one.GetProperty("streams")[0].GetString().ShouldBe("s");
        (await host.GetAsync("/v1/client?client=b&zone=z")).Json.GetProperty("instance").GetString().ShouldBe("i");
        (await host.GetAsync("/v1/clients/b?zone=other")).Code.ShouldBe("client-not-connected");
    }

    [Theory]
    [Trait("parity", "TGT-07")]
    [Trait("parity", "ZON-09")]
    [InlineData("/v1/clients/c")]
    [InlineData("/v1/client?client=c&zone=default")]
    public async Task Disconnected_client_is_told_and_may_return(string target)
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/events?client=c&instance=i");
        await reader.NextAsync("hub.open");
        (await host.SendAsync("DELETE", target)).Status.ShouldBe(204);
        (await reader.NextAsync("hub.end")).Data.ShouldBe("""{"reason":"disconnected"}""");
        (await reader.NextAsync()).ShouldBeNull();
        await Eventually.Until(async () => (await host.SendAsync("DELETE", target)).Status == 404, "the client to be gone");
        await using var again = await host.SubscribeAsync("/v1/events?client=c&instance=i");
        again.Head.Status.ShouldBe(200);
    }

    [Fact]
    [Trait("parity", "TGT-07")]
    public async Task Client_disconnected_for_good_gets_204_and_another_instance_does_not()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/events?client=c&instance=i");
        await reader.NextAsync("hub.open");
        (await host.SendAsync("DELETE", "/v1/clients/c?reconnect=false")).Status.ShouldBe(204);
        (await reader.NextAsync("hub.end")).ShouldNotBeNull();
        (await host.GetAsync("/v1/events?client=c&instance=i")).Status.ShouldBe(204);
        await using var other = await host.SubscribeAsync("/v1/events?client=c&instance=other");
        other.Head.Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("/v1/clients/c/subscriptions")]
    [InlineData("/v1/client/subscriptions?client=c&zone=default")]
    public async Task Streams_of_a_live_connection_change(string target)
    {
        await using var host = await EdgeHost.StartAsync();
        await host.PostAsync("/v1/streams/b/events", "old b");
        await using var reader = await host.SubscribeAsync("/v1/events?client=c&stream=a");
        await reader.NextAsync("hub.open");
        var changed = await host.SendAsync("PATCH", target, """{"add":[{"stream":"b","since":"earliest"},"d"],"remove":["a"]}""");
        changed.Status.ShouldBe(200, changed.Text);
        changed.Json.GetProperty("streams").EnumerateArray().Select(s => s.GetString()).ShouldBe(["b", "d"], ignoreOrder: true);
        (await reader.NextAsync("hub.subscriptions")).Id.ShouldNotBeNull();
        (await reader.NextEventAsync()).Data.ShouldBe("old b");
        await host.PostAsync("/v1/streams/a/events", "not for it");
        await host.PostAsync("/v1/streams/d/events", "new d");
        (await reader.NextEventAsync()).Data.ShouldBe("new d");
    }

    [Theory]
    [InlineData("""{"add":[{"stream":"b","since":"whenever"}]}""", "body-invalid")]
    [InlineData("""{"add":[{"since":"latest"}]}""", "body-invalid")]
    [InlineData("""{"add":["b","b"]}""", "body-invalid")]
    [InlineData("""{"add":["$all"]}""", "name-invalid")]
    [InlineData("""{"remove":[""]}""", "name-invalid")]
    [InlineData("""{"add":["\ud800"]}""", "body-invalid")]
    [InlineData("""{"drop":["b"]}""", "body-invalid")]
    [InlineData("""{}""", "body-invalid")]
    [InlineData("", "body-invalid")]
    public async Task Change_that_is_not_allowed_is_400(string body, string code)
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/events?client=c&stream=a");
        await reader.NextAsync("hub.open");
        var answer = await host.SendAsync("PATCH", "/v1/clients/c/subscriptions", body);
        (answer.Status, answer.Code).ShouldBe((400, code), answer.Text);
        (await host.GetAsync("/v1/clients/c")).Json.GetProperty("streams").GetArrayLength().ShouldBe(1);
    }

    private static string ClientOf(RawBlock open) =>
        System.Text.Json.JsonDocument.Parse(open.Data!).RootElement.GetProperty("client").GetString()!;

    private static IEnumerable<string?> Ids(RawResponse page) =>
        page.Json.GetProperty("clients").EnumerateArray().Select(c => c.GetProperty("id").GetString());

    private static async Task<List<string?>> DataAsync(RawSseClient reader, int count)
    {
        var data = new List<string?>();
        while (data.Count < count) data.Add((await reader.NextEventAsync()).Data);
        return data;
    }
}
