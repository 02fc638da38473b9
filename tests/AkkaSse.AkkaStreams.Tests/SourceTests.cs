using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using AkkaSse.AkkaStreams.Tests.Support;
using AkkaSse.Hub;
using AkkaSse.Testing;

namespace AkkaSse.AkkaStreams.Tests;

public sealed class SourceTests : StreamsTest
{
    private const long Many = 1_000;

    private TestSubscriber.Probe<StreamEvent> Run(StartPosition? from = null, string stream = "s") =>
        SseHubSource.From(Hub, stream, from).RunWith(this.SinkProbe<StreamEvent>(), Materializer);

    private static async Task<List<string>> TakeAsync(TestSubscriber.Probe<StreamEvent> probe, int count)
    {
        var taken = new List<string>();
        for (var i = 0; i < count; i++) taken.Add(Told(await probe.ExpectNextAsync()));
        return taken;
    }

    [Fact]
    public async Task Events_come_in_order_with_their_positions_old_ones_and_new_ones()
    {
        await PublishAsync(1, 3);
        var probe = Run(StartPosition.Earliest);
        await probe.RequestAsync(Many);
        (await TakeAsync(probe, 3)).ShouldBe(["1@1", "2@2", "3@3"]);
        await PublishAsync(4, 5);
        (await TakeAsync(probe, 2)).ShouldBe(["4@4", "5@5"]);
        probe.Cancel();
    }

    [Fact]
    public async Task Reader_is_there_before_the_first_demand()
    {
        await PublishAsync(1, 1);
        var probe = Run();
        await ReadersAsync(1);
        await PublishAsync(2, 2);
        await probe.RequestAsync(Many);
        (await TakeAsync(probe, 1)).ShouldBe(["2@2"]);
        probe.Cancel();
    }

    [Fact]
    public async Task Each_materialization_is_a_reader_of_its_own()
    {
        await PublishAsync(1, 2);
        var source = SseHubSource.From(Hub, "s", StartPosition.Earliest).Take(2).Select(Told);
        for (var i = 0; i < 2; i++)
            (await Eventually.Within(source.RunWith(Sink.Seq<string>(), Materializer), "two events")).ShouldBe(["1@1", "2@2"]);
    }

    [Fact]
    public async Task Graph_that_fell_off_the_log_is_told_which_events_are_gone()
    {
        await Hub.Streams.CreateAsync("s", new StreamOptions { MaxEvents = 3 });
        await PublishAsync(1, 2);
        var probe = Run(StartPosition.Earliest);
        await probe.RequestAsync(1);
        (await TakeAsync(probe, 1)).ShouldBe(["1@1"]);
        await PublishAsync(3, 2_000);
        await probe.RequestAsync(Many);
        var seen = new List<StreamEvent>();
        while (seen.Count == 0 || seen[^1].Position.Offset < 2_000) seen.Add(await probe.ExpectNextAsync());
        seen.Count(static e => e.IsGap).ShouldBe(1);
        var gap = seen.Single(static e => e.IsGap);
        gap.Event.Data.ShouldNotBeNull().ShouldContain("lagged");
        // Up to the gap what was still there, after it everything: what is missing is what the gap says.
        var (before, after) = (seen.TakeWhile(static e => !e.IsGap).Count(), seen.SkipWhile(static e => !e.IsGap).Skip(1).Count());
        gap.Event.Data.ShouldContain($"\"from\":{2 + before},\"to\":{2_000 - after}");
        gap.Position.Offset.ShouldBe(2_000 - after);
        probe.Cancel();
    }

    [Fact]
    public async Task Graph_that_fell_off_a_stream_with_the_policy_disconnect_fails()
    {
        await Hub.Streams.CreateAsync("s", new StreamOptions { MaxEvents = 3, SlowReader = SlowReaderPolicy.Disconnect });
        await PublishAsync(1, 2);
        var probe = Run(StartPosition.Earliest);
        await probe.RequestAsync(1);
        (await TakeAsync(probe, 1)).ShouldBe(["1@1"]);
        await PublishAsync(3, 2_000);
        await probe.RequestAsync(Many);
        object next;
        do next = await probe.ExpectNextOrErrorAsync();
        while (next is StreamEvent);
        next.ShouldBeOfType<HubException>().Message.ShouldContain("disconnect");
    }

    [Fact]
    public async Task Nothing_is_read_ahead_of_demand_so_a_publisher_to_a_stream_with_the_policy_wait_waits_for_it()
    {
        await Hub.Streams.CreateAsync("s", new StreamOptions { SlowReader = SlowReaderPolicy.Wait, WaitBound = 1 });
        var probe = Run(StartPosition.Earliest);
        await ReadersAsync(1);
        await PublishAsync(1, 1);
        var second = PublishAsync(2, 2);
        second.IsCompleted.ShouldBeFalse();
        await probe.RequestAsync(1);
        await Eventually.Within(second, "the publish that waits for the graph");
        probe.Cancel();
    }

