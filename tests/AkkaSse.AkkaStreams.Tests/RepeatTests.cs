using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using AkkaSse.AkkaStreams.Publishing;
using AkkaSse.AkkaStreams.Tests.Support;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.AkkaStreams.Tests;

/// <summary>Lost answers, absent engines and graphs that are started again: every event is on the stream once, and in order.</summary>
public sealed class RepeatTests : StreamsTest
{
    private static readonly PublishFlowOptions s_fast = new()
    {
        MinBackoff = TimeSpan.FromMilliseconds(1),
        MaxBackoff = TimeSpan.FromMilliseconds(1),
    };

    [Theory]
    [InlineData(1, Fate.AnswerLost)]
    [InlineData(1, Fate.RequestLost)]
    [InlineData(1, Fate.Away)]
    [InlineData(16, Fate.AnswerLost)]
    [InlineData(16, Fate.RequestLost)]
    [InlineData(16, Fate.Away)]
    public async Task Elements_with_keys_are_repeated_until_they_are_answered_and_appended_once_in_order(int inFlight, Fate fate)
    {
        var hub = new UnreliableHub(Hub, call => call % 3 == 0 ? Fate.Answered : fate);
        await Eventually.Within(Source.From(Enumerable.Range(1, 200).Select(static i => Element(i))).RunWith(
            SseHubSink.Publish(hub, "s", s_fast with { MaxInFlight = inFlight }), Materializer), "the graph's end");
        (await OnStreamAsync()).ShouldBe(Numbers(1, 200));
        hub.Calls.ShouldBeGreaterThan(2 * 200 / inFlight);
    }

    [Fact]
    public async Task Element_without_a_key_is_repeated_when_it_was_certainly_not_appended()
    {
        var hub = new UnreliableHub(Hub, static call => call < 3 ? Fate.Away : Fate.Answered);
        await Eventually.Within(
            Source.Single(Element(1, keyed: false)).RunWith(SseHubSink.Publish(hub, "s", s_fast), Materializer), "the graph's end");
        (hub.Calls, string.Join(' ', await OnStreamAsync())).ShouldBe((3, "1"));
    }

