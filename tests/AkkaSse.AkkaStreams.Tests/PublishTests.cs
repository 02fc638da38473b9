using System.Collections.Concurrent;
using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Supervision;
using Akka.Streams.TestKit;
using AkkaSse.AkkaStreams.Tests.Support;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.AkkaStreams.Tests;

/// <summary>What a flow does with the hub's answers, and what it costs.</summary>
public sealed class PublishTests : StreamsTest
{
    private static readonly Attributes s_resume = ActorAttributes.CreateSupervisionStrategy(Deciders.ResumingDecider);

    protected override void Configure(HubOptions options) => options.MaxEventBytes = 100;

    private static PublishElement Keyless(int i) => Element(i, keyed: false);

    private static PublishElement TooLarge => new(new SseEvent { Data = new string('x', 101) });

    private Task<System.Collections.Immutable.IImmutableList<PublishResult>> RunAsync(
        ISseHub hub, IEnumerable<PublishElement> elements, PublishFlowOptions? options = null, Attributes? attributes = null,
        string stream = "s") =>
        Eventually.Within(Source.From(elements).Via(SseHubFlow.Publish(hub, stream, options)).WithAttributes(attributes ?? Attributes.None)
            .RunWith(Sink.Seq<PublishResult>(), Materializer), "the graph's end");

