using AkkaSse.Testing;

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
    public async Task Any_byte_restarts_the_idle_time_and_its_end_drops_the_connection()
    {
        var time = new WatchedTime();
        var next = new SemaphoreSlim(0);
        await using var server = new RawServer(async c =>
        {
            await c.StreamAsync("");
            foreach (var b in ":\n: x\n\n")
            {
                await next.WaitAsync();
                await c.SendAsync(b.ToString());
            }

            await c.UntilClosedAsync();
        });
        await using var client = Clients.Create(server.Url, o =>
        {
            o.IdleTimeout = TimeSpan.FromHours(1);
            o.TimeProvider = time;
            o.Reconnect = ReconnectPolicy.None;
        });
        var all = client.WatchAsync().TakeWithin(5);
        for (var armed = 1; armed <= 7; armed++)
        {
            await Eventually.Until(() => time.Armed == armed, $"the idle time is armed {armed} times");
            next.Release();
        }

        time.Fire();
        (await all).OfType<SseClosed>().Single().Error!.Failure.ShouldBe(SseFailure.IdleTimeout);
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
        var time = new ManualTimeProvider();
        await using var client = Clients.Create(server.Url, o => (o.IdleTimeout, o.TimeProvider) = (TimeSpan.FromMinutes(1), time));
        var data = new List<string?>();
        await foreach (var e in client.SubscribeAsync())
        {
            data.Add(e.Data);
            if (data.Count == 2)
            {
                break;
            }

            time.Advance(TimeSpan.FromMinutes(3));
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
        // On a busy machine the second attempt may be given up too.
        var seen = new List<SseNotification>();
        await UntilEventAsync().Within("the event");
        seen.OfType<SseDisconnected>().ShouldAllBe(static d => d.Error!.Failure == SseFailure.ConnectTimeout);
        seen.OfType<SseDisconnected>().ShouldNotBeEmpty();
        seen.OfType<SseEventReceived>().Single().Event.Data.ShouldBe("x");

        async Task UntilEventAsync()
        {
            await foreach (var n in client.WatchAsync())
            {
                seen.Add(n);
                if (n is SseEventReceived) break;
            }
        }
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

    /// <summary>A clock whose timers of one hour are watched and fired by hand.</summary>
    private sealed class WatchedTime : TimeProvider
    {
        private int _armed;
        private Action _fire = () => { };

        public int Armed => Volatile.Read(ref _armed);

        public void Fire() => _fire();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new Watched(base.CreateTimer(callback, state, dueTime, period), this, () => callback(state));

        private sealed class Watched(ITimer inner, WatchedTime owner, Action fire) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                if (dueTime == TimeSpan.FromHours(1))
                {
                    owner._fire = fire;
                    Interlocked.Increment(ref owner._armed);
                }

                return inner.Change(dueTime, period);
            }

            public void Dispose() => inner.Dispose();

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