    [Theory]
    [InlineData(Fate.AnswerLost)]
    [InlineData(Fate.RequestLost)]
    public async Task Element_without_a_key_whose_outcome_is_unknown_is_not_repeated_and_the_failure_says_why(Fate fate)
    {
        var hub = new UnreliableHub(Hub, _ => fate);
        var graph = Source.Single(Element(1, keyed: false)).RunWith(SseHubSink.Publish(hub, "s", s_fast), Materializer);
        var fault = await Should.ThrowAsync<PublishFailedException>(Eventually.Within(graph, "the failure"));
        fault.Status.ShouldBe(PublishStatus.OutcomeUnknown);
        fault.Message.ShouldContain("no idempotency key");
        hub.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Repeating_ends_at_its_limit_with_the_last_answer()
    {
        var clock = new ManualTimeProvider();
        var hub = new UnreliableHub(Hub, static _ => Fate.Away);
        var options = new PublishFlowOptions
        {
            MinBackoff = TimeSpan.FromSeconds(1),
            MaxBackoff = TimeSpan.FromSeconds(4),
            RandomFactor = 0,
            RetryFor = TimeSpan.FromSeconds(10),
            Time = clock,
        };
        var graph = Source.Single(Element(1)).RunWith(SseHubSink.Publish(hub, "s", options), Materializer);
        // 1, 2 and 4 s, and the next 4 s would be beyond the 10 s.
        foreach (var (calls, pause) in new[] { (1, 1), (2, 2), (3, 4) })
        {
            await Eventually.Until(() => hub.Calls == calls && clock.ActiveTimers == 1, $"call {calls}, and the pause after it");
            clock.Advance(TimeSpan.FromSeconds(pause) - TimeSpan.FromTicks(1));
            clock.ActiveTimers.ShouldBe(1);
            clock.Advance(TimeSpan.FromTicks(1));
        }
        var fault = await Should.ThrowAsync<PublishFailedException>(Eventually.Within(graph, "the failure"));
        fault.Status.ShouldBe(PublishStatus.Unavailable);
        fault.Message.ShouldBe(
            "An event for the stream 's' was not acknowledged (Unavailable): after 3 repetitions in 10 s, the most allowed (RetryFor). " +
            "Away.");
        hub.Calls.ShouldBe(4);
    }

    [Fact]
    public async Task Repeating_ends_with_the_graph()
    {
        var clock = new ManualTimeProvider();
        var hub = new UnreliableHub(Hub, static _ => Fate.Away);
        var (stop, done) = Source.Single(Element(1, keyed: false)).Concat(Source.Never<PublishElement>()).ViaMaterialized(
            KillSwitches.Single<PublishElement>(), Keep.Right)
            .ToMaterialized(SseHubSink.Publish(hub, "s", new PublishFlowOptions { Time = clock }), Keep.Both).Run(Materializer);
        await Eventually.Until(() => clock.ActiveTimers == 1, "the first pause");
        stop.Abort(new InvalidOperationException("killed"));
        (await Should.ThrowAsync<AggregateException>(
            Eventually.Within(done, "the graph's end"))).InnerException!.Message.ShouldBe("killed");
        await Eventually.Until(() => clock.ActiveTimers == 0, "nobody to wait for another try");
        clock.Advance(TimeSpan.FromMinutes(1));
        hub.Calls.ShouldBe(1);
    }

    [Fact]
    public void Pauses_double_up_to_their_bound_with_a_random_part_on_top()
    {
        var options = new PublishFlowOptions
        {
            MinBackoff = TimeSpan.FromMilliseconds(100),
            MaxBackoff = TimeSpan.FromSeconds(3),
            RandomFactor = 0.5,
        };
        int[] repeated = [0, 1, 2, 5, 1_000];
        repeated.Select(n => Verdicts.Pause(options, n, 0).TotalMilliseconds).ShouldBe([100, 200, 400, 3_000, 3_000]);
        Verdicts.Pause(options, 1_000, 1).TotalMilliseconds.ShouldBe(4_500);
    }

    [Theory]
    [InlineData(PublishStatus.Accepted, Verdict.Acknowledged, Verdict.Acknowledged)]
    [InlineData(PublishStatus.Unavailable, Verdict.Repeat, Verdict.Repeat)]
    [InlineData(PublishStatus.Full, Verdict.Repeat, Verdict.Repeat)]
    [InlineData(PublishStatus.KeyTableFull, Verdict.Repeat, Verdict.Repeat)]
    [InlineData(PublishStatus.OutcomeUnknown, Verdict.Repeat, Verdict.Refused)]
    [InlineData(PublishStatus.NoStream, Verdict.Refused, Verdict.Refused)]
    [InlineData(PublishStatus.Closed, Verdict.Refused, Verdict.Refused)]
    [InlineData(PublishStatus.Invalid, Verdict.Refused, Verdict.Refused)]
    [InlineData(PublishStatus.TooLarge, Verdict.Refused, Verdict.Refused)]
    [InlineData(PublishStatus.KeyConflict, Verdict.Refused, Verdict.Refused)]
    [InlineData(PublishStatus.LimitReached, Verdict.Refused, Verdict.Refused)]
    internal void Verdict_on_an_answer(PublishStatus status, Verdict withKey, Verdict without)
    {
        Verdicts.Of(status, hasKey: true).ShouldBe(withKey);
        Verdicts.Of(status, hasKey: false).ShouldBe(without);
    }

    // The upstream is a log with a committed offset, as Kafka's: a graph that starts again repeats what was not committed. Here it starts
    // again whenever an answer is lost, and now and then for no reason between the answer and the commit.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(8, 3)]
    [InlineData(8, 4)]
    [InlineData(64, 5)]
    public async Task Graph_that_starts_again_from_what_was_committed_appends_each_event_once_in_order(int inFlight, int seed)
    {
        const int events = 400;
        var random = new Random(seed);
        var committed = 0;
        var starts = 0;
        Fate[] fates = [Fate.Answered, Fate.Answered, Fate.Answered, Fate.AnswerLost, Fate.RequestLost, Fate.Away];
        // One run at a time, so one draw at a time; RetryFor is zero, so every fate but the first ends the graph.
        var hub = new UnreliableHub(Hub, _ => fates[random.Next(fates.Length)]);
        var options = new PublishFlowOptions { MaxInFlight = inFlight, RetryFor = TimeSpan.Zero };
        while (committed < events)
        {
            starts++;
            var crash = committed + random.Next(1, 50);
            var graph = Source.From(Enumerable.Range(committed + 1, events - committed).Select(static i => (Element(i), i)))
                .Via(SseHubFlow.PublishWithContext<int>(hub, "s", options).AsFlow())
                .RunForeach(r => committed = r.Item2 == crash ? throw new InvalidOperationException("killed") : r.Item2, Materializer);
            await ((Task)Eventually.Within(graph, "the graph's end")).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
        starts.ShouldBeGreaterThan(5);
        (await OnStreamAsync()).ShouldBe(Numbers(1, events));
    }

    [Fact]
    public async Task Two_hubs_streams_are_copied_once_and_in_order_over_restarts_of_the_graph()
    {
        const int events = 300;
        await PublishAsync(1, events);
        var random = new Random(11);
        var hub = new UnreliableHub(Hub, _ => random.Next(4) == 0 ? Fate.AnswerLost : Fate.Answered);
        var last = StreamPosition.BeforeFirst;
        var copied = 0;
        // The position in the one stream is the key in the other. Its id is the hub's, which no publisher may use.
        var graph = RestartSource.OnFailuresWithBackoff(
            () => SseHubSource.From(hub, "s", StartPosition.After(last))
                .Select(static e => (new PublishElement(new SseEvent(e.Event) { Id = null }, $"s {e.Position}"), e.Position))
                .Via(SseHubFlow.PublishWithContext<StreamPosition>(
                    hub, "copy", new PublishFlowOptions { MaxInFlight = 8, RetryFor = TimeSpan.Zero }).AsFlow())
                .Select(r =>
                {
                    last = r.Item2;
                    copied++;
                    return NotUsed.Instance;
                }),
            RestartSettings.Create(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1), 0)).Take(events).RunWith(
            Sink.Ignore<NotUsed>(), Materializer);
        await Eventually.Within(graph, "the copy");
        (await OnStreamAsync("copy")).ShouldBe(Numbers(1, events));
        copied.ShouldBe(events);
    }
}
