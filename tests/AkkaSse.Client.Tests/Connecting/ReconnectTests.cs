using System.Net;
using AkkaSse.Testing;

namespace AkkaSse.Client.Tests.Connecting;

public sealed class ReconnectTests
{
    [Fact]
    [Trait("parity", "CLI-10")]
    [Trait("parity", "CLI-15")]
    public async Task Clean_end_reset_and_refused_attempts_are_all_followed_by_a_reconnect_in_order()
    {
        await using var server = new RawServer(async c =>
        {
            switch (c.Number)
            {
                case 1:
                    await c.StreamAsync("data: 1\n\n");
                    break;
                case 2:
                    await c.StreamAsync("data: 2\n\n");
                    await c.SendAsync("data: cut off in the mid");
                    break;
                case 3:
                    await c.ReadRequestAsync();
                    c.Reset();
                    break;
                default:
                    await c.StreamAsync("data: 3\n\n");
                    await c.UntilClosedAsync();
                    break;
            }
        });
        await using var client = Clients.Create(server.Url);
        var seen = (await client.WatchAsync().TakeWithin(12)).Select(n => n switch
        {
            SseOpened o => $"open {o.Attempt}",
            SseEventReceived e => $"event {e.Event.Data}",
            SseDisconnected d => $"lost {d.Error!.Failure} {d.WasOpen} {d.WillRetry}",
            SseRetrying r => $"retry {r.Attempt}",
            _ => n.ToString(),
        });
        seen.ShouldBe([
            "open 1", "event 1", "lost EndOfStream True True", "retry 1",
            "open 1", "event 2", "lost EndOfStream True True", "retry 1",
            "lost Connect False True", "retry 2",
            "open 2", "event 3"]);
    }

    [Fact]
    [Trait("parity", "CLI-10")]
    [Trait("parity", "CLI-16")]
    public async Task Unreachable_server_is_retried_until_it_is_there()
    {
        var port = 0;
        await using (var first = new RawServer(c => c.ForeverAsync()))
        {
            port = new Uri(first.Url).Port;
        }

        var attempts = 0;
        await using var client = Clients.Create($"http://127.0.0.1:{port}/", o => o.Reconnect = ReconnectPolicy.Custom(c =>
        {
            attempts = c.Attempt;
            return attempts < 5 ? TimeSpan.FromMilliseconds(1) : null;
        }));
        var error = await Should.ThrowAsync<SseClientException>(client.SubscribeAsync().TakeWithin(1));
        error.Failure.ShouldBe(SseFailure.Connect);
        attempts.ShouldBe(5);
        client.State.ShouldBe(SseClientState.Closed);
    }

