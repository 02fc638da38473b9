using AkkaSse.Engine.Specs;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Testing;

namespace AkkaSse.Samples.Tests;

/// <summary>Readers on the sample engine: what is older than the attachment comes in pages, what is newer from the feed.</summary>
public sealed class OwnEngineReaderTests
{
    // Several pages of history, which have 256 events each.
    private const int Each = 1_000;

    [Fact]
    public async Task Reader_gets_history_and_then_what_is_published_in_one_order()
    {
        await using var harness = new OwnEngineHarness();
        var node = await harness.StartNodeAsync();
        for (var i = 0; i < Each; i++) (await node.AppendAsync("s", $"{i}")).Status.ShouldBe(PublishStatus.Accepted);
        var publishing = Task.Run(async () =>
        {
            for (var i = Each; i < 2 * Each; i++) (await node.AppendAsync("s", $"{i}")).Status.ShouldBe(PublishStatus.Accepted);
        });

        using var limit = Eventually.Limit();
        var seen = new List<string>();
        await foreach (var e in node.Hub.ListenAsync("s", StartPosition.Earliest, limit.Token))
        {
            seen.Add(e.Data!);
            if (seen.Count == 2 * Each) break;
        }

        await publishing;
        seen.ShouldBe(Enumerable.Range(0, 2 * Each).Select(static i => $"{i}"));
    }

    [Fact]
    public async Task Retention_that_passes_a_reader_is_a_gap()
    {
        await using var harness = new OwnEngineHarness();
        var node = await harness.StartNodeAsync(configure: static o => o.StreamDefaults = new StreamOptions { MaxEvents = Each });
        var first = (await node.AppendAsync("s", "first")).Position;
        for (var i = 0; i < 2 * Each; i++) await node.AppendAsync("s", $"{i}");

        using var limit = Eventually.Limit();
        var seen = new List<StreamEvent>();
        await foreach (var e in node.Hub.SubscribeAsync("s", StartPosition.After(first), limit.Token))
        {
            seen.Add(e);
            if (seen.Count == Each + 1) break;
        }

        seen[0].IsGap.ShouldBeTrue();
        seen[0].Event.Data!.ShouldContain($"\"from\":2,\"to\":{Each + 1}");
        seen.Skip(1).Select(static e => e.Event.Data).ShouldBe(Enumerable.Range(Each, Each).Select(static i => $"{i}"));
    }

    /// <summary>Told under a lock that attaching takes, a sink of the hub that ends a connection could wait for ever.</summary>
    [Fact]
    public async Task Sink_is_told_while_another_thread_can_attach()
    {
        await using var harness = new OwnEngineHarness();
        var node = await harness.StartNodeAsync();
        var sink = new AttachingSink(node.Streams);
        await using var attachment = await node.Streams.AttachAsync("s", sink, default);
        await Eventually.Within(Task.Run(() => node.AppendAsync("s", "x")), "an append whose sink waits until another thread has attached");
        sink.Attached.ShouldBeTrue();
    }

    private sealed class AttachingSink(IStreamEngine streams) : IStreamSink
    {
        public bool Attached { get; private set; }

        public void OnChanged()
        {
            using var limit = Eventually.Limit();
            Task.Run(async () => await (await streams.AttachAsync("other", new RecordingSink(), default)).DisposeAsync()).Wait(limit.Token);
            Attached = true;
        }

        public void OnRemoved()
        {
        }
    }
}
