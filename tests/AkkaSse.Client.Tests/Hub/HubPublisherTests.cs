using AkkaSse.Hub;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.Client.Tests.Hub;

/// <summary>The publishing client against the real hub over real sockets.</summary>
public sealed class HubPublisherTests
{
    private static SseHubClient Client(string url) =>
        new(new SseHubClientOptions { BaseAddress = new Uri(url), RetryDelay = TimeSpan.FromMilliseconds(1) });

    [Fact]
    public async Task Result_is_what_a_reader_sees()
    {
        await using var host = await HubReaderTests.StartAsync();
        await using var publisher = Client(host.Url);
        await using var reader = Clients.Create(host.Url + "/v1/streams/a/events");
        await using var subscription = await reader.OpenAsync().Within("the opening");
        var e = new SseEvent { Type = "t", Data = "é\n\"x\"", Retry = TimeSpan.FromSeconds(7) };
        var result = await publisher.PublishAsync("a", e).AsTask().Within("the answer");
        result.ShouldSatisfyAllConditions(
            r => r.Status.ShouldBe(SsePublishStatus.Accepted), r => r.Position.Offset.ShouldBe(1), r => r.Duplicate.ShouldBeFalse());
        var seen = await subscription.Events.ReadAsync().AsTask().Within("the event");
        (seen.Type, seen.Data, seen.Id, seen.Retry).ShouldBe(("t", "é\n\"x\"", result.Id, TimeSpan.FromSeconds(7)));
    }

    [Fact]
    public async Task Keyed_publish_is_a_duplicate_the_second_time_and_a_conflict_with_another_event()
    {
        await using var host = await HubReaderTests.StartAsync();
        await using var publisher = Client(host.Url);
        var options = new SsePublishOptions { IdempotencyKey = "k1" };
        var first = await publisher.PublishAsync("a", new SseEvent { Data = "x" }, options);
        var second = await publisher.PublishAsync("a", new SseEvent { Data = "x" }, options);
        second.ShouldBe(first with { Duplicate = true });
        (await publisher.PublishAsync("a", new SseEvent { Data = "y" }, options)).Status.ShouldBe(SsePublishStatus.KeyConflict);
    }

    [Fact]
    public async Task Zones_broadcasts_and_clients_are_reached()
    {
        await using var host = await HubReaderTests.StartAsync();
        await using var publisher = Client(host.Url);
        await using var reader = Clients.Create(host.Url + "/v1/events?client=me&zone=z");
        await using var subscription = await reader.OpenAsync().Within("the opening");
        (await publisher.BroadcastToZoneAsync("z", new SseEvent { Data = "zone" })).IsAccepted.ShouldBeTrue();
        (await publisher.BroadcastAsync(new SseEvent { Data = "all" })).IsAccepted.ShouldBeTrue();
        (await publisher.SendToAsync("me", new SseEvent { Data = "direct" })).ShouldBe(
            new SseSendResult(SseSendStatus.Accepted, "me") { Zone = "z" });
        (await publisher.SendToAsync("me", new SseEvent { Data = "no" }, "other")).Status.ShouldBe(SseSendStatus.NotConnected);
        (await publisher.SendToAsync("nobody", new SseEvent { Data = "no" })).Status.ShouldBe(SseSendStatus.NotConnected);
        (await subscription.Events.ReadAllAsync().TakeWithin(3)).Select(e => e.Data).Order().ShouldBe(["all", "direct", "zone"]);
    }

    [Fact]
    public async Task Refusals_are_typed()
    {
        await using var host = await HubReaderTests.StartAsync(o =>
        {
            o.AutoCreate = false;
            o.MaxEventBytes = 1000;
        });
        await using var publisher = Client(host.Url);
        (await publisher.PublishAsync("nowhere", new SseEvent { Data = "x" })).Status.ShouldBe(SsePublishStatus.NoStream);
        (await HubReaderTests.HubOf(host).Streams.CreateAsync("a")).Stream.ShouldNotBeNull();
        (await publisher.PublishAsync("a", new SseEvent { Data = new string('x', 2000) })).Status.ShouldBe(SsePublishStatus.TooLarge);
        (await publisher.PublishAsync("a", new SseEvent { Type = "hub.open", Data = "{}" })).Status.ShouldBe(SsePublishStatus.Invalid);
        (await publisher.PublishAsync("$all", new SseEvent { Data = "x" })).Status.ShouldBe(SsePublishStatus.Invalid);
        (await publisher.PublishAsync("a", new SseEvent { Data = "x" })).IsAccepted.ShouldBeTrue();
    }

    [Fact]
    public async Task Answers_cut_at_random_bytes_leave_every_event_in_its_stream_once_and_in_order()
    {
        const int Events = 2000;
        await using var host = await HubReaderTests.StartAsync();
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var proxy = new CuttingProxy(host.Url, () =>
        {
            lock (random)
            {
                return random.Next(0, 60_000);
            }
        });
        await using var publisher = new SseHubClient(new SseHubClientOptions
        {
            BaseAddress = new Uri(proxy.Url),
            RetryDelay = TimeSpan.FromMilliseconds(1),
            MaxBatchEvents = 50,
        });
        await Task.WhenAll(Enumerable.Range(0, 3).Select(async s =>
        {
            var answers = new List<Task<SsePublishResult>>();
            for (var i = 0; i < Events; i++)
            {
                answers.Add(await publisher.EnqueueAsync($"s{s}", new SseEvent { Data = i.ToString() }));
            }

            var results = await Task.WhenAll(answers);
            results.Select(r => (r.Status, r.Position.Offset)).ShouldBe(
                Enumerable.Range(1, Events).Select(i => (SsePublishStatus.Accepted, (long)i)), $"seed {seed}");
        })).Within($"the publishers (seed {seed})");
        proxy.Cuts.ShouldBeGreaterThan(5);
        for (var s = 0; s < 3; s++)
        {
            await using var reader = Clients.Create($"{host.Url}/v1/streams/s{s}/events?since=earliest");
            (await reader.SubscribeAsync().TakeWithin(Events)).Select(e => e.Data).ShouldBe(
                Enumerable.Range(0, Events).Select(i => (string?)i.ToString()));
        }
    }
}