    [Fact]
    [Trait("parity", "CLI-10")]
    public async Task Attempts_are_limited_on_request_and_handlers_never_called()
    {
        await using var server = new RawServer(async c =>
        {
            await c.ReadRequestAsync();
            await c.SendAsync(RawServer.Status("401 Unauthorized"));
        });
        await using var client = Clients.Create(server.Url, o =>
        {
            o.MaxAttempts = 3;
            o.Permanent = PermanentFailures.None;
        });
        client.OnAny(_ => throw new InvalidOperationException("never"));
        (await Should.ThrowAsync<SseClientException>(client.RunAsync().Within("the end"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        server.Accepted.ShouldBe(3);
    }

    [Fact]
    [Trait("parity", "CLI-10")]
    public async Task Attempts_count_anew_after_a_success()
    {
        await using var server = new RawServer(async c =>
        {
            if (c.Number % 3 == 0)
            {
                await c.StreamAsync("data: x\n\n");
                return;
            }

            await c.ReadRequestAsync();
            await c.SendAsync(RawServer.Status("500 No"));
        });
        await using var client = Clients.Create(server.Url, o => o.MaxAttempts = 3);
        (await client.SubscribeAsync().TakeWithin(4)).Count.ShouldBe(4);
        server.Accepted.ShouldBe(12);
    }

    [Fact]
    [Trait("parity", "CLI-10")]
    public async Task Reconnecting_can_be_limited_in_time()
    {
        var time = new ManualTimeProvider();
        await using var server = new RawServer(async c =>
        {
            await c.ReadRequestAsync();
            // Each answer takes a third of the time, and the pause before the next attempt is over with it.
            time.Advance(TimeSpan.FromSeconds(20));
            await c.SendAsync(RawServer.Status("500 No"));
        });
        await using var client = Clients.Create(
            server.Url, o => (o.MaxReconnectTime, o.TimeProvider, o.Reconnect) =
            (TimeSpan.FromMinutes(1), time, ReconnectPolicy.Custom(static _ => TimeSpan.Zero)));
        (await Should.ThrowAsync<SseClientException>(client.SubscribeAsync().TakeWithin(1))).StatusCode.ShouldBe(
            HttpStatusCode.InternalServerError);
        server.Accepted.ShouldBeGreaterThan(1);
    }

    [Fact]
    [Trait("parity", "CLI-12")]
    [Trait("parity", "CLI-10")]
    public async Task Without_reconnecting_the_end_of_the_stream_ends_the_enumeration_whatever_retry_says()
    {
        await using var server = new RawServer(c => c.StreamAsync("retry: 1\ndata: x\n\n"));
        await using var client = Clients.Create(server.Url, o => o.Reconnect = ReconnectPolicy.None);
        (await client.SubscribeAsync().TakeWithin(2)).Count.ShouldBe(1);
        server.Accepted.ShouldBe(1);
    }

    [Fact]
    [Trait("parity", "CLI-12")]
    public async Task Servers_retry_becomes_the_delay()
    {
        await using var server = new RawServer(c => c.StreamAsync("retry: 23\ndata: x\n\n"));
        await using var client = Clients.Create(
            server.Url, o => (o.Reconnect, o.MinRetry) = (ReconnectPolicy.Fixed(TimeSpan.FromHours(1)), TimeSpan.FromMilliseconds(23)));
        var seen = await client.WatchAsync().TakeWithin(10);
        seen.OfType<SseRetrying>().ShouldAllBe(r => r.Delay == TimeSpan.FromMilliseconds(23));
        seen.OfType<SseRetrying>().Count().ShouldBe(2);
        seen.OfType<SseRetryChanged>().Count().ShouldBe(1);
    }

    [Fact]
    [Trait("parity", "CLI-13")]
    [Trait("parity", "WIRE-14")]
    public async Task Id_of_an_event_that_was_cut_off_is_not_sent()
    {
        await using var server = new RawServer(c => c.StreamAsync(c.Number switch
        {
            1 => "id: 6\ndata: whole\n\nid: 7\ndata: par",
            2 => "id: 8\n\n",
            3 => "id: 9\0\ndata: null in id\n\nid\ndata: reset\n\n",
            _ => "data: end\n\n",
        }));
        await using var client = Clients.Create(server.Url);
        var events = await client.SubscribeAsync().TakeWithin(4);
        server.Requests.Take(4).Select(r => r.Header("Last-Event-ID")).ShouldBe([null, "6", "8", null]);
        events.Select(e => e.LastEventId).ShouldBe(["6", "8", "", ""]);
    }

    [Fact]
    [Trait("parity", "CLI-13")]
    public async Task Last_event_id_is_that_of_the_event_in_hand_not_of_one_that_waits()
    {
        await using var server = new RawServer(async c =>
        {
            await c.StreamAsync("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n");
            await c.UntilClosedAsync();
        });
        await using var client = Clients.Create(server.Url);
        var ids = new List<string>();
        await foreach (var e in client.SubscribeAsync())
        {
            ids.Add(client.LastEventId);
            if (ids.Count == 3)
            {
                break;
            }
        }

        ids.ShouldBe(["1", "2", "3"]);
    }

    [Fact]
    [Trait("parity", "CLI-16")]
    public async Task State_follows_the_connection()
    {
        var release = new TaskCompletionSource();
        await using var server = new RawServer(async c =>
        {
            await c.ReadRequestAsync();
            await release.Task;
            await c.SendAsync(RawServer.Head() + "data: x\n\n");
        });
        await using var client = Clients.Create(server.Url, o => o.Reconnect = ReconnectPolicy.Fixed(TimeSpan.FromHours(1)));
        client.State.ShouldBe(SseClientState.Closed);
        var states = new List<SseClientState>();
        client.OnNotification<SseNotification>(_ => states.Add(client.State));
        using var stop = new CancellationTokenSource();
        var running = client.RunAsync(stop.Token);
        await Eventually.Until(() => server.Accepted == 1, "the request is under way");
        client.State.ShouldBe(SseClientState.Connecting);
        release.SetResult();
        await Eventually.Until(() => client.State == SseClientState.Waiting, "it waits");
        states.ShouldBe([SseClientState.Open, SseClientState.Open, SseClientState.Waiting]);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running.Within("the end"));
        client.State.ShouldBe(SseClientState.Closed);
    }

    [Fact]
    public async Task Restart_drops_the_connection_and_resumes_without_an_error()
    {
        await using var server = new RawServer(async c =>
        {
            await c.StreamAsync($"id: {c.Number}\ndata: x\n\n");
            await c.UntilClosedAsync();
        });
        await using var client = Clients.Create(server.Url);
        var seen = new List<SseNotification>();
        await foreach (var n in client.WatchAsync())
        {
            seen.Add(n);
            if (n is SseEventReceived { Event.Id: "1" })
            {
                client.Restart();
            }
            else if (n is SseEventReceived)
            {
                break;
            }
        }

        server.Requests.Last().Header("Last-Event-ID").ShouldBe("1");
        seen.OfType<SseDisconnected>().Single().ShouldSatisfyAllConditions(d => d.Error.ShouldBeNull(), d => d.WillRetry.ShouldBeTrue());
    }

    [Fact]
    public async Task Restart_cuts_a_wait_short()
    {
        await using var server = new RawServer(c => c.StreamAsync($"data: {c.Number}\n\n"));
        await using var client = Clients.Create(server.Url, o => o.Reconnect = ReconnectPolicy.Fixed(TimeSpan.FromHours(1)));
        var reading = client.SubscribeAsync().TakeWithin(2);
        await Eventually.Until(() => client.State == SseClientState.Waiting, "it waits");
        client.Restart();
        (await reading).Select(e => e.Data).ShouldBe(["1", "2"]);
    }
}
