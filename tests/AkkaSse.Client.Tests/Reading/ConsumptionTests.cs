using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaSse.Testing;

namespace AkkaSse.Client.Tests.Reading;

public sealed partial class ConsumptionTests
{
    private static string Numbered(int from, int count)
    {
        var text = new StringBuilder();
        for (var i = from; i < from + count; i++)
        {
            text.Append($"id: {i}\ndata: {i}\n\n");
        }

        return text.ToString();
    }

    private static RawServer Sends(string text) => new(async c =>
    {
        await c.StreamAsync(text);
        await c.UntilClosedAsync();
    });

    [Fact]
    [Trait("parity", "CLI-05")]
    public async Task Channel_gives_every_event_in_order_and_is_open_when_returned()
    {
        await using var server = Sends(Numbered(1, 500));
        await using var client = Clients.Create(server.Url, o => o.BufferSize = 8);
        await using var subscription = await client.OpenAsync().Within("the opening");
        subscription.State.ShouldBe(SseClientState.Open);
        var events = await subscription.Events.ReadAllAsync().TakeWithin(500);
        events.Select(e => e.Data).ShouldBe(Enumerable.Range(1, 500).Select(i => i.ToString()));
        await subscription.DisposeAsync();
        await subscription.Completion.Within("the completion");
        await subscription.Events.Completion.Within("the channel");
        subscription.State.ShouldBe(SseClientState.Closed);
    }

    [Fact]
    [Trait("parity", "CLI-05")]
    public async Task Channel_ends_with_the_failure()
    {
        await using var server = new RawServer(async c =>
        {
            if (c.Number == 1)
            {
                await c.StreamAsync("data: 1\n\n");
                return;
            }

            await c.ReadRequestAsync();
            await c.SendAsync(RawServer.Status("404 Not Found"));
        });
        await using var client = Clients.Create(server.Url);
        await using var subscription = await client.OpenAsync().Within("the opening");
        await Should.ThrowAsync<SseClientException>(subscription.Events.ReadAllAsync().TakeWithin(2));
        await Should.ThrowAsync<SseClientException>(subscription.Completion.Within("the completion"));
    }

    [Fact]
    [Trait("parity", "CLI-05")]
    public async Task Opening_throws_on_a_permanent_failure()
    {
        await using var server = new RawServer(async c =>
        {
            await c.ReadRequestAsync();
            await c.SendAsync(RawServer.Status("403 Forbidden"));
        });
        await using var client = Clients.Create(server.Url);
        (await Should.ThrowAsync<SseClientException>(client.OpenAsync().Within("the opening"))).Failure.ShouldBe(SseFailure.Status);
    }

    [Fact]
    [Trait("parity", "CLI-13")]
    [Trait("parity", "CLI-06")]
    public async Task Full_channel_stops_reading_and_the_last_event_id_stays_with_the_consumer()
    {
        var sent = 0;
        await using var server = new RawServer(async c =>
        {
            await c.ReadRequestAsync();
            await c.SendAsync(RawServer.Head());
            var data = new string('x', 60_000);
            for (var i = 1; i <= 2000; i++)
            {
                await c.SendAsync($"id: {i}\ndata: {data}\n\n");
                sent = i;
            }

            await c.UntilClosedAsync();
        });
        await using var client = Clients.Create(server.Url, o => o.BufferSize = 4);
        await using var subscription = await client.OpenAsync().Within("the opening");
        await Eventually.Until(() => subscription.Events.Count == 4, "the buffer is full");
        var last = -1;
        // Held back: nothing further is sent for as long as tens of events take.
        var since = GrantedTime.Instance.GetTimestamp();
        await Eventually.Until(
            () =>
            {
                if (Volatile.Read(ref sent) is var now && now != last) (last, since) = (now, GrantedTime.Instance.GetTimestamp());
                return GrantedTime.Instance.GetElapsedTime(since) > TimeSpan.FromMilliseconds(200);
            },
            () => $"the server is held back; it has sent {last}",
            () => Volatile.Read(ref sent));
        last.ShouldBeLessThan(2000);
        subscription.Events.Count.ShouldBe(4);
        subscription.LastEventId.ShouldBe("");
        (await subscription.Events.ReadAsync()).Id.ShouldBe("1");
        subscription.LastEventId.ShouldBe("1");
        var rest = new List<long>();
        var reading = Task.Run(async () =>
        {
            await foreach (var e in subscription.Events.ReadAllAsync())
            {
                rest.Add(e.IdAsInt64);
                if (rest.Count == 1999) break;
            }
        });
        await Eventually.Until(() => reading.IsCompleted, () => $"the other 1999 events; {rest.Count} came", () => rest.Count);
        await reading;
        rest.ShouldBe(Enumerable.Range(2, 1999).Select(i => (long)i));
    }

    [Fact]
    [Trait("parity", "CLI-06")]
    public async Task Handlers_run_in_order_awaited_named_ones_first_and_several_per_name()
    {
        await using var server = Sends("data: 1\n\nevent: add\ndata: 2\n\nevent: other\ndata: 3\n\nevent: message\ndata: 4\n\n");
        await using var client = Clients.Create(server.Url);
        var calls = new List<string>();
        var running = 0;
        async ValueTask Slow(string name, SseEvent e)
        {
            Interlocked.Increment(ref running).ShouldBe(1);
            await Task.Yield();
            calls.Add($"{name} {e.Data}");
            Interlocked.Decrement(ref running);
        }

        using var stop = new CancellationTokenSource();
        client.OnAny((e, _) => Slow("any", e));
        client.On("message", (e, _) => Slow("message", e));
        client.On("", (e, _) => Slow("alias", e));
        client.On("add", (e, _) => Slow("add", e));
        client.On("add", (e, _) => Slow("add again", e));
        client.On("Add", (e, _) => Slow("case matters", e));
        var removed = client.On("add", (e, _) => Slow("removed", e));
        removed.Dispose();
        client.OnAny(async (e, _) =>
        {
            if (e.Data == "4")
            {
                await stop.CancelAsync();
            }
        });
        await Should.ThrowAsync<OperationCanceledException>(client.RunAsync(stop.Token).Within("the run"));
        calls.ShouldBe(["message 1", "alias 1", "any 1", "add 2", "add again 2", "any 2", "any 3", "message 4", "alias 4", "any 4"]);
    }

