using System.Text.Json;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.Client.Tests.Publishing;

public sealed class SseHubClientTests
{
    private static SseHubClient Client(FakeHub hub, Action<SseHubClientOptions>? configure = null)
    {
        var options = new SseHubClientOptions { BaseAddress = new Uri(hub.Url), RetryDelay = TimeSpan.FromMilliseconds(1) };
        configure?.Invoke(options);
        return new SseHubClient(options);
    }

    private static SseEvent Event(string data) => new() { Data = data };

    [Fact]
    public async Task Publish_answers_position_id_and_readers()
    {
        await using var hub = await FakeHub.StartAsync();
        await using var client = Client(hub);
        await client.PublishAsync("a", Event("x"));
        var result = await client.PublishAsync("a", Event("y")).AsTask().Within("the answer");
        result.ShouldBe(new SsePublishResult(SsePublishStatus.Accepted, "a")
        {
            Position = new SseStreamPosition("k", 2),
            Id = "2-k",
            LocalReaders = 3,
        });
        result.IsAccepted.ShouldBeTrue();
        result.Position.ToString().ShouldBe("2-k");
    }

    [Fact]
    public async Task Every_part_of_an_event_is_sent()
    {
        await using var hub = await FakeHub.StartAsync();
        await using var client = Client(hub);
        var e = new SseEvent { Type = "t", Data = "line\n\"é\u0001", Id = "i", Comment = "c", Retry = TimeSpan.FromSeconds(3) };
        await client.PublishAsync(
            "a", e, new SsePublishOptions { IdempotencyKey = "k", ConflateKey = "ck", Ttl = TimeSpan.FromSeconds(90) });
        var sent = hub.Logs["a"].Single().GetRawText();
        JsonSerializer.Deserialize<Dictionary<string, object>>(sent)!.Select(p => $"{p.Key}={p.Value}").ShouldBe([
            "stream=a", "type=t", "data=line\n\"é\u0001", "id=i", "comment=c", "retry=3000", "conflate=ck", "ttl=90000ms",
                "idempotencyKey=k"]);
    }

    [Fact]
    public async Task Zone_broadcast_and_client_are_targets()
    {
        await using var hub = await FakeHub.StartAsync();
        await using var client = Client(hub);
        (await client.BroadcastToZoneAsync("z", Event("1"))).Stream.ShouldBe("z");
        (await client.BroadcastAsync(Event("2"))).Stream.ShouldBe("$all");
        (await client.SendToAsync("c", Event("3"), "z1")).ShouldBe(new SseSendResult(SseSendStatus.Accepted, "c") { Zone = "z1" });
        (await client.SendToAsync("unknown", Event("4"))).Status.ShouldBe(SseSendStatus.NotConnected);
        (hub.Data("zone z").Single(), hub.Data("all").Single(), hub.Data("client c").Single()).ShouldBe(("1", "2", "3"));
    }

    [Fact]
    public async Task Batch_answers_each_item_in_order()
    {
        await using var hub = await FakeHub.StartAsync();
        await using var client = Client(hub, o => o.MaxBatchEvents = 2);
        var results = await client.PublishBatchAsync([
            new SseBatchItem { Stream = "a", Event = Event("1") },
            new SseBatchItem { Stream = "unknown", Event = Event("2") },
            new SseBatchItem { Event = Event("no target") },
            new SseBatchItem { Client = "c", Event = Event("3") },
            new SseBatchItem { Broadcast = true, Event = new SseEvent() }]);
        results.Select(r => r.Publish?.Status.ToString() ?? "send " + r.Send!.Value.Status)
            .ShouldBe(["Accepted", "NoStream", "Invalid", "send Accepted", "Invalid"]);
        results[1].Publish!.Value.Error.ShouldBe("no such");
        results.Count(r => r.IsAccepted).ShouldBe(2);
        hub.Requests.ShouldBe(2);
    }

    [Fact]
    public async Task Invalid_events_are_refused_without_a_request()
    {
        await using var hub = await FakeHub.StartAsync();
        await using var client = Client(hub);
        (await client.PublishAsync("a", new SseEvent { Type = "x" })).Status.ShouldBe(SsePublishStatus.Invalid);
        (await client.PublishAsync("a", new SseEvent { DataBytes = new byte[] { 0xff } })).Error!.ShouldContain("SseBase64");
        (await client.PublishAsync("a", new SseEvent { Data = "x", Id = "a\nb" })).Status.ShouldBe(SsePublishStatus.Invalid);
        (await client.PublishAsync("a", new SseEvent { Data = "x", Fields = [new("f", "v")] })).Status.ShouldBe(SsePublishStatus.Invalid);
        (await client.PublishAsync(
            "a", Event("x"), new SsePublishOptions { IdempotencyKey = "" })).Status.ShouldBe(SsePublishStatus.Invalid);
        hub.Requests.ShouldBe(0);
    }

