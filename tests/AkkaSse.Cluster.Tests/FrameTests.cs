using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests;

/// <summary>
/// The largest message between nodes bounds events: what does not fit is refused by its size before it meets the remoting, which would drop
/// it.
/// </summary>
public sealed class FrameTests : IAsyncLifetime
{
    private const int Frame = 256 << 10;
    private const int Largest = 128 << 10;

    private readonly AkkaHarness _harness = new(change: static o => o.MaxFrameBytes = Frame);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _harness.DisposeAsync();

    [Fact]
    public async Task Largest_event_passes_between_nodes_and_one_byte_more_is_too_large()
    {
        await using var a = await StartAsync("a");
        await using var b = await StartAsync("b");
        var largest = new string('x', Largest);
        // Eight streams: some of them are owned by the other node.
        for (var i = 0; i < 8; i++)
        {
            (await a.Hub.PublishAsync($"s{i}", new SseEvent { Data = largest })).Status.ShouldBe(PublishStatus.Accepted);
            (await a.Hub.PublishAsync($"s{i}", new SseEvent { Data = largest + "x" })).Status.ShouldBe(PublishStatus.TooLarge);
            (await b.ReadAllAsync($"s{i}")).ShouldBe([largest]);
        }
    }

    [Fact]
    public async Task Run_under_one_key_that_does_not_fit_is_too_large_and_nothing_of_it_is_appended()
    {
        await using var a = await StartAsync("a");
        var half = new SseEvent { Data = new string('x', Largest - 1_000) };
        var options = new PublishOptions { IdempotencyKey = "k", KeyCoversRun = true };
        var results = await a.AppendAsync("s", [new AppendItem(half, options), new AppendItem(half, options)]);
        results.ShouldAllBe(static r => r.Status == PublishStatus.TooLarge);
        (await a.AppendAsync("s", "after")).Position.Offset.ShouldBe(1);
    }

    [Fact]
    public async Task Publish_that_is_too_large_leaves_nothing_for_the_readers_of_the_stream()
    {
        await using var a = await StartAsync("a");
        (await a.AppendAsync("s", "before")).Status.ShouldBe(PublishStatus.Accepted);
        await using var reader = a.Hub.SubscribeAsync("s", StartPosition.Earliest).GetAsyncEnumerator();
        (await reader.MoveNextAsync()).ShouldBeTrue();
        var large = new AppendItem(new SseEvent { Data = new string('x', Frame) }, default);
        (await a.AppendAsync("s", [large]))[0].Status.ShouldBe(PublishStatus.TooLarge);
        // The owner answers after everything that was sent to it before.
        (await a.ReadAllAsync("s")).ShouldBe(["before"]);
        (await a.AppendAsync("s", "after")).Position.Offset.ShouldBe(2);
        (await Eventually.Within(reader.MoveNextAsync().AsTask(), "the next event")).ShouldBeTrue();
        reader.Current.Event.Data.ShouldBe("after");
        _harness.Log.Lines.ShouldNotContain(static l => l.Contains("IndexOutOfRange", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Texts_count_as_many_bytes_as_they_have()
    {
        await using var a = await StartAsync("a");
        // Three bytes for each character would be more than a message has; it has a third of them.
        var comment = new SseEvent { Data = "x", Comment = new string('c', Frame / 2) };
        (await a.AppendAsync("s", [new AppendItem(comment, default)]))[0].Status.ShouldBe(PublishStatus.Accepted);
        var large = new AppendItem(new SseEvent { Data = "x", Comment = new string('c', Frame) }, default);
        (await a.AppendAsync("s", [large]))[0].Error.ShouldStartWith($"The events have {EventCodec.BytesOf(large) + 32} bytes as one unit");
    }

    [Fact]
    public async Task Events_that_could_not_pass_are_refused_at_start() =>
        (await Should.ThrowAsync<EngineStartException>(async () => await _harness.StartNodeAsync(
            "a", static o => o.MaxEventBytes = Largest + 1))).Message.ShouldContain($"at most {Largest} are allowed");

    private ValueTask<Engine.Specs.EngineNode> StartAsync(string name) =>
        _harness.StartNodeAsync(name, static o => o.MaxEventBytes = Largest);
}