    [Theory]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(7, false)]
    [InlineData(1_000, false)]
    public async Task Answers_and_events_are_in_the_order_of_the_elements(int inFlight, bool atOnce)
    {
        var results = await RunAsync(atOnce ? Hub : new UnreliableHub(Hub, static _ => Fate.Answered), Enumerable.Range(1, 500).Select(
            static i => Element(i, keyed: i % 3 == 0)), new PublishFlowOptions { MaxInFlight = inFlight });
        results.Select(static r => r.Position.Offset).ShouldBe(Enumerable.Range(1, 500).Select(static i => (long)i));
        results.ShouldAllBe(static r => r.IsAccepted);
        (await OnStreamAsync()).ShouldBe(Numbers(1, 500));
    }

    [Fact]
    public async Task Element_goes_on_when_the_hub_has_answered_and_not_before()
    {
        var gate = new TaskCompletionSource();
        var hub = new UnreliableHub(Hub, static _ => Fate.Answered) { Gate = gate.Task };
        var happened = new ConcurrentQueue<string>();
        var done = Source.From([Element(1), Element(2)]).Via(SseHubFlow.Publish(hub, "s")).RunForeach(
            r => happened.Enqueue($"emitted {r.Position.Offset}"), Materializer);
        await Eventually.Until(() => hub.Calls == 1, "the first call");
        happened.Enqueue("answered");
        gate.SetResult();
        await Eventually.Within(done, "the graph's end");
        happened.ShouldBe(["answered", "emitted 1", "emitted 2"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task One_run_is_under_way_and_one_is_gathered_and_no_more_is_taken_from_upstream(int inFlight)
    {
        var gate = new TaskCompletionSource();
        var hub = new UnreliableHub(Hub, static _ => Fate.Answered) { Gate = gate.Task };
        int taken = 0, emitted = 0, ahead = 0;
        IEnumerable<PublishElement> Elements()
        {
            for (var i = 1; i <= 100; i++)
            {
                ahead = Math.Max(ahead, ++taken - emitted);
                yield return Element(i);
            }
        }

        var done = Source.From(Elements()).Via(SseHubFlow.Publish(hub, "s", new PublishFlowOptions { MaxInFlight = inFlight })).RunForeach(
            _ => emitted++, Materializer);
        await Eventually.Until(() => hub.Calls == 1, "the first call");
        gate.SetResult();
        await Eventually.Within(done, "the graph's end");
        hub.Asked.Max(static a => a.Split(' ').Length).ShouldBe(inFlight);
        hub.Asked.First().ShouldBe("1");
        // Under way, gathered, and one in the hand of the source.
        ahead.ShouldBeInRange(inFlight + 1, (2 * inFlight) + 1);
    }

    [Fact]
    public async Task Run_is_no_larger_than_an_engine_takes_undivided_and_has_keys_throughout_or_none()
    {
        await Hub.DisposeAsync();
        await using var large = await InMemorySseHub.StartAsync();
        var gate = new TaskCompletionSource();
        var hub = new UnreliableHub(large, static _ => Fate.Answered) { Gate = gate.Task };
        var quarter = new string('x', (32 << 10) - 64);
        PublishElement[] elements =
        [
            Element(0), .. Enumerable.Repeat(new PublishElement(new SseEvent { Data = quarter }), 5), .. Enumerable.Range(1, 2)
                .Select(static i => Element(i)),
            new PublishElement(new SseEvent { Data = quarter + quarter + quarter + quarter + quarter }, "large"), Element(3),
        ];
        var done = RunAsync(hub, elements);
        await Eventually.Until(() => hub.Calls == 1, "the first call");
        gate.SetResult();
        (await done).Count.ShouldBe(10);
        hub.Asked.Select(static a => a.Split(' ').Length).ShouldBe([1, 4, 1, 2, 1, 1]);
    }

    [Fact]
    public async Task Downstream_that_takes_nothing_stops_the_publishing()
    {
        var hub = new UnreliableHub(Hub, static _ => Fate.Answered);
        var (source, sink) = this.SourceProbe<PublishElement>()
            .Via(SseHubFlow.Publish(hub, "s", new PublishFlowOptions { MaxInFlight = 3 })).ToMaterialized(
                this.SinkProbe<PublishResult>(), Keep.Both).Run(Materializer);
        await sink.EnsureSubscriptionAsync();
        // The first one is published and waits for demand; three more are gathered, and behind them upstream is not asked.
        for (var i = 1; i <= 4; i++) await source.SendNextAsync(Element(i));
        await Eventually.Until(async () => (await OnStreamAsync()).Count == 1, "the first event");
        await sink.RequestAsync(1);
        (await sink.ExpectNextAsync()).Position.Offset.ShouldBe(1);
        await Eventually.Until(async () => (await OnStreamAsync()).Count == 4, "the run that was gathered");
        hub.Asked.ShouldBe(["1", "2 3 4"]);
        await sink.RequestAsync(1);
        (await sink.ExpectNextAsync()).Position.Offset.ShouldBe(2);
        await source.SendNextAsync(Element(5));
        await sink.RequestAsync(2);
        (await sink.ExpectNextAsync()).Position.Offset.ShouldBe(3);
        (await sink.ExpectNextAsync()).Position.Offset.ShouldBe(4);
        await sink.RequestAsync(1);
        (await sink.ExpectNextAsync()).Position.Offset.ShouldBe(5);
        await source.SendCompleteAsync();
        await sink.ExpectCompleteAsync();
    }

    [Fact]
    public async Task Completion_waits_for_what_is_under_way_and_what_is_gathered()
    {
        var gate = new TaskCompletionSource();
        var hub = new UnreliableHub(Hub, static _ => Fate.Answered) { Gate = gate.Task };
        var done = Source.From([Element(1), Element(2), Element(3)]).RunWith(
            SseHubSink.Publish(hub, "s", new PublishFlowOptions { MaxInFlight = 2 }), Materializer);
        await Eventually.Until(() => hub.Calls == 1, "the first call");
        done.IsCompleted.ShouldBeFalse();
        gate.SetResult();
        await Eventually.Within(done, "the sink's task");
        (await OnStreamAsync()).ShouldBe(["1", "2", "3"]);
        (await Eventually.Within(Source.Empty<PublishElement>().RunWith(SseHubSink.Publish(hub, "s"), Materializer),
            "an empty sink's task")).ShouldBe(Done.Instance);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public async Task Refused_element_fails_the_graph_after_those_before_it_and_says_what_is_allowed(int inFlight)
    {
        var emitted = new List<long>();
        var gate = new TaskCompletionSource();
        var hub = new UnreliableHub(Hub, static _ => Fate.Answered) { Gate = gate.Task };
        var graph = Source.From([Keyless(1), Keyless(2), TooLarge, Keyless(4)])
            .Via(SseHubFlow.Publish(hub, "s", new PublishFlowOptions { MaxInFlight = inFlight })).RunForeach(
                r => emitted.Add(r.Position.Offset), Materializer);
        await Eventually.Until(() => hub.Calls == 1, "the first call");
        gate.SetResult();
        var fault = await Should.ThrowAsync<PublishFailedException>(Eventually.Within(graph, "the failure"));
        (fault.Stream, fault.Status).ShouldBe(("s", PublishStatus.TooLarge));
        fault.Message.ShouldBe(
            "An event for the stream 's' was not acknowledged (TooLarge): The data have 101 bytes; at most 100 are allowed.");
        emitted.ShouldBe([1L, 2]);
        // What came behind it in the same call is on the stream, as the documentation says; with one in flight it was never handed in.
        (await OnStreamAsync()).ShouldBe(inFlight == 1 ? ["1", "2"] : ["1", "2", "4"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public async Task Strategy_that_resumes_drops_the_refused_element_and_its_context_and_no_other(int inFlight)
    {
        var gate = new TaskCompletionSource();
        var hub = new UnreliableHub(Hub, static _ => Fate.Answered) { Gate = gate.Task };
        var flow = SseHubFlow.PublishWithContext<string>(hub, "s", new PublishFlowOptions { MaxInFlight = inFlight }).AsFlow()
            .WithAttributes(s_resume);
        var graph = Source.From([(TooLarge, "a"), (Keyless(1), "b"), (TooLarge, "c"), (TooLarge, "d"), (Keyless(2), "e"), (TooLarge, "f")])
            .Via(flow).RunWith(Sink.Seq<(PublishResult, string)>(), Materializer);
        await Eventually.Until(() => hub.Calls == 1, "the first call");
        gate.SetResult();
        var all = await Eventually.Within(graph, "the graph's end");
        hub.Calls.ShouldBe(inFlight == 1 ? 6 : 2);
        all.Select(static r => $"{r.Item2} {r.Item1.Position.Offset}").ShouldBe(["b 1", "e 2"]);
        (await OnStreamAsync()).ShouldBe(["1", "2"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task Element_without_an_event_is_refused_and_dropped_by_a_strategy_that_resumes(int inFlight)
    {
        PublishElement[] elements = [Keyless(1), default, Element(2), default, Keyless(3)];
        var options = new PublishFlowOptions { MaxInFlight = inFlight };
        (await RunAsync(Hub, elements, options, s_resume)).Count.ShouldBe(3);
        (await OnStreamAsync()).ShouldBe(["1", "2", "3"]);
        (await Should.ThrowAsync<PublishFailedException>(RunAsync(Hub, [default], options))).Message.ShouldContain(
            "The element has no event");
    }

    [Fact]
    public void Flow_without_a_clock_is_refused_when_it_is_made() =>
        Should.Throw<ArgumentException>(() => SseHubFlow.Publish(Hub, "s", new PublishFlowOptions { Time = null! })).Message.ShouldContain(
            "Time is null; a clock is needed");

    [Fact]
    public async Task Other_refusals_name_the_stream_and_the_status_too()
    {
        var noStream = new PublishElement(new SseEvent { Data = "x" }, new PublishOptions { CreateStream = false });
        (await Should.ThrowAsync<PublishFailedException>(RunAsync(Hub, [noStream], stream: "none"))).Message.ShouldContain(
            "'none' was not acknowledged (NoStream)");
        (await Should.ThrowAsync<PublishFailedException>(
            RunAsync(Hub, [new PublishElement(new SseEvent { Data = "x", Type = "hub.x" })]))).Status.ShouldBe(PublishStatus.Invalid);
        var run = new PublishElement(new SseEvent { Data = "x" }, new PublishOptions { IdempotencyKey = "k", KeyCoversRun = true });
        (await Should.ThrowAsync<PublishFailedException>(RunAsync(Hub, [run]))).Message.ShouldContain("a key of its own");
        await Hub.DisposeAsync();
        (await Should.ThrowAsync<PublishFailedException>(RunAsync(Hub, [Element(1)]))).Status.ShouldBe(PublishStatus.Closed);
        (await OnStreamAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public async Task Hub_that_throws_fails_the_graph_with_that(int inFlight)
    {
        var hub = new UnreliableHub(Hub, static call => call == 2 ? Fate.Broken : Fate.Answered);
        (await Should.ThrowAsync<InvalidOperationException>(
            RunAsync(hub, [Element(1), Element(2), Element(3)],
            new PublishFlowOptions { MaxInFlight = inFlight }))).Message.ShouldBe("The hub is broken.");
        (await OnStreamAsync()).ShouldBe(["1"]);
    }

    [Fact]
    public async Task Upstream_that_fails_fails_the_graph_and_downstream_that_cancels_cancels_upstream()
    {
        var (source, sink) = this.SourceProbe<PublishElement>().Via(SseHubFlow.Publish(Hub, "s")).ToMaterialized(
            this.SinkProbe<PublishResult>(), Keep.Both).Run(Materializer);
        await sink.RequestAsync(1);
        await source.SendErrorAsync(new InvalidOperationException("upstream"));
        (await sink.ExpectErrorAsync()).Message.ShouldBe("upstream");
        (source, sink) = this.SourceProbe<PublishElement>().Via(SseHubFlow.Publish(Hub, "s")).ToMaterialized(
            this.SinkProbe<PublishResult>(), Keep.Both).Run(Materializer);
        await sink.EnsureSubscriptionAsync();
        sink.Cancel();
        await source.ExpectCancellationAsync();
    }

    [Fact]
    public void Options_out_of_bounds_are_all_named()
    {
        var options = new PublishFlowOptions
        {
            MaxInFlight = 0,
            MinBackoff = TimeSpan.FromSeconds(9),
            MaxBackoff = TimeSpan.FromSeconds(2),
            RandomFactor = double.NaN,
            RetryFor = TimeSpan.FromMinutes(6),
        };
        var message = Should.Throw<ArgumentException>(() => SseHubFlow.Publish(Hub, "s", options)).Message;
        foreach (var name in new[] { "MaxInFlight", "MinBackoff", "RandomFactor", "RetryFor" }) message.ShouldContain(name);
        new PublishFlowOptions().Validate().ShouldBeEmpty();
    }
}
