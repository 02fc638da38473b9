using System.Collections.Concurrent;
using AkkaSse.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests.Detach;

/// <summary>Readers come in one after the other, and nobody else waits for them.</summary>
public sealed class AcceptThrottleTests
{
    private const string ThrottleThread = "AkkaSse accept throttle";

    [Fact]
    public async Task Readers_come_in_through_the_throttle_and_publishes_do_not()
    {
        var watch = new Watch();
        await using var host = await EdgeHost.StartAsync(detach: true, host: h => h.Services.AddSingleton<IHubAuthorizer>(watch));
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
        await reader.NextAsync("hub.open");
        (await host.PostAsync("/v1/streams/a/events", "x")).Status.ShouldBe(202);
        (await reader.NextEventAsync()).Data.ShouldBe("x");
        watch.Threads[HubAction.Subscribe].ShouldBe(ThrottleThread);
        watch.Threads[HubAction.Publish].ShouldNotBe(ThrottleThread);
        (await host.GetAsync("/v1/streams")).Status.ShouldBe(200);
        watch.Threads[HubAction.ListStreams].ShouldNotBe(ThrottleThread, "a list on a new connection");
    }

    [Theory]
    [InlineData("GET /v1/streams/a/events HTTP/1.1\r\nHost: a\r\n\r\n", true)]
    [InlineData("GET /app/v1/events?stream=a HTTP/1.1\r\n", true)]
    [InlineData("GET /events?stream=a HT", true)]
    [InlineData("GET /news HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n", true)]
    [InlineData("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", false)]
    [InlineData("GET /metrics HTTP/1.1\r\nReferer: http://a/v1/events\r\n\r\n", false)]
    [InlineData("GET /v1/streams/a/history HTTP/1.1\r\nHost: a\r\n\r\n", false)]
    [InlineData("POST /v1/streams/a/events HTTP/1.1\r\n", false)]
    [InlineData("", false)]
    public void Requests_for_event_streams_are_told_from_others(string request, bool reads) =>
        DetachMiddleware.AsksToRead(System.Text.Encoding.ASCII.GetBytes(request)).ShouldBe(reads);

    [Fact]
    public async Task Publish_is_answered_while_a_reader_holds_up_the_throttle()
    {
        var watch = new Watch();
        await using var host = await EdgeHost.StartAsync(detach: true, host: h => h.Services.AddSingleton<IHubAuthorizer>(watch));
        using var publisher = new HttpClient { BaseAddress = host.Address };
        (await publisher.PostAsync("/v1/streams/a/events", new StringContent("its connection is there"))).EnsureSuccessStatusCode();
        using var hold = new ManualResetEventSlim();
        watch.OnSubscribe = () =>
        {
            hold.Wait(Eventually.Deadline);
            return default;
        };
        var reading = host.SubscribeAsync("/v1/streams/a/events");
        await Eventually.Until(() => watch.Threads.ContainsKey(HubAction.Subscribe), "the reader to wait in the throttle");
        (await Eventually.Within(
            publisher.PostAsync("/v1/streams/a/events", new StringContent("x")), "the publish to be answered")).EnsureSuccessStatusCode();
        reading.IsCompleted.ShouldBeFalse();
        hold.Set();
        await using var reader = await reading;
        await reader.NextAsync("hub.open");
    }

    [Fact]
    public async Task Reader_that_waits_on_its_way_in_holds_up_nobody()
    {
        var watch = new Watch();
        await using var host = await EdgeHost.StartAsync(detach: true, host: h => h.Services.AddSingleton<IHubAuthorizer>(watch));
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watch.OnSubscribe = () => new ValueTask(hold.Task);
        var waiting = host.SubscribeAsync("/v1/streams/a/events");
        await Eventually.Until(() => watch.Threads.ContainsKey(HubAction.Subscribe), "the first reader to wait for its answer");
        watch.OnSubscribe = null;
        await using var second = await host.SubscribeAsync("/v1/streams/a/events");
        await second.NextAsync("hub.open");
        waiting.IsCompleted.ShouldBeFalse();
        hold.SetResult();
        await using var first = await waiting;
        await first.NextAsync("hub.open");
    }

    [Fact]
    public async Task Connections_are_taken_before_readers_are_let_in()
    {
        using var throttle = new AcceptThrottle();
        using var hold = new ManualResetEventSlim();
        var order = new ConcurrentQueue<string>();
        var first = Through("first", accept: false, () => hold.Wait(Eventually.Deadline));
        await Eventually.Until(() => order.Count == 1, "the first to hold the throttle");
        var reader = Through("reader", accept: false);
        var connection = Through("connection", accept: true);
        hold.Set();
        await Eventually.Within(Task.WhenAll(first, reader, connection), "all three to come through");
        order.ShouldBe(["first", "connection", "reader"]);

        async Task Through(string name, bool accept, Action? inside = null)
        {
            await throttle.Enter(accept);
            order.Enqueue(name);
            inside?.Invoke();
        }
    }

    [Fact]
    public async Task Whoever_comes_while_the_throttle_ends_comes_through()
    {
        for (var i = 0; i < 200; i++)
        {
            var throttle = new AcceptThrottle();
            var through = Enumerable.Range(0, 8).Select(n => Task.Run(async () => await throttle.Enter(accept: n % 2 == 0))).ToArray();
            throttle.Dispose();
            await Eventually.Within(Task.WhenAll(through), "everybody to come through a throttle that ends");
        }
    }

    private sealed class Watch : IHubAuthorizer
    {
        public ConcurrentDictionary<HubAction, string?> Threads { get; } = new();

        public Func<ValueTask>? OnSubscribe { get; set; }

        public async ValueTask<HubAccess> AuthorizeAsync(HubAccessRequest request, CancellationToken cancellation)
        {
            Threads[request.Action] = Thread.CurrentThread.Name;
            if (request.Action == HubAction.Subscribe && OnSubscribe is { } wait) await wait();
            return HubAccess.Allow;
        }
    }
}
