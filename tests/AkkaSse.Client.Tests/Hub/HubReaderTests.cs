using AkkaSse.Hub;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.Client.Tests.Hub;

/// <summary>The reader against the real hub over real sockets.</summary>
public sealed class HubReaderTests
{
    internal static Task<WebHost> StartAsync(Action<HubOptions>? configure = null) => WebHost.StartAsync(
        app => app.MapSseHub(o => o.AllowAnonymousClientIds = true),
        services: s => s.AddSseHub(o =>
        {
            o.AutoCreate = true;
            o.Retry = TimeSpan.FromMilliseconds(5);
            o.DrainWindow = TimeSpan.FromMilliseconds(20);
            configure?.Invoke(o);
        }));

    internal static ISseHub HubOf(WebHost host) => host.Services.GetRequiredService<ISseHub>();

    private static Task PublishAsync(WebHost host, string stream, int from, int count) => Task.Run(async () =>
    {
        for (var i = from; i < from + count; i++)
        {
            (await HubOf(host).PublishAsync(stream, new SseEvent { Data = i.ToString() })).IsAccepted.ShouldBeTrue();
        }
    });

    [Theory]
    [InlineData("/v1/streams/a/events")]
    [InlineData("/v1/events?stream=a&stream=b")]
    [Trait("parity", "CLI-13")]
    [Trait("speed", "slow")]
    public async Task A_hundred_cuts_at_random_bytes_under_publishing_deliver_every_event_once_and_in_order(string path)
    {
        const int Cuts = 100;
        await using var host = await StartAsync();
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var proxy = new CuttingProxy(host.Url, () =>
        {
            lock (random)
            {
                // The head alone has some 300 bytes, so that some connections end in it, some before their first event.
                return random.Next(200, 1500);
            }
        });
        await using var client = Clients.Create(proxy.Url + path);
        using var stop = new CancellationTokenSource();
        var connected = new TaskCompletionSource();
        client.OnNotification<HubOpened>(_ => connected.TrySetResult());
        client.OnNotification<HubGap>(g => throw new InvalidOperationException($"gap {g.Event.Data}"));
        var next = new Dictionary<string, int> { ["a"] = 0, ["b"] = 0 };
        client.OnAny(async (e, _) =>
        {
            var parts = e.Data!.Split(' ');
            int.Parse(parts[1]).ShouldBe(next[parts[0]]++, $"stream {parts[0]}, seed {seed}");
            if (proxy.Cuts >= Cuts)
            {
                await stop.CancelAsync();
            }
        });
        var running = client.RunAsync(stop.Token);
        await connected.Task.Within("hub.open");
        var publishing = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await HubOf(host).PublishAsync("a", new SseEvent { Data = $"a {i}" });
                await HubOf(host).PublishAsync("b", new SseEvent { Data = $"b {i}" });
                await Task.Delay(1);
            }
        });
        await Should.ThrowAsync<OperationCanceledException>(running.Within($"{Cuts} cuts (seed {seed})"));
        await publishing;
        next["a"].ShouldBeGreaterThan(10);
    }

    [Fact]
    public async Task Open_tells_client_and_streams_before_any_event()
    {
        await using var host = await StartAsync();
        await PublishAsync(host, "a", 0, 3);
        await using var client = Clients.Create(host.Url + "/v1/events?stream=a&client=me&instance=i1&since=earliest");
        var seen = await client.WatchAsync().TakeWithin(7);
        var relevant = seen.Where(n => n is not (SseCommentReceived or SseRetryChanged)).ToList();
        relevant[0].ShouldBeOfType<SseOpened>();
        var open = relevant[1].ShouldBeOfType<HubOpened>();
        open.Client.ShouldBe("me");
        open.Streams.Single().ShouldSatisfyAllConditions(s => s.Stream.ShouldBe("a"), s => s.Head.ShouldBe(3));
        relevant[2].ShouldBeOfType<SseEventReceived>().Event.Data.ShouldBe("0");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Publishers_id_is_a_field_of_its_event_and_no_comment_unless_fields_are_not_wanted(bool fields)
    {
        await using var host = await StartAsync();
        foreach (var e in new[] { new SseEvent { Data = "0", Id = "order-7", Comment = "of mine" }, new SseEvent { Data = "1" } })
        {
            (await HubOf(host).PublishAsync("a", e)).IsAccepted.ShouldBeTrue();
        }

        await using var client = Clients.Create(host.Url + "/v1/streams/a/events?since=earliest", o => o.CustomFields = fields);
        var seen = await client.WatchAsync().TakeWithin(fields ? 7 : 8);
        var events = seen.OfType<SseEventReceived>().Select(n => n.Event).ToList();
        events.Select(e => string.Join(',', e.Fields.Select(f => $"{f.Key}={f.Value}"))).ShouldBe(fields ? ["eid=order-7", ""] : ["", ""]);
        seen.OfType<SseCommentReceived>().Select(c => c.Comment).Where(c => c.Length > 0).ShouldBe(
            fields ? ["of mine"] : ["eid=order-7", "of mine"]);
    }

    [Fact]
    public async Task Trimmed_history_is_a_typed_gap_and_reading_goes_on()
    {
        await using var host = await StartAsync(o => o.StreamDefaults = new StreamOptions { MaxEvents = 5 });
        string id;
        await using (var first = Clients.Create(host.Url + "/v1/streams/a/events"))
        {
            await using var subscription = await first.OpenAsync().Within("the opening");
            await PublishAsync(host, "a", 1, 1);
            id = (await subscription.Events.ReadAsync().AsTask().Within("the first event")).LastEventId;
        }

        await PublishAsync(host, "a", 2, 50);
        await using var client = Clients.Create(host.Url + "/v1/streams/a/events", o => o.LastEventId = id);
        var gaps = new List<HubGap>();
        client.OnNotification<HubGap>(gaps.Add);
        var events = new List<int>();
        await foreach (var e in client.SubscribeAsync())
        {
            events.Add(int.Parse(e.Data!));
            if (events[^1] == 51)
            {
                break;
            }
        }

        var gap = gaps.Single();
        (gap.Stream, gap.Reason, gap.From).ShouldBe(("a", "trimmed", 2L));
        events[0].ShouldBe((int)gap.To!.Value + 1);
        events.ShouldBe(Enumerable.Range(events[0], events.Count));
    }

    [Fact]
    public async Task Drain_is_told_and_the_first_delay_is_the_hubs()
    {
        var host = await StartAsync();
        await using var client = Clients.Create(host.Url + "/v1/streams/a/events", o =>
        {
            o.Reconnect = ReconnectPolicy.Exponential(TimeSpan.FromHours(1), 1, TimeSpan.FromHours(1));
            o.MaxAttempts = 1;
        });
        var seen = new List<SseNotification>();
        client.OnNotification<SseNotification>(seen.Add);
        await using var subscription = await client.OpenAsync().Within("the opening");
        await host.StopAsync();
        await Should.ThrowAsync<SseClientException>(subscription.Completion.Within("the end"));
        await host.DisposeAsync();
        var drained = seen.FindIndex(n => n is HubDraining);
        drained.ShouldBeGreaterThan(0);
        var retrying = seen.Skip(drained).OfType<SseRetrying>().First();
        retrying.Delay.ShouldBe(seen.Take(drained).OfType<SseRetryChanged>().LastOrDefault()?.Retry ?? TimeSpan.FromMilliseconds(5));
        retrying.Delay.ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Removed_stream_is_an_end_and_no_content_stops_for_good()
    {
        await using var host = await StartAsync();
        await PublishAsync(host, "a", 0, 1);
        await using var client = Clients.Create(host.Url + "/v1/streams/a/events");
        HubEnded? ended = null;
        client.OnNotification<HubEnded>(e => ended = e);
        await using var subscription = await client.OpenAsync().Within("the opening");
        (await HubOf(host).Streams.RemoveAsync("a")).OrThrow().ShouldBeTrue();
        (await Should.ThrowAsync<SseClientException>(subscription.Completion.Within("the end"))).Failure.ShouldBe(SseFailure.NoContent);
        ended!.Reason.ShouldBe("removed");
    }

    [Fact]
    [Trait("parity", "CLI-14")]
    public async Task Heartbeats_keep_an_idle_connection()
    {
        await using var host = await StartAsync(o => o.Heartbeat = TimeSpan.FromSeconds(1));
        await using var client = Clients.Create(host.Url + "/v1/streams/a/events", o => o.IdleTimeout = TimeSpan.FromSeconds(10));
        var comments = 0;
        await foreach (var n in client.WatchAsync())
        {
            n.ShouldNotBeOfType<SseDisconnected>();
            if (n is SseCommentReceived && ++comments == 4)
            {
                break;
            }
        }
    }

    [Fact]
    [Trait("parity", "CLI-13")]
    public async Task Manual_acknowledgement_resumes_a_cursor_over_several_streams()
    {
        await using var host = await StartAsync();
        await using var client = Clients.Create(host.Url + "/v1/events?stream=a&stream=b", o => o.ManualAcknowledge = true);
        await using var subscription = await client.OpenAsync().Within("the opening");
        for (var i = 0; i < 5; i++)
        {
            await PublishAsync(host, "a", i, 1);
            await PublishAsync(host, "b", 100 + i, 1);
        }

        var first = await subscription.Events.ReadAllAsync().TakeWithin(10);
        subscription.Acknowledge(first[3]);
        subscription.Restart();
        var again = await subscription.Events.ReadAllAsync().TakeWithin(6);
        again.Select(e => e.Data).Order().ShouldBe(first.Skip(4).Select(e => e.Data).Order());
    }
}
