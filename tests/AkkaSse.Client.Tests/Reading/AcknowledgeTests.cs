using AkkaSse.Testing;

namespace AkkaSse.Client.Tests.Reading;

[Trait("parity", "CLI-13")]
public sealed class AcknowledgeTests
{
    private static RawServer Cutting(params string[] streams) => new(async c =>
    {
        await c.StreamAsync(streams[Math.Min(c.Number, streams.Length) - 1]);
        if (c.Number >= streams.Length)
        {
            await c.UntilClosedAsync();
        }
    });

    [Fact]
    public async Task Reconnect_resumes_after_the_acknowledged_event_only()
    {
        await using var server = Cutting("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n", "id: 2\ndata: b\n\n", "data: end\n\n");
        await using var client = Clients.Create(server.Url, o => o.ManualAcknowledge = true);
        var count = 0;
        await foreach (var e in client.SubscribeAsync())
        {
            if (++count is 1 or 4)
            {
                client.Acknowledge(e);
                client.LastEventId.ShouldBe(e.Id);
            }

            if (e.Data == "end")
            {
                break;
            }
        }

        server.Requests.Select(r => r.Header("Last-Event-ID")).ShouldBe([null, "1", "2"]);
    }

    [Fact]
    public async Task Position_given_before_the_first_event_counts_without_an_acknowledgement()
    {
        await using var server = Cutting(
            "event: hub.open\nretry: 1\ndata: {\"client\":\"c\",\"streams\":[]}\nid: 7-a\n\n",
            "id: 8-a\ndata: x\n\nevent: hub.position\ndata: {}\nid: 9-a\n\n",
            "data: end\n\n");
        await using var client = Clients.Create(server.Url, o => o.ManualAcknowledge = true);
        await client.SubscribeAsync().TakeWithin(2);

        // The event at 8 was not acknowledged, so the position after it does not count.
        server.Requests.Select(r => r.Header("Last-Event-ID")).ShouldBe([null, "7-a", "7-a"]);
    }

    [Fact]
    public async Task Channel_consumer_acknowledges_on_the_subscription()
    {
        await using var server = Cutting("id: 1\ndata: a\n\nid: 2\ndata: b\n\n", "data: end\n\n");
        await using var client = Clients.Create(server.Url, o =>
        {
            o.ManualAcknowledge = true;
            o.Reconnect = ReconnectPolicy.Fixed(TimeSpan.FromHours(1));
        });
        await using var subscription = await client.OpenAsync().Within("the opening");
        await subscription.Events.ReadAsync();
        subscription.Acknowledge(await subscription.Events.ReadAsync());
        await Eventually.Until(() => subscription.State == SseClientState.Waiting, "it waits");
        subscription.Restart();
        (await subscription.Events.ReadAsync().AsTask().Within("the next event")).Data.ShouldBe("end");
        server.Requests.Last().Header("Last-Event-ID").ShouldBe("2");
    }

    [Fact]
    public async Task Acknowledging_without_the_mode_is_a_mistake()
    {
        await using var client = Clients.Create("http://127.0.0.1:1/");
        Should.Throw<InvalidOperationException>(() => client.Acknowledge(new SseEvent()));
    }
}
