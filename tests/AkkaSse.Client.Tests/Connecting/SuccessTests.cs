using AkkaSse.Testing;

namespace AkkaSse.Client.Tests.Connecting;

/// <summary>Servers that answer 200 and serve nobody: they neither set the pace of the reconnects nor count as reached.</summary>
[Trait("parity", "CLI-10")]
[Trait("parity", "CLI-12")]
public sealed class SuccessTests
{
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData("retry: 0\n\n")]
    [InlineData("retry: 1\ndata: x\n\n")]
    public async Task Server_cannot_ask_for_reconnects_without_a_pause(string stream)
    {
        await using var server = new RawServer(c => c.StreamAsync(stream));
        await using var client = Create(server, o => o.Reconnect = ReconnectPolicy.Fixed(TimeSpan.FromMilliseconds(300)));
        var seen = await WatchAsync(client, n => n is SseRetrying { Attempt: > 3 } || server.Accepted == 4);
        seen.OfType<SseRetrying>().ShouldAllBe(r => r.Delay == TimeSpan.FromMilliseconds(500));
        seen.OfType<SseRetryChanged>().Single().Retry.ShouldBe(TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public async Task Refusal_with_a_retry_after_of_nothing_is_no_reconnect_without_a_pause()
    {
        await using var server = new RawServer(async c =>
        {
            if (c.Number == 1)
            {
                await c.StreamAsync("retry: 0\n\n");
                return;
            }

            await c.ReadRequestAsync();
            await c.SendAsync(RawServer.Status("503 No", "Retry-After: 0\r\n"));
        });
        await using var client = Create(server, o => o.Reconnect = ReconnectPolicy.Fixed(TimeSpan.FromMilliseconds(300)));
        var seen = await WatchAsync(client, _ => server.Accepted == 4);
        seen.OfType<SseRetrying>().ShouldAllBe(r => r.Delay == TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public async Task Shorter_longest_retry_wins_over_the_shortest()
    {
        await using var server = new RawServer(c => c.StreamAsync("retry: 0\n\n"));
        await using var client = Create(
            server, o => (o.MaxRetry, o.Reconnect) = (TimeSpan.FromMilliseconds(40), ReconnectPolicy.Fixed(TimeSpan.FromHours(1))));
        var seen = await WatchAsync(client, n => n is SseRetrying);
        seen.OfType<SseRetrying>().Single().Delay.ShouldBe(TimeSpan.FromMilliseconds(40));
    }

    [Theory]
    [InlineData("")]
    [InlineData(": heartbeat\n\n")]
    [InlineData("retry: 0\n\n")]
    [InlineData("event: hub.end\nretry: 1\ndata: {\"reason\":\"limit\"}\n\n")]
    [InlineData("id: 7\n\ndata: cut off")]
    public async Task Streams_that_end_at_once_without_an_event_are_failed_attempts_and_use_them_up(string stream)
    {
        await using var server = new RawServer(c => c.StreamAsync(stream));
        var attempts = new List<int>();
        await using var client = Create(server, o => (o.MaxAttempts, o.Reconnect) = (4, ReconnectPolicy.Custom(c =>
        {
            attempts.Add(c.Attempt);
            return TimeSpan.FromSeconds(1);
        })));
        var seen = await WatchAsync(client, _ => false);
        var error = seen.OfType<SseClosed>().Single().Error.ShouldNotBeNull();
        error.Failure.ShouldBe(SseFailure.EndOfStream);
        error.Message.ShouldContain("without an event");
        attempts.ShouldBe([2, 3, 4]);
        seen.OfType<SseOpened>().Select(o => o.Attempt).ShouldBe([1, 2, 3, 4]);
        server.Accepted.ShouldBe(4);
    }

    [Fact]
    public async Task Connections_that_break_without_an_event_are_failed_attempts_too()
    {
        await using var server = new RawServer(async c =>
        {
            await c.ReadRequestAsync();
            await c.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100\r\nConnection: close\r\n\r\n:");
        });
        await using var client = Create(server, o => o.MaxAttempts = 3);
        var seen = await WatchAsync(client, _ => false);
        seen.OfType<SseClosed>().Single().Error.ShouldNotBeNull().Failure.ShouldBe(SseFailure.Interrupted);
        server.Accepted.ShouldBe(3);
    }

    [Fact]
    public async Task Streams_that_end_at_once_are_given_up_after_the_time_for_reconnecting()
    {
        await using var server = new RawServer(c => c.StreamAsync(""));
        await using var client = Create(server, o => (o.MaxReconnectTime, o.Reconnect) =
            (TimeSpan.FromMinutes(1), ReconnectPolicy.Fixed(TimeSpan.FromSeconds(20))));
        var seen = await WatchAsync(client, _ => false);
        seen.OfType<SseClosed>().Single().Error.ShouldNotBeNull().Failure.ShouldBe(SseFailure.EndOfStream);
        server.Accepted.ShouldBe(4);
    }

    [Theory]
    [InlineData(4_999, 2)]
    [InlineData(5_000, 1)]
    public async Task Silent_connection_is_a_success_when_it_stood_long_enough(int milliseconds, int next)
    {
        var end = new SemaphoreSlim(0);
        await using var server = new RawServer(async c =>
        {
            await c.StreamAsync(": quiet\n\n");
            await end.WaitAsync();
        });
        await using var client = Create(server);
        var seen = await WatchAsync(client, n =>
        {
            if (n is SseCommentReceived)
            {
                _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
                end.Release();
            }

            return n is SseRetrying;
        });
        seen.OfType<SseRetrying>().Single().Attempt.ShouldBe(next);
    }

    [Fact]
    public async Task Hub_that_opened_the_stream_is_a_success()
    {
        await using var server = new RawServer(c => c.StreamAsync("event: hub.open\ndata: {\"client\":\"c\",\"streams\":[]}\n\n"));
        await using var client = Create(server);
        (await WatchAsync(client, n => n is SseRetrying)).OfType<SseRetrying>().Single().Attempt.ShouldBe(1);
    }

    [Fact]
    public async Task Without_reconnecting_an_empty_stream_is_no_failure()
    {
        await using var server = new RawServer(c => c.StreamAsync(""));
        await using var client = Create(server, o => (o.Reconnect, o.MaxAttempts) = (ReconnectPolicy.None, 1));
        (await WatchAsync(client, _ => false)).OfType<SseClosed>().Single().Error.ShouldBeNull();
    }

    [Fact]
    public async Task Restart_of_a_connection_without_an_event_is_no_failed_attempt()
    {
        await using var server = new RawServer(async c =>
        {
            await c.StreamAsync(": quiet\n\n");
            await c.UntilClosedAsync();
        });
        await using var client = Create(server, o => o.MaxAttempts = 1);
        var seen = await WatchAsync(client, n =>
        {
            if (n is SseCommentReceived)
            {
                client.Restart();
            }

            return n is SseRetrying;
        });
        seen.OfType<SseRetrying>().Single().Attempt.ShouldBe(1);
    }

    private SseClient Create(RawServer server, Action<SseClientOptions>? configure = null) => Clients.Create(server.Url, o =>
    {
        o.TimeProvider = _time;
        o.ConnectTimeout = Timeout.InfiniteTimeSpan;
        configure?.Invoke(o);
    });

    /// <summary>All that is told until one of it is the last. Each wait is over as soon as it begins, by the clock.</summary>
    private async Task<List<SseNotification>> WatchAsync(SseClient client, Func<SseNotification, bool> last)
    {
        var seen = new List<SseNotification>();
        await using var notifications = client.WatchAsync().GetAsyncEnumerator();
        while (true)
        {
            var next = notifications.MoveNextAsync().AsTask();
            if (seen.LastOrDefault() is SseRetrying waiting)
            {
                next.IsCompleted.ShouldBeFalse("the next attempt waits");
                _time.Advance(waiting.Delay);
            }

            if (!await Eventually.Within(next, "the next notification"))
            {
                return seen;
            }

            seen.Add(notifications.Current);
            seen.Count.ShouldBeLessThan(100, "a client that never gives up");
            if (last(notifications.Current))
            {
                return seen;
            }
        }
    }
}