    [Fact]
    public async Task Publishes_gather_while_a_request_is_under_way_and_keep_their_order_per_stream()
    {
        await using var hub = await FakeHub.StartAsync();
        await using var client = Client(hub);
        var gate = new TaskCompletionSource();
        hub.Before = () => gate.Task;
        var answers = Enumerable.Range(0, 5000).Select(i => client.PublishAsync($"s{i % 7}", Event(i.ToString())).AsTask()).ToList();
        gate.SetResult();
        var results = await Task.WhenAll(answers).Within("the answers");
        results.ShouldAllBe(r => r.IsAccepted);
        for (var s = 0; s < 7; s++)
        {
            hub.Data($"s{s}").ShouldBe(Enumerable.Range(0, 5000).Where(i => i % 7 == s).Select(i => i.ToString()));
        }

        hub.Requests.ShouldBeLessThan(50);
        hub.Overlapped.ShouldBeFalse();
        hub.Batches.Select(b => b.Key).ShouldBeUnique();
    }

    [Fact]
    public async Task Batches_are_bounded_in_number_and_bytes()
    {
        await using var hub = await FakeHub.StartAsync();
        await using var client = Client(hub, o =>
        {
            o.Lanes = 1;
            o.MaxBatchEvents = 10;
            o.MaxBatchBytes = 4096;
        });
        var answers = Enumerable.Range(0, 100).Select(i => client.PublishAsync("a", Event(new string('x', i < 50 ? 1 : 2000))).AsTask());
        await Task.WhenAll(answers).Within("the answers");
        hub.Batches.ShouldAllBe(b => b.Items <= 10 && b.Body.Length < 4096 + 512);
        hub.Batches.Max(b => b.Items).ShouldBe(10);
    }

    [Fact]
    public async Task Delay_lets_a_batch_fill()
    {
        await using var hub = await FakeHub.StartAsync();
        var time = new ManualTimeProvider();
        await using var client = Client(hub, o =>
        {
            o.Lanes = 1;
            o.MaxBatchDelay = TimeSpan.FromSeconds(10);
            o.TimeProvider = time;
        });
        var answers = Task.WhenAll(Enumerable.Range(0, 20).Select(i => client.PublishAsync("a", Event("x")).AsTask()).ToArray());
        await Eventually.Until(() => time.ActiveTimers > 0, "the batch to wait for more");
        hub.Requests.ShouldBe(0);
        time.Advance(TimeSpan.FromSeconds(10));
        await answers.Within("the answers");
        hub.Requests.ShouldBe(1);
    }

    [Theory]
    [InlineData("lost")]
    [InlineData("504 outcome unknown")]
    [InlineData("503 not now")]
    [InlineData("502 proxy")]
    [InlineData("429 slow down")]
    public async Task Failed_batch_is_repeated_unchanged_with_its_key_and_stands_in_the_stream_once(string fault)
    {
        await using var hub = await FakeHub.StartAsync();
        await using var client = Client(hub, o => o.Lanes = 1);
        hub.Fault = (n, _) => n % 3 != 0 ? fault : null;
        var results = new List<SsePublishResult>();
        for (var i = 0; i < 20; i++)
        {
            results.Add(await client.PublishAsync("a", Event(i.ToString())).AsTask().Within($"answer {i}"));
        }

        results.Select(r => (r.Status, r.Position.Offset, r.Duplicate)).ShouldBe(
            Enumerable.Range(1, 20).Select(i => (SsePublishStatus.Accepted, (long)i, false)));
        hub.Data("a").ShouldBe(Enumerable.Range(0, 20).Select(i => i.ToString()));
        hub.Batches.GroupBy(b => b.Key).ShouldAllBe(g => g.Count() == 3 && g.Select(b => b.Body).Distinct().Count() == 1);
    }

