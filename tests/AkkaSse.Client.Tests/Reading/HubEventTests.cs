namespace AkkaSse.Client.Tests.Reading;

public sealed class HubEventTests
{
    private static Task<List<SseNotification>> ReadAsync(string text, Action<SseClientOptions>? configure = null) =>
        Clients.ReadAsync(System.Text.Encoding.UTF8.GetBytes(text), 9, configure);

    [Fact]
    public async Task Open_gap_position_subscriptions_drain_and_end_are_typed()
    {
        var seen = await ReadAsync(
            """
            event: hub.open
            data: {"client":"c1","streams":[{"stream":"a","epoch":"k3","head":17},{"stream":"b","epoch":"0","head":0}]}

            event: hub.gap
            data: {"stream":"a","from":3,"to":null,"epoch":"k3","previousEpoch":"j9","reason":"epoch-changed","exact":false}
            id: 5-k3

            event: hub.position
            data: {}
            id: 9-k3

            event: hub.subscriptions
            data: {"streams":[{"stream":"a"}]}

            event: hub.drain
            data: {}

            event: hub.end
            data: {"reason":"removed"}


            """);
        var open = seen.OfType<HubOpened>().Single();
        open.Client.ShouldBe("c1");
        open.Streams.ShouldBe([new HubStream("a", "k3", 17), new HubStream("b", "0", 0)]);
        var gap = seen.OfType<HubGap>().Single();
        (gap.Stream, gap.From, gap.To, gap.Epoch, gap.PreviousEpoch, gap.Reason, gap.Exact).ShouldBe(
            ("a", 3L, null, "k3", "j9", "epoch-changed", false));
        gap.Event.LastEventId.ShouldBe("5-k3");
        seen.OfType<HubPosition>().Single().Event.Id.ShouldBe("9-k3");
        seen.OfType<HubSubscriptions>().Single().Streams.Single().Stream.ShouldBe("a");
        seen.OfType<HubDraining>().Count().ShouldBe(1);
        seen.OfType<HubEnded>().Single().Reason.ShouldBe("removed");
        seen.OfType<SseEventReceived>().ShouldBeEmpty();
    }

    [Fact]
    public async Task Unknown_control_events_and_foreign_events_of_a_known_name_pass_through()
    {
        var seen = await ReadAsync(
            "event: hub.new\ndata: {}\n\nevent: hub.open\ndata: not json\n\nevent: hub.gap\ndata: {}\n\nevent: hub.ping\ndata: {}\n\n");
        seen.OfType<SseEventReceived>().Select(e => e.Event.Type).ShouldBe(["hub.new", "hub.open", "hub.gap", "hub.ping"]);
        seen.OfType<HubNotification>().ShouldBeEmpty();
    }

    [Fact]
    public async Task Control_events_are_delivered_after_their_notification_by_option()
    {
        var seen = await ReadAsync("event: hub.end\ndata: {\"reason\":\"x\"}\n\n", o => o.DeliverHubEvents = true);
        seen[1].ShouldBeOfType<HubEnded>();
        seen[2].ShouldBeOfType<SseEventReceived>().Event.Type.ShouldBe("hub.end");
    }

    [Fact]
    public async Task Ids_of_control_events_move_the_last_event_id()
    {
        await using var server = new RawServer(
            c => c.StreamAsync("event: hub.open\ndata: {}\nid: 17-k\n\n" + (c.Number > 1 ? "data: x\n\n" : "")));
        await using var client = Clients.Create(server.Url);
        (await client.SubscribeAsync().TakeWithin(1)).Single().LastEventId.ShouldBe("17-k");
        server.Requests.Select(r => r.Header("Last-Event-ID")).ShouldBe([null, "17-k"]);
    }

    [Fact]
    public async Task After_a_drain_the_first_delay_is_exactly_the_retry_given()
    {
        await using var server = new RawServer(c => c.StreamAsync("event: hub.drain\nretry: 37\ndata: {}\n\n"));
        await using var client = Clients.Create(
            server.Url, o => (o.MinRetry, o.Reconnect) =
            (TimeSpan.Zero, ReconnectPolicy.Exponential(TimeSpan.FromDays(1), 1, TimeSpan.FromDays(1))));
        var seen = await client.WatchAsync().TakeWithin(10);
        seen.OfType<SseRetrying>().Select(r => r.Delay.TotalMilliseconds).ShouldAllBe(d => d == 37);
    }
}
