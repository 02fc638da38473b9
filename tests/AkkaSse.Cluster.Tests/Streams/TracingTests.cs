using System.Collections.Concurrent;
using System.Diagnostics;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests.Streams;

/// <summary>A trace goes with its event: to the owner of the stream, and to the node of the reader.</summary>
public sealed class TracingTests : IAsyncLifetime
{
    private readonly AkkaHarness _harness = new();
    private readonly ConcurrentQueue<Activity> _ended = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _harness.DisposeAsync();

    [Fact]
    [Trait("parity", "OBS-07")]
    public async Task Publish_on_one_node_is_committed_by_the_owner_and_delivered_on_another_in_one_trace()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        await using var c = await _harness.StartNodeAsync("c");
        // Of any stream one of the three nodes is the owner, and at least two of the publishers are not.
        await a.AppendAsync("s", "before");
        using var deadline = Eventually.Limit();
        await using var reader = b.Hub.SubscribeAsync("s", StartPosition.Earliest, deadline.Token).GetAsyncEnumerator(deadline.Token);
        (await reader.MoveNextAsync()).ShouldBeTrue();
        using var request = new Activity("request");
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "AkkaSse",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.TraceId == request.TraceId
                ? ActivitySamplingResult.AllDataAndRecorded
                : ActivitySamplingResult.None,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        request.Start();

        foreach (var node in new[] { a, b, c })
        {
            (await node.Hub.PublishAsync("s", new SseEvent { Data = "x" })).Status.ShouldBe(PublishStatus.Accepted);
            (await reader.MoveNextAsync()).ShouldBeTrue();
        }

        request.Stop();
        var publishes = Ended("publish");
        publishes.Length.ShouldBe(3);
        publishes.ShouldAllBe(p => p.ParentSpanId == request.SpanId);
        await Eventually.Until(() => Ended("commit").Length == 3 && Ended("deliver").Length == 3, () =>
            string.Join(' ', _ended.Select(static e => e.OperationName)));
        foreach (var name in new[] { "commit", "deliver" })
        {
            Ended(name).Select(static e => e.ParentSpanId).ShouldBe(publishes.Select(static p => p.SpanId), ignoreOrder: true);
            Ended(name).ShouldAllBe(e => e.TraceId == request.TraceId && e.HasRemoteParent);
        }
    }

    private Activity[] Ended(string name) => [.. _ended.Where(e => e.OperationName == name)];
}