    [Fact]
    public async Task Order_holds_under_random_faults_and_many_publishers()
    {
        await using var hub = await FakeHub.StartAsync();
        await using var client = Client(hub, o => o.MaxBatchEvents = 25);
        var seed = Environment.TickCount;
        var random = new Random(seed);
        hub.Fault = (_, _) =>
        {
            lock (random)
            {
                return random.Next(4) switch { 0 => "lost", 1 => "503 x", _ => null };
            }
        };
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async s =>
        {
            var answers = new List<Task<SsePublishResult>>();
            for (var i = 0; i < 300; i++)
            {
                answers.Add(await client.EnqueueAsync($"s{s}", Event(i.ToString())));
            }

            (await Task.WhenAll(answers)).ShouldAllBe(r => r.IsAccepted);
        })).Within($"the publishers (seed {seed})");
        for (var s = 0; s < 6; s++)
        {
            hub.Data($"s{s}").ShouldBe(Enumerable.Range(0, 300).Select(i => (string?)i.ToString()), $"seed {seed}");
        }
    }

    [Fact]
    public async Task Time_over_tells_whether_the_event_may_have_been_appended()
    {
        await using var hub = await FakeHub.StartAsync();
        await using var client = Client(hub, o => o.RetryTimeout = TimeSpan.FromMilliseconds(30));
        hub.Fault = (_, _) => "503 away";
        (await client.PublishAsync("a", Event("x")).AsTask().Within("the answer")).ShouldSatisfyAllConditions(
            r => r.Status.ShouldBe(SsePublishStatus.Unavailable), r => r.Error.ShouldBe("503 away"));
        // Lost once, and then refused until the time is over.
        var asked = 0;
        hub.Fault = (_, _) => Interlocked.Increment(ref asked) == 1 ? "lost" : "503 away";
        (await client.PublishAsync("a", Event("x")).AsTask().Within("the answer")).Status.ShouldBe(SsePublishStatus.OutcomeUnknown);
        await using var nowhere = new SseHubClient(
            new SseHubClientOptions { BaseAddress = new Uri("http://127.0.0.1:1"), RetryTimeout = TimeSpan.Zero });
        (await nowhere.PublishAsync("a", Event("x")).AsTask().Within("the answer")).Status.ShouldBe(SsePublishStatus.Unavailable);
    }

    [Fact]
    public async Task Send_to_a_client_is_not_repeated_after_a_lost_answer_but_after_a_certain_refusal()
    {
        await using var hub = await FakeHub.StartAsync();
        await using var client = Client(hub);
        hub.Fault = (_, _) => "lost";
        (await client.SendToAsync("c", Event("x"))).Status.ShouldBe(SseSendStatus.Unknown);
        hub.Requests.ShouldBe(1);
        hub.Fault = (n, _) => n < 4 ? "503 away" : null;
        (await client.SendToAsync("c", Event("y"))).Status.ShouldBe(SseSendStatus.Accepted);
        hub.Data("client c").ShouldBe(["x", "y"]);
        hub.Batches.ShouldAllBe(b => b.Key == null);
    }

    [Fact]
    public async Task Without_keys_a_lost_answer_is_told_and_not_repeated()
    {
        await using var hub = await FakeHub.StartAsync();
        await using var client = Client(hub, o => o.Idempotent = false);
        hub.Fault = (n, _) => n == 1 ? "lost" : n == 2 ? "503 away" : null;
        (await client.PublishAsync("a", Event("x"))).Status.ShouldBe(SsePublishStatus.OutcomeUnknown);
        (await client.PublishAsync("a", Event("y"))).IsAccepted.ShouldBeTrue();
        hub.Batches.Select(b => b.Key).ShouldBe([null, null, null]);
    }

    [Fact]
    public async Task Permanent_refusal_is_told_at_once()
    {
        await using var hub = await FakeHub.StartAsync();
        await using var client = Client(hub);
        hub.Fault = (_, _) => "403 not you";
        (await client.PublishAsync("a", Event("x"))).ShouldSatisfyAllConditions(
            r => r.Status.ShouldBe(SsePublishStatus.Invalid), r => r.Error.ShouldBe("403 not you"));
        hub.Requests.ShouldBe(1);
        Should.Throw<SseHubClientException>(() => new SsePublishResult(SsePublishStatus.Invalid, "a") { Error = "why" }.EnsureAccepted())
            .Message.ShouldBe("why");
    }

    [Fact]
    public async Task Token_is_refreshed_once_after_401()
    {
        await using var hub = await FakeHub.StartAsync();
        hub.Fault = (_, c) => c.Request.Headers.Authorization == "Bearer new" ? null : "401 who";
        await using var client = Client(
            hub, o => o.TokenProvider = (c, _) => ValueTask.FromResult<string?>(c.RefreshToken ? "new" : "old"));
        (await client.PublishAsync("a", Event("x"))).IsAccepted.ShouldBeTrue();
        hub.Batches.Select(b => b.Key).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task Full_client_makes_publishers_wait_and_lets_them_on_in_order()
    {
        await using var hub = await FakeHub.StartAsync();
        await using var client = Client(hub, o =>
        {
            o.MaxPendingEvents = 10;
            o.Lanes = 1;
        });
        var gate = new TaskCompletionSource();
        hub.Before = () => gate.Task;
        var handed = 0;
        var publishing = Task.Run(async () =>
        {
            var answers = new List<Task<SsePublishResult>>();
            for (var i = 0; i < 200; i++)
            {
                answers.Add(await client.EnqueueAsync("a", Event(i.ToString())));
                Interlocked.Increment(ref handed);
            }

            return await Task.WhenAll(answers);
        });
        await Eventually.Until(() => Volatile.Read(ref handed) == 10, "ten are pending");
        await Task.Delay(100);
        Volatile.Read(ref handed).ShouldBe(10);
        gate.SetResult();
        (await publishing.Within("the answers")).Length.ShouldBe(200);
        hub.Data("a").ShouldBe(Enumerable.Range(0, 200).Select(i => i.ToString()));
    }

    [Fact]
    public async Task Event_larger_than_the_bound_on_pending_bytes_passes_alone()
    {
        await using var hub = await FakeHub.StartAsync();
        await using var client = Client(hub, o => o.MaxPendingBytes = 2048);
        var answers = Enumerable.Range(0, 5).Select(_ => client.PublishAsync("a", Event(new string('x', 5000))).AsTask());
        (await Task.WhenAll(answers).Within("the answers")).ShouldAllBe(r => r.IsAccepted);
    }

    [Fact]
    public async Task Cancelled_publish_that_was_not_on_its_way_is_not_sent()
    {
        await using var hub = await FakeHub.StartAsync();
        await using var client = Client(hub, o => o.Lanes = 1);
        var gate = new TaskCompletionSource();
        hub.Before = () => gate.Task;
        var first = client.PublishAsync("a", Event("first")).AsTask();
        await Eventually.Until(() => hub.Requests == 1, "the first is on its way");
        using var stop = new CancellationTokenSource();
        var second = client.PublishAsync("a", Event("second"), cancellation: stop.Token).AsTask();
        var third = client.PublishAsync("a", Event("third")).AsTask();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(second);
        gate.SetResult();
        await Task.WhenAll(first, third).Within("the answers");
        hub.Data("a").ShouldBe(["first", "third"]);
    }

    [Fact]
    public async Task Flush_waits_for_everything_before_it_and_dispose_sends_what_is_pending()
    {
        await using var hub = await FakeHub.StartAsync();
        var client = Client(hub);
        var answers = Enumerable.Range(0, 100).Select(i => client.PublishAsync($"s{i % 9}", Event("x")).AsTask()).ToList();
        await client.FlushAsync().Within("the flush");
        answers.ShouldAllBe(a => a.IsCompletedSuccessfully);
        var last = client.PublishAsync("a", Event("last")).AsTask();
        await Task.WhenAll(client.DisposeAsync().AsTask(), client.DisposeAsync().AsTask()).Within("the disposal");
        (await last).IsAccepted.ShouldBeTrue();
        (await client.PublishAsync("a", Event("late"))).Status.ShouldBe(SsePublishStatus.Closed);
        (await client.SendToAsync("c", Event("late"))).Status.ShouldBe(SseSendStatus.Unavailable);
        await client.FlushAsync().Within("a flush of nothing");
    }

    [Fact]
    public async Task Dispose_answers_everyone_when_the_hub_never_does()
    {
        await using var hub = await FakeHub.StartAsync();
        var never = new TaskCompletionSource();
        hub.Before = () => never.Task;
        var client = Client(hub, o =>
        {
            o.Lanes = 1;
            o.MaxPendingEvents = 2;
            o.DrainTimeout = TimeSpan.FromMilliseconds(50);
        });
        var first = client.PublishAsync("a", Event("x")).AsTask();
        await Eventually.Until(() => hub.Requests == 1, "the first is on its way");
        var rest = Enumerable.Range(0, 5).Select(_ => client.PublishAsync("a", Event("x")).AsTask()).ToList();
        await client.DisposeAsync().AsTask().Within("the disposal");
        (await first).Status.ShouldBe(SsePublishStatus.OutcomeUnknown);
        (await Task.WhenAll(rest)).ShouldAllBe(r => r.Status == SsePublishStatus.Closed);
        never.SetResult();
    }

    [Fact]
    public async Task Registered_client_publishes_on_the_applications_http_client_factory()
    {
        await using var hub = await FakeHub.StartAsync();
        var services = new ServiceCollection();
        services.AddSseHubClient(o => o.BaseAddress = new Uri(hub.Url));
        await using var provider = services.BuildServiceProvider();
        (await provider.GetRequiredService<SseHubClient>().PublishAsync("a", Event("x"))).IsAccepted.ShouldBeTrue();
    }
}