    [Fact]
    public async Task Removal_of_the_stream_completes_the_graph_after_what_there_is()
    {
        await PublishAsync(1, 1);
        var probe = Run(StartPosition.Earliest);
        await ReadersAsync(1);
        await PublishAsync(2, 2);
        await Hub.Streams.RemoveAsync("s");
        await probe.RequestAsync(Many);
        (await TakeAsync(probe, 2)).ShouldBe(["1@1", "2@2"]);
        await probe.ExpectCompleteAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_of_the_hub_completes_the_graph_after_what_there_is(bool waiting)
    {
        await PublishAsync(1, 1);
        var probe = Run(StartPosition.Earliest);
        await ReadersAsync(1);
        if (waiting) await probe.RequestAsync(Many);
        await Hub.DisposeAsync();
        if (!waiting) await probe.RequestAsync(Many);
        (await TakeAsync(probe, 1)).ShouldBe(["1@1"]);
        await probe.ExpectCompleteAsync();
    }

    [Fact]
    public async Task Reader_that_is_refused_fails_the_graph_with_the_hubs_reason()
    {
        await Hub.Streams.CreateAsync("s", new StreamOptions { MaxSubscribers = 1 });
        var first = Run();
        await ReadersAsync(1);
        var second = Run();
        await second.RequestAsync(1);
        (await second.ExpectErrorAsync()).ShouldBeOfType<HubException>().Message.ShouldContain("as many readers here as it may");
        first.Cancel();

        var nameless = Run(stream: "$all");
        (await nameless.ExpectSubscriptionAndErrorAsync()).ShouldBeOfType<ArgumentException>();
        await NoReaderIsLeftAsync();
        await Hub.DisposeAsync();
        (await Run().ExpectSubscriptionAndErrorAsync()).ShouldBeOfType<InvalidOperationException>();
    }

    [Fact]
    public async Task Graph_that_is_cancelled_leaves_no_reader_whether_it_reads_waits_or_never_asked()
    {
        await PublishAsync(1, 3);
        var (never, waits, reads) = (Run(), Run(), Run(StartPosition.Earliest));
        await ReadersAsync(3);
        await waits.RequestAsync(1);
        await reads.RequestAsync(1);
        (await TakeAsync(reads, 1)).ShouldBe(["1@1"]);
        foreach (var probe in new[] { never, waits, reads }) probe.Cancel();
        await ReadersAsync(0);
        await NoReaderIsLeftAsync();
    }

    [Fact]
    public async Task Graph_that_fails_or_ends_with_its_materializer_leaves_no_reader()
    {
        await PublishAsync(1, 1);
        var failing = SseHubSource.From(Hub, "s", StartPosition.Earliest).RunForeach(
            static _ => throw new InvalidOperationException("handler"), Materializer);
        (await Should.ThrowAsync<InvalidOperationException>(Eventually.Within(failing, "the failure"))).Message.ShouldBe("handler");
        await ReadersAsync(0);
        using var other = Sys.Materializer();
        _ = SseHubSource.From(Hub, "s").RunWith(Sink.Ignore<StreamEvent>(), other);
        await ReadersAsync(1);
        other.Shutdown();
        await ReadersAsync(0);
    }

    // The moment that matters: an event arrives while the graph is cancelled. A reader whose move is under way must be ended all the same.
    [Fact]
    public async Task Cancellation_against_arriving_events_never_leaves_a_reader()
    {
        await PublishAsync(1, 1);
        for (var round = 0; round < 300; round++)
        {
            var (stop, seen) = SseHubSource.From(Hub, "s").ViaMaterialized(KillSwitches.Single<StreamEvent>(), Keep.Right)
                .ToMaterialized(Sink.Ignore<StreamEvent>(), Keep.Both).Run(Materializer);
            await ReadersAsync(1);
            var publishing = Task.Run(() => PublishAsync(1, 3));
            stop.Shutdown();
            await publishing;
            await Eventually.Within(seen, "the graph's end");
            await ReadersAsync(0);
        }
    }

    [Fact]
    public async Task Graph_that_is_killed_anywhere_and_goes_on_after_the_last_event_it_handled_sees_each_once()
    {
        const int events = 500;
        var random = new Random(7);
        var publishing = Task.Run(() => PublishAsync(1, events));
        var handled = new List<string>();
        var last = StreamPosition.BeforeFirst;
        var kills = 0;
        while (handled.Count < events)
        {
            var limit = random.Next(1, 40);
            var graph = SseHubSource.From(Hub, "s", StartPosition.After(last)).RunForeach(
                e =>
                {
                    if (limit-- == 0) throw new InvalidOperationException("killed");
                    handled.Add(Told(e));
                    last = e.Position;
                    if (handled.Count == events) throw new InvalidOperationException("done");
                },
                Materializer);
            await Should.ThrowAsync<InvalidOperationException>(Eventually.Within(graph, "the graph to be killed"));
            kills++;
        }
        await publishing;
        handled.ShouldBe(Enumerable.Range(1, events).Select(static i => $"{i}@{i}"));
        kills.ShouldBeGreaterThan(events / 40);
    }
}
