using AkkaSse.Hub;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.AspNetCore.Tests.Compatibility;

public sealed class DavidsbondEndpointsTests
{
    [Fact]
    [Trait("parity", "TGT-02")]
    public async Task Second_client_with_an_id_is_409_with_the_older_text_and_the_first_stays()
    {
        await using var host = await CompatibilityHost.StartAsync();
        await using var client = await host.SubscribeAsync("/connect?id=c");

        (await host.GetAsync("/connect?id=c")).ShouldSay(409, "a client with id c already exists");

        (await host.PostAsync("/broadcast?id=c", "still here")).Status.ShouldBe(200);
        (await client.NextEventAsync()).Data.ShouldBe("still here");
    }

    [Fact]
    [Trait("parity", "TGT-02")]
    public async Task Of_many_clients_with_one_id_exactly_one_wins()
    {
        await using var host = await CompatibilityHost.StartAsync();
        var clients = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => host.SubscribeAsync("/connect?id=c")));
        try
        {
            clients.Count(c => c.Head.Status == 200).ShouldBe(1);
            clients.Count(c => c.Head.Status == 409).ShouldBe(39);
        }
        finally
        {
            foreach (var client in clients) await client.DisposeAsync();
        }
    }

    [Fact]
    [Trait("parity", "TGT-03")]
    public async Task Targeted_broadcast_reaches_that_client_alone()
    {
        await using var host = await CompatibilityHost.StartAsync();
        await using var one = await host.SubscribeAsync("/connect?id=one");
        await using var two = await host.SubscribeAsync("/connect?id=two");

        (await host.PostAsync("/broadcast?id=one&type=private", "for one")).Status.ShouldBe(200);
        (await host.PostAsync("/broadcast?type=public", "for all")).Status.ShouldBe(200);

        (await one.NextAsync("private")).Data.ShouldBe("for one");
        (await one.NextAsync("public")).Data.ShouldBe("for all");
        (await two.NextEventAsync()).Type.ShouldBe("public");
    }

    [Fact]
    [Trait("parity", "TGT-03")]
    public async Task Unknown_target_is_404_with_the_older_text()
    {
        await using var host = await CompatibilityHost.StartAsync();
        (await host.PostAsync("/broadcast?id=nobody", "x")).ShouldSay(404, "no client with id nobody exists");
    }

    [Fact]
    [Trait("parity", "PUB-07")]
    public async Task Empty_body_is_400_with_the_older_text()
    {
        await using var host = await CompatibilityHost.StartAsync();
        (await host.PostAsync("/broadcast")).ShouldSay(400, "no event data provided");
        (await host.PostAsync("/broadcast?id=nobody&type=t")).ShouldSay(400, "no event data provided");
    }

    [Theory]
    [Trait("parity", "PUB-07")]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Broadcast_with_another_method_is_405(string method)
    {
        await using var host = await CompatibilityHost.StartAsync();
        var answer = await host.SendAsync(method, "/broadcast", method == "PUT" ? "x" : null);
        answer.Status.ShouldBe(405);
        answer.Header("Allow").ShouldBe("POST");
    }

    [Fact]
    [Trait("parity", "PUB-07")]
    public async Task Body_that_is_too_large_or_not_utf8_is_refused()
    {
        await using var host = await CompatibilityHost.StartAsync(o => o.MaxEventBytes = 100);
        (await host.PostAsync("/broadcast", new string('x', 101))).Status.ShouldBe(413);
        (await RawHttp.SendAsync(host.Address, "POST", "/broadcast", [0xFF])).Status.ShouldBe(400);
        (await host.PostAsync("/broadcast?type=hub.x", "x")).Status.ShouldBe(400);
        (await host.PostAsync("/broadcast", "x", "Content-Encoding: gzip")).Status.ShouldBe(415);
    }

    [Fact]
    [Trait("parity", "PUB-06")]
    public async Task Broadcast_to_nobody_is_a_success()
    {
        await using var host = await CompatibilityHost.StartAsync();
        var answer = await host.PostAsync("/broadcast", "x");
        answer.Status.ShouldBe(200);
        answer.Json.GetProperty("localReaders").GetInt32().ShouldBe(0);
    }

    [Fact]
    [Trait("parity", "PUB-06")]
    public async Task Broadcast_does_not_wait_for_a_client_that_does_not_read()
    {
        await using var host = await CompatibilityHost.StartAsync(o => o.WriteTimeout = Timeout.InfiniteTimeSpan);
        await using var stalled = await RawConnection.OpenAsync(host.Address, receiveBuffer: 4096);
        await stalled.WriteHeadAsync("GET", "/connect?id=stalled");
        await Eventually.Until(() => host.Edge.Load.Connections == 1, "the stalled client to be connected");
        await using var healthy = await host.SubscribeAsync("/connect?id=healthy");
        var large = new string('x', 60_000);

        for (var i = 0; i < 100; i++)
        {
            (await host.PostAsync("/broadcast", large + i)).Status.ShouldBe(200);
            (await healthy.NextEventAsync()).Data!.Length.ShouldBeGreaterThan(60_000);
        }
    }

    [Fact]
    [Trait("parity", "TGT-01")]
    public async Task Client_without_an_id_gets_one_that_can_be_reached()
    {
        await using var host = await CompatibilityHost.StartAsync();
        await using var one = await host.SubscribeAsync("/connect");
        await using var two = await host.SubscribeAsync("/connect?id=");
        var id = one.Head.Header("X-Client-Id").ShouldNotBeNull();
        id.Length.ShouldBeGreaterThanOrEqualTo(22);
        two.Head.Header("X-Client-Id").ShouldNotBe(id);

        (await host.PostAsync($"/broadcast?id={id}", "hello")).Status.ShouldBe(200);

        (await one.NextEventAsync()).Data.ShouldBe("hello");
    }

    [Fact]
    [Trait("parity", "TGT-08")]
    public async Task Chosen_id_without_leave_is_403()
    {
        await using var host = await CompatibilityHost.StartAsync(seeds: o => o.Endpoints.AllowAnonymousClientIds = false);
        (await host.GetAsync("/connect?id=c")).Status.ShouldBe(403);
        await using var client = await host.SubscribeAsync("/connect");
        client.Head.Status.ShouldBe(200);
    }

    [Fact]
    [Trait("parity", "TGT-04")]
    public async Task Listener_in_the_process_gets_what_was_broadcast_over_http()
    {
        await using var host = await CompatibilityHost.StartAsync();
        await using var listener = host.Hub.ListenToBroadcastAsync().GetAsyncEnumerator();
        var next = listener.MoveNextAsync().AsTask();

        (await host.PostAsync("/broadcast?type=t", "x")).Status.ShouldBe(200);

        (await Eventually.Within(next, "the broadcast")).ShouldBeTrue();
        listener.Current.Type.ShouldBe("t");
        listener.Current.Data.ShouldBe("x");
    }

    [Fact]
    [Trait("parity", "ZON-01")]
    [Trait("parity", "ZON-02")]
    [Trait("parity", "ZON-03")]
    [Trait("parity", "ZON-04")]
    public async Task Zones_and_clients_are_told_apart()
    {
        await using var host = await CompatibilityHost.StartAsync();
        await using var here = await host.SubscribeAsync("/connect?id=c");
        await using var there = await host.SubscribeAsync("/v1/events?client=c&zone=other");
        await there.NextAsync("hub.open");

        (await host.PostAsync("/broadcast?id=c", "default c")).Status.ShouldBe(200);
        (await host.Hub.SendToAsync("c", new SseEvent { Data = "other c" }, "other")).IsAccepted.ShouldBeTrue();
        (await host.Hub.BroadcastToZoneAsync("default", new SseEvent { Data = "zone default" })).IsAccepted.ShouldBeTrue();
        (await host.Hub.BroadcastToZoneAsync("other", new SseEvent { Data = "zone other" })).IsAccepted.ShouldBeTrue();
        (await host.PostAsync("/broadcast", "all")).Status.ShouldBe(200);

        (await ThreeAsync(here)).ShouldBe(["all", "default c", "zone default"]);
        (await ThreeAsync(there)).ShouldBe(["all", "other c", "zone other"]);

        static async Task<List<string?>> ThreeAsync(RawSseClient client)
        {
            var data = new List<string?>();
            while (data.Count < 3) data.Add((await client.NextEventAsync()).Data);
            data.Sort(StringComparer.Ordinal);
            return data;
        }
    }

    [Fact]
    [Trait("parity", "ZON-07")]
    public async Task Rapid_broadcasts_reach_every_client_in_order()
    {
        const int Clients = 20, Events = 300;
        await using var host = await CompatibilityHost.StartAsync();
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => host.SubscribeAsync("/connect")));
        try
        {
            for (var i = 0; i < Events; i++) (await host.Hub.BroadcastAsync(new SseEvent { Data = $"{i}" })).IsAccepted.ShouldBeTrue();
            foreach (var client in clients)
            {
                for (var i = 0; i < Events; i++) (await client.NextEventAsync()).Data.ShouldBe($"{i}");
            }
        }
        finally
        {
            foreach (var client in clients) await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Browser_that_comes_back_gets_the_broadcasts_in_between()
    {
        await using var host = await CompatibilityHost.StartAsync();
        string id;
        await using (var client = await host.SubscribeAsync("/connect?id=c"))
        {
            await host.Hub.BroadcastAsync(new SseEvent { Data = "1" });
            id = (await client.NextEventAsync()).Id!;
        }
        await Eventually.Until(() => host.Edge.Load.Connections == 0, "the connection to end");
        await host.Hub.BroadcastAsync(new SseEvent { Data = "2" });

        await using var again = await host.SubscribeAsync("/connect?id=c", "Last-Event-ID: " + id);

        (await again.NextEventAsync()).Data.ShouldBe("2");
    }

    [Theory]
    [Trait("parity", "ZON-10")]
    [InlineData("/connect?id=c")]
    [InlineData("/connect")]
    public async Task Welcome_is_first_and_carries_the_position_and_no_id_of_its_own(string target)
    {
        await using var host = await CompatibilityHost.StartAsync(seeds: o => o.Welcome = SseCompatibilityOptions.ConnectionSuccessful);
        await using var client = await host.SubscribeAsync(target);
        var id = client.Head.Header("X-Client-Id")!;
        (await host.PostAsync("/broadcast", "x")).Status.ShouldBe(200);

        var first = (await client.NextAsync()).ShouldNotBeNull();

        first.Type.ShouldBe("ping");
        first.Data.ShouldBe($"default->{id} Connection Successful!");
        (await client.NextAsync())!.Data.ShouldBe("x");
        await client.DisposeAsync();
        await Eventually.Until(() => host.Edge.Load.Connections == 0, "the connection to end");
        await using var again = await host.SubscribeAsync(target, "Last-Event-ID: " + first.Id.ShouldNotBeNull());
        (await again.NextAsync(
            b => b.Data == "x", "the broadcast that a reader misses that is cut behind the welcome")).Type.ShouldBeNull();
    }

    [Fact]
    [Trait("parity", "ZON-10")]
    public async Task Older_zone_client_reads_the_welcome_and_what_follows()
    {
        await using var host = await CompatibilityHost.StartAsync(
            seeds: o => o.Welcome = (zone, id) => new SseEvent(SseCompatibilityOptions.ConnectionSuccessful(zone, id)) { Id = id });
        await using var client = new ZoneClient();
        await client.ConnectAsync(host.Address, "/connect?id=c");
        var welcome = (await client.NextAsync()).ShouldNotBeNull();
        (welcome.Type, welcome.Data).ShouldBe(("ping", "default->c Connection Successful!\n"));
        welcome.Id.ShouldNotBe("c");
        await host.PostAsync("/broadcast?id=c&type=t", "x");
        var sent = (await client.NextAsync()).ShouldNotBeNull();
        (sent.Type, sent.Data).ShouldBe(("t", "x\n"));
    }
}
