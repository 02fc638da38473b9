using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Engine.Specs;

/// <summary>Pages of history: never a partial run that looks complete.</summary>
public abstract class ReadSpecs : EngineSpecs
{
    [Fact]
    public async Task Page_says_complete_or_more()
    {
        await using var node = await Harness.StartNodeAsync();
        for (var i = 1; i <= 10; i++) await node.AppendAsync("s", $"{i}");
        var first = await node.Streams.ReadAsync("s", null, 4, default);
        (first.State, first.HasMore, first.Events.Count).ShouldBe((HistoryState.More, true, 4));
        first.First.ShouldBe(1);
        first.Head.Offset.ShouldBe(10);
        var rest = await node.Streams.ReadAsync("s", first.Events[^1].Position, 6, default);
        (rest.State, rest.HasMore).ShouldBe((HistoryState.Complete, false));
        rest.Events.Select(static e => e.Event.Data).ShouldBe(["5", "6", "7", "8", "9", "10"]);
        var none = await node.Streams.ReadAsync("s", rest.Events[^1].Position, 6, default);
        (none.State, none.Events.Count).ShouldBe((HistoryState.Complete, 0));
    }

    [Fact]
    public async Task Page_shows_events_as_a_reader_gets_them()
    {
        await using var node = await Harness.StartNodeAsync();
        await node.AppendAsync("s", "created");
        await node.AppendAsync("s", new AppendItem(new SseEvent { Data = "a\r\nb\rc", Type = "", Comment = "d\r\ne" }, default));
        await node.AppendAsync("s", new AppendItem(new SseEvent { Data = "", Type = "t", Id = "own" }, default));
        var events = (await node.Streams.ReadAsync("s", null, 10, default)).Events;
        (events[1].Event.Data, events[1].Event.Type, events[1].Event.Comment, events[1].Event.Id).ShouldBe(
            ("a\nb\nc", (string?)null, "d\ne", (string?)null));
        (events[2].Event.Data, events[2].Event.Type, events[2].Event.Id).ShouldBe(("", "t", "own"));
        events.Select(static e => e.Id).ShouldBe(events.Select(static e => e.Position.ToString()));
    }

    [Fact]
    public async Task Before_the_first_event_is_a_position()
    {
        await using var node = await Harness.StartNodeAsync();
        await node.AppendAsync("s", "1");
        var page = await node.Streams.ReadAsync("s", StreamPosition.BeforeFirst, 10, default);
        page.State.ShouldBe(HistoryState.Complete);
        page.Events.Single().Id.ShouldBe(page.Events[0].Position.ToString());
    }

    [Fact]
    [Trait("parity", "RPL-09")]
    public async Task Page_after_a_trimmed_position_says_trimmed()
    {
        await using var node = await Harness.StartNodeAsync();
        await node.Directory.CreateAsync("s", new StreamOptions { MaxEvents = 5 });
        var epoch = (await node.AppendAsync("s", "1")).Position.Epoch;
        for (var i = 2; i <= 20; i++) await node.AppendAsync("s", $"{i}");
        var page = await node.Streams.ReadAsync("s", new StreamPosition(epoch, 3), 3, default);
        (page.State, page.HasMore, page.First).ShouldBe((HistoryState.Trimmed, true, 16));
        page.Events.Select(static e => e.Event.Data).ShouldBe(["16", "17", "18"]);
        (await node.Streams.ReadAsync("s", new StreamPosition(epoch, 15), 3, default)).State.ShouldBe(HistoryState.More);
    }

    [Fact]
    [Trait("parity", "RPL-11")]
    public async Task Page_after_a_position_of_another_epoch_says_so()
    {
        await using var node = await Harness.StartNodeAsync();
        var at = (await node.AppendAsync("s", "1")).Position;
        var other = await node.Streams.ReadAsync("s", at with { Epoch = "zzz" }, 10, default);
        other.State.ShouldBe(HistoryState.EpochChanged);
        other.Events.Count.ShouldBe(1);
        (await node.Streams.ReadAsync("s", at with { Offset = 99 }, 10, default)).State.ShouldBe(HistoryState.EpochChanged);
    }

    [Fact]
    public async Task Unknown_stream_says_no_stream()
    {
        await using var node = await Harness.StartNodeAsync();
        (await node.Streams.ReadAsync("s", null, 10, default)).State.ShouldBe(HistoryState.NoStream);
        (await node.Streams.GetAsync("s", default)).OrThrow().ShouldBeNull();
    }

    [Fact]
    [Trait("parity", "PUB-08")]
    public async Task Event_comes_back_as_it_was_published()
    {
        await using var node = await Harness.StartNodeAsync();
        var e = CompleteEvent.Event();
        using var deadline = Eventually.Limit();
        await using var live = node.Hub.ListenAsync("s", StartPosition.Earliest, deadline.Token).GetAsyncEnumerator(deadline.Token);
        // In the first moments of a cluster owners move: what is refused as unavailable was certainly not appended.
        await Eventually.Until(async () =>
        {
            var status = (await node.AppendAsync("s", [new AppendItem(e, default)]))[0].Status;
            status.ShouldBeOneOf(PublishStatus.Accepted, PublishStatus.Unavailable);
            return status == PublishStatus.Accepted;
        }, "the event to be accepted");
        CompleteEvent.ShouldBeSame((await node.Streams.ReadAsync("s", null, 10, default)).Events.Single().Event, e);
        (await live.MoveNextAsync()).ShouldBeTrue();
        CompleteEvent.ShouldBeSame(live.Current, e);
        await using var late = node.Hub.ListenAsync("s", StartPosition.Earliest, deadline.Token).GetAsyncEnumerator(deadline.Token);
        (await late.MoveNextAsync()).ShouldBeTrue();
        CompleteEvent.ShouldBeSame(late.Current, e);
    }

    [Fact]
    public async Task Trace_context_stays_with_its_event()
    {
        await using var node = await Harness.StartNodeAsync();
        var traced = new PublishOptions { TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
        using var deadline = Eventually.Limit();
        await using var live = node.Hub.SubscribeAsync("s", StartPosition.Earliest, deadline.Token).GetAsyncEnumerator(deadline.Token);
        (await node.AppendAsync("s", "1", traced)).Status.ShouldBe(PublishStatus.Accepted);
        (await node.AppendAsync("s", "2")).Status.ShouldBe(PublishStatus.Accepted);

        await using var late = node.Hub.SubscribeAsync("s", StartPosition.Earliest, deadline.Token).GetAsyncEnumerator(deadline.Token);
        foreach (var reader in new[] { live, late })
        {
            (await reader.MoveNextAsync()).ShouldBeTrue();
            reader.Current.TraceParent.ShouldBe(traced.TraceParent);
            (await reader.MoveNextAsync()).ShouldBeTrue();
            (reader.Current.Event.Data, reader.Current.TraceParent).ShouldBe(("2", null));
        }
    }
}
