namespace AkkaSse.Client.Tests.Connecting;

public sealed class MisbehavingServerTests
{
    [Fact]
    [Trait("parity", "CLI-10")]
    public async Task Stream_cut_in_the_middle_of_each_event_loses_and_repeats_nothing()
    {
        const int Count = 40;
        await using var server = new RawServer(async c =>
        {
            var request = await c.ReadRequestAsync();
            var next = int.Parse(request.Header("Last-Event-ID") ?? "0") + 1;
            await c.SendAsync(RawServer.Head("text/event-stream", "Transfer-Encoding: chunked\r\n"));
            var text = $"id: {next}\ndata: {next}\n\n";
            await c.SendAsync($"{text.Length:x}\r\n{text}\r\n");

            // The next event begins, and the connection breaks at a byte that differs each time.
            var part = $"id: {next + 1}\ndata: {next + 1}\n\n";
            part = part[..(next % (part.Length - 1))];
            await c.SendAsync(part.Length == 0 ? "" : $"{part.Length:x}\r\n{part}\r\n");
            if (next % 2 == 0)
            {
                c.Reset();
            }
        });
        await using var client = Clients.Create(server.Url);
        (await client.SubscribeAsync().TakeWithin(Count)).Select(e => e.Data).ShouldBe(
            Enumerable.Range(1, Count).Select(i => i.ToString()));
    }

    [Fact]
    public async Task Bytes_that_trickle_are_put_together()
    {
        await using var server = new RawServer(async c =>
        {
            await c.ReadRequestAsync();
            foreach (var part in RawServer.Head().Chunk(7))
            {
                await c.SendAsync(new string(part));
            }

            foreach (var b in "event: é\r\ndata: 豆腐\r\n\r\n")
            {
                await c.SendAsync(b.ToString());
                await Task.Yield();
            }

            await c.UntilClosedAsync();
        });
        await using var client = Clients.Create(server.Url);
        var e = (await client.SubscribeAsync().TakeWithin(1)).Single();
        (e.Type, e.Data).ShouldBe(("é", "豆腐"));
    }

    [Theory]
    [InlineData("garbage that is no HTTP\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n")]
    [InlineData("")]
    public async Task Answers_that_break_http_are_transient(string answer)
    {
        await using var server = new RawServer(async c =>
        {
            await c.ReadRequestAsync();
            await c.SendAsync(c.Number == 1 ? answer : RawServer.Head() + "data: x\n\n");
        });
        await using var client = Clients.Create(server.Url);
        (await client.SubscribeAsync().TakeWithin(1)).Single().Data.ShouldBe("x");
        server.Accepted.ShouldBe(2);
    }

    [Fact]
    public async Task Lost_connection_under_browser_rules_is_always_retried()
    {
        await using var server = new RawServer(async c =>
        {
            if (c.Number < 4)
            {
                await c.ReadRequestAsync();
                c.Reset();
                return;
            }

            await c.StreamAsync("data: x\n\n");
        });
        await using var client = Clients.Create(server.Url, o => o.Permanent = PermanentFailures.Browser);
        (await client.SubscribeAsync().TakeWithin(1)).Count.ShouldBe(1);
    }
}
