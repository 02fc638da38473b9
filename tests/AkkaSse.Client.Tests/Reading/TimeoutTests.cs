namespace AkkaSse.Client.Tests.Reading;

[Trait("parity", "CLI-14")]
public sealed class TimeoutTests
{
    [Fact]
    public async Task Silent_connection_is_dropped_and_remade()
    {
        await using var server = new RawServer(async c =>
        {
            await c.StreamAsync($"id: {c.Number}\ndata: {c.Number}\n\n");
            await c.UntilClosedAsync();
        });
        await using var client = Clients.Create(server.Url, o => o.IdleTimeout = TimeSpan.FromMilliseconds(100));
        var seen = await client.WatchAsync().TakeWithin(6);
        seen.OfType<SseDisconnected>().First().Error!.Failure.ShouldBe(SseFailure.IdleTimeout);
        seen.OfType<SseEventReceived>().Select(e => e.Event.Data).ShouldBe(["1", "2"]);
        server.Requests.Last().Header("Last-Event-ID").ShouldBe("1");
    }

    [Fact]
    public async Task Any_byte_counts_as_activity()
    {
        // Twenty comments, the last without its end, at a fifth of the timeout each: four timeouts in all.
        await using var server = new RawServer(async c =>
        {
            await c.ReadRequestAsync();
            await c.SendAsync(RawServer.Head());
            for (var i = 0; i < 20; i++)
            {
                await c.SendAsync(i % 2 == 0 ? ":" : "\n");
                await Task.Delay(200);
            }

            await c.SendAsync("data: x\n\n");
            await c.UntilClosedAsync();
        });
        await using var client = Clients.Create(server.Url, o => o.IdleTimeout = TimeSpan.FromSeconds(1));
        (await client.SubscribeAsync().TakeWithin(1)).Single().Data.ShouldBe("x");
        server.Accepted.ShouldBe(1);
    }

    [Fact]
    public async Task Busy_consumer_is_not_taken_for_a_silent_server()
    {
        await using var server = new RawServer(async c =>
        {
            await c.StreamAsync("data: 1\n\n");
            await c.SendAsync("data: 2\n\n");
            await c.UntilClosedAsync();
        });
        await using var client = Clients.Create(server.Url, o => o.IdleTimeout = TimeSpan.FromMilliseconds(300));
        var data = new List<string?>();
        await foreach (var e in client.SubscribeAsync())
        {
            data.Add(e.Data);
            if (data.Count == 2)
            {
                break;
            }

            await Task.Delay(900);
        }

        data.ShouldBe(["1", "2"]);
        server.Accepted.ShouldBe(1);
    }

    [Fact]
    public async Task Server_that_never_answers_is_given_up_after_the_connect_timeout()
    {
        await using var server = new RawServer(async c =>
        {
            if (c.Number == 1)
            {
                await c.ReadRequestAsync();
                await c.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/ev");
                await c.UntilClosedAsync();
            }

            await c.StreamAsync("data: x\n\n");
            await c.UntilClosedAsync();
        });
        await using var client = Clients.Create(server.Url, o => o.ConnectTimeout = TimeSpan.FromMilliseconds(150));
        var seen = await client.WatchAsync().TakeWithin(4);
        seen.OfType<SseDisconnected>().Single().Error!.Failure.ShouldBe(SseFailure.ConnectTimeout);
        seen.OfType<SseEventReceived>().Single().Event.Data.ShouldBe("x");
    }

    [Fact]
    public async Task Timeout_of_a_callers_http_client_is_a_connect_timeout()
    {
        await using var server = new RawServer(c => c.ForeverAsync());
        using var http = new HttpClient { Timeout = TimeSpan.FromMilliseconds(100) };
        await using var client = Clients.Create(server.Url, o =>
        {
            o.HttpClient = http;
            o.MaxAttempts = 2;
        });
        (await Should.ThrowAsync<SseClientException>(client.SubscribeAsync().TakeWithin(1))).Failure.ShouldBe(SseFailure.ConnectTimeout);
    }
}