    [Fact]
    [Trait("parity", "CLI-20")]
    public async Task Failing_handler_ends_the_subscription_by_default()
    {
        await using var server = Sends("data: 1\n\ndata: 2\n\n");
        await using var client = Clients.Create(server.Url);
        client.OnAny(_ => throw new FormatException("bad"));
        (await Should.ThrowAsync<FormatException>(client.RunAsync().Within("the run"))).Message.ShouldBe("bad");
        client.State.ShouldBe(SseClientState.Closed);
    }

    [Fact]
    [Trait("parity", "CLI-20")]
    public async Task Failing_handler_is_reported_and_the_subscription_goes_on_by_option()
    {
        await using var server = Sends("data: 1\n\ndata: 2\n\n");
        await using var client = Clients.Create(server.Url, o => o.ContinueAfterHandlerFailure = true);
        using var stop = new CancellationTokenSource();
        var faults = new List<SseFaulted>();
        client.OnNotification<SseFaulted>(faults.Add);
        client.On("message", _ => throw new FormatException("bad"));
        client.OnAny(e =>
        {
            if (e.Data == "2")
            {
                stop.Cancel();
            }
        });
        await Should.ThrowAsync<OperationCanceledException>(client.RunAsync(stop.Token).Within("the run"));
        faults.Select(f => (f.Error.Event!.Data, f.Error.InnerException!.Message)).ShouldBe([("1", "bad"), ("2", "bad")]);
    }

    [Fact]
    [Trait("parity", "CLI-18")]
    public async Task Subscriptions_of_one_client_are_isolated()
    {
        await using var server = new RawServer(async c =>
        {
            await c.StreamAsync($"id: {c.Number}\ndata: {c.Number}\n\n");
            await c.UntilClosedAsync();
        });
        await using var client = Clients.Create(server.Url);
        await using var first = await client.OpenAsync().Within("the first");
        await using var second = await client.OpenAsync().Within("the second");
        (await first.Events.ReadAsync()).Data.ShouldBe("1");
        (await second.Events.ReadAsync()).Data.ShouldBe("2");
        await first.DisposeAsync();
        await first.Completion.Within("the first's end");
        second.State.ShouldBe(SseClientState.Open);
        (first.LastEventId, second.LastEventId).ShouldBe(("1", "2"));
        server.Requests.ShouldAllBe(r => r.Header("Last-Event-ID") == null);
    }

    [Fact]
    [Trait("parity", "CLI-18")]
    public async Task Same_consumer_twice_gets_everything_twice()
    {
        await using var server = Sends(Numbered(1, 3));
        await using var client = Clients.Create(server.Url);
        var events = client.SubscribeAsync();
        (await events.TakeWithin(3)).Count.ShouldBe(3);
        (await events.TakeWithin(3)).Count.ShouldBe(3);
    }

    [Fact]
    [Trait("parity", "CLI-15")]
    public async Task Lifecycle_handlers_see_open_before_events_and_closed_last()
    {
        await using var server = new RawServer(c => c.StreamAsync("data: x\n\n"));
        await using var client = Clients.Create(
            server.Url, o => o.Reconnect = ReconnectPolicy.Custom(_ => server.Accepted < 2 ? TimeSpan.Zero : null));
        var order = new List<string>();
        client.OnNotification<SseNotification>(n => order.Add(n.GetType().Name));
        client.OnAny(_ => order.Add("event"));
        await client.RunAsync().Within("the run");
        order.ShouldBe(["SseOpened", "event", "SseDisconnected", "SseRetrying", "SseOpened", "event", "SseDisconnected", "SseClosed"]);
    }

    [Fact]
    public async Task Typed_json_is_read_through_generated_metadata()
    {
        await using var server = Sends("data: {\"name\":\"a\",\ndata: \"size\":1}\n\nevent: t\ndata: null\n\n");
        await using var client = Clients.Create(server.Url);
        var items = await client.SubscribeAsync(Context.Default.Thing).TakeWithin(2);
        items[0].Value.ShouldBe(new Thing("a", 1));
        (items[1].Value, items[1].Event.Type).ShouldBe((null, "t"));
    }

    [Fact]
    public async Task Broken_json_ends_the_subscription_or_is_skipped_by_option()
    {
        await using var server = Sends("data: {\n\ndata: {\"name\":\"a\",\"size\":1}\n\n");
        await using var strict = Clients.Create(server.Url);
        await Should.ThrowAsync<JsonException>(strict.SubscribeAsync(Context.Default.Thing).TakeWithin(1));
        await using var lenient = Clients.Create(server.Url, o => o.ContinueAfterHandlerFailure = true);
        var faults = 0;
        lenient.OnNotification<SseFaulted>(_ => faults++);
        (await lenient.SubscribeAsync(Context.Default.Thing).TakeWithin(1)).Single().Value!.Name.ShouldBe("a");
        faults.ShouldBe(1);
    }

    internal sealed record Thing(string Name, int Size);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(Thing))]
    internal sealed partial class Context : JsonSerializerContext;
}
