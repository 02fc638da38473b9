using AkkaSse.Hub.Clients;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Clients;

/// <summary>In-process readers that are given positions: wherever one stops, the next one goes on.</summary>
public sealed class SubscribingTests
{
    [Theory]
    [InlineData(StreamIds.Hub)]
    [InlineData(StreamIds.Caller)]
    public async Task Event_comes_with_the_position_that_its_publisher_was_answered_whosever_its_id_is(StreamIds ids)
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("s", new StreamOptions { Ids = ids });
        var answered = new List<StreamPosition>();
        foreach (var id in (string?[])["x", "y", null]) answered.Add((await hub.PublishAsync("s", "data", id: id)).Position);
        var read = await TakeAsync(hub, StartPosition.Earliest, 3);
        read.Select(static e => e.Position).ShouldBe(answered);
        read.Take(2).Select(static e => e.Event.Id).ShouldBe(["x", "y"]);
        read.ShouldAllBe(static e => !e.IsGap);
    }

    [Theory]
    [InlineData(StreamIds.Hub)]
    [InlineData(StreamIds.Caller)]
    public async Task Reader_that_goes_on_after_any_event_gets_exactly_the_rest(StreamIds ids)
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("s", new StreamOptions { Ids = ids });
        // The same id again and again: an id names no place.
        for (var i = 1; i <= 5; i++) await hub.PublishAsync("s", $"{i}", id: "same");
        var all = await TakeAsync(hub, StartPosition.Earliest, 5);
        for (var k = 1; k < 5; k++)
            Told(await TakeAsync(hub, StartPosition.After(all[k - 1].Position), 5 - k)).ShouldBe(Told(all[k..]), $"after {k}");
    }

    [Fact]
    public async Task Gap_is_told_with_the_position_after_it_from_which_a_reader_goes_on_without_another()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("s", new StreamOptions { MaxEvents = 3 });
        var first = await hub.PublishAsync("s", "1");
        await hub.PublishAsync("s", 2, 10);
        var read = await TakeAsync(hub, StartPosition.After(first.Position), 4);
        Told(read).ShouldBe(["gap@7", "8@8", "9@9", "10@10"]);
        read[0].Event.Data.ShouldNotBeNull().ShouldContain("\"from\":2,\"to\":7");
        Told(await TakeAsync(hub, StartPosition.After(read[0].Position), 3)).ShouldBe(["8@8", "9@9", "10@10"]);
    }

    [Fact]
    public async Task Position_of_another_epoch_is_a_gap_and_the_one_after_it_is_of_the_new_epoch()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("s", 1, 2);
        var read = await TakeAsync(hub, StartPosition.After(new StreamPosition("other", 7)), 3);
        Told(read).ShouldBe(["gap@0", "1@1", "2@2"]);
        read[0].Event.Data.ShouldNotBeNull().ShouldContain("epoch-changed");
        read.Select(static e => e.Position.Epoch).Distinct().ShouldHaveSingleItem()
            .ShouldBe((await hub.Hub.Streams.GetAsync("s")).OrThrow()!.Epoch);
        Told(await TakeAsync(hub, StartPosition.After(read[0].Position), 2)).ShouldBe(["1@1", "2@2"]);
    }

    [Fact]
    public async Task Epoch_that_begins_under_a_reader_is_a_gap_with_a_position_of_the_new_one()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("s", "old");
        await using var reading = hub.Hub.SubscribeAsync("s", StartPosition.Earliest).GetAsyncEnumerator();
        (await NextAsync(reading)).Event.Data.ShouldBe("old");
        await using (var other = await hub.ReadAsync("s"))
        {
            other.Connection.ShouldBeOfType<ClientActor>().CursorSnapshot[0].LocalStream.Log.Begin("new", 20, 20, 0);
            await hub.PublishAsync("s", "fresh");
        }
        var gap = await NextAsync(reading);
        gap.IsGap.ShouldBeTrue();
        gap.Position.ShouldBe(new StreamPosition("new", 20));
        (await NextAsync(reading)).Position.ShouldBe(new StreamPosition("new", 21));
        Told(await TakeAsync(hub, StartPosition.After(gap.Position), 1)).ShouldBe(["fresh@21"]);
    }

    [Fact]
    public async Task Reader_that_goes_on_among_the_newest_events_of_each_key_repeats_none_and_misses_none()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("s", new StreamOptions { MaxEvents = 2, SlowReader = SlowReaderPolicy.Conflate });
        var first = await hub.PublishAsync("s", "1");
        for (var i = 2; i <= 10; i++)
            await hub.PublishAsync("s", $"{i}", options: new PublishOptions { ConflateKey = i <= 6 ? $"k{i % 3}" : "late" });
        var read = await TakeAsync(hub, StartPosition.After(first.Position), 6);
        Told(read).ShouldBe(["gap@3", "4@4", "5@5", "6@6", "9@9", "10@10"]);
        for (var k = 0; k < read.Count - 1; k++)
        {
            var rest = Told(read[(k + 1)..]);
            var next = await TakeAsync(hub, StartPosition.After(read[k].Position), rest.Count, skipGaps: true);
            Told(next).ShouldBe(rest, $"after {read[k].Position}");
        }
    }

    [Fact]
    public async Task Publishers_id_and_comment_come_as_they_were_published()
    {
        await using var hub = await TestHub.StartAsync();
        (await hub.Hub.PublishAsync(
            "s", new SseEvent { Data = "x", Id = "a b=c", Comment = " indented\n\nand more" })).Status.ShouldBe(PublishStatus.Accepted);
        var e = (await TakeAsync(hub, StartPosition.Earliest, 1))[0].Event;
        (e.Id, e.Comment).ShouldBe(("a b=c", " indented\n\nand more"));
        e.Fields.ShouldBeEmpty();
    }

    [Fact]
    public async Task Comment_has_the_position_of_the_event_before_it()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("s", "1");
        await using var reading = hub.Hub.SubscribeAsync("s").GetAsyncEnumerator();
        // A comment is for readers that are there, at the head.
        var next = NextAsync(reading);
        await hub.Hub.PublishAsync("s", new SseEvent { Comment = "between" });
        await hub.PublishAsync("s", "2");
        var comment = await next;
        comment.Event.Comment.ShouldBe("between");
        comment.Position.Offset.ShouldBe(1);
        (await NextAsync(reading)).Position.Offset.ShouldBe(2);
        Told(await TakeAsync(hub, StartPosition.After(comment.Position), 1)).ShouldBe(["2@2"]);
    }

    [Fact]
    public async Task Enumeration_that_is_given_up_before_its_first_event_leaves_no_reader()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("s", "1");
        var listening = hub.Hub.ListenAsync("s").GetAsyncEnumerator();
        var subscribed = hub.Hub.SubscribeAsync("s").GetAsyncEnumerator();
        (await hub.Hub.Streams.GetAsync("s")).OrThrow()!.LocalReaders.ShouldBe(2);
        await listening.DisposeAsync();
        await subscribed.DisposeAsync();
        (await hub.Hub.Streams.GetAsync("s")).OrThrow()!.LocalReaders.ShouldBe(0);
        await hub.NothingLeftAsync();
    }

    [Fact]
    public async Task Subscription_is_refused_as_listening_is()
    {
        var hub = await TestHub.StartAsync(static o => o.AutoCreate = false);
        Should.Throw<ArgumentException>(() => hub.Hub.SubscribeAsync("$all"));
        await Should.ThrowAsync<HubException>(() => TakeAsync(hub, null, 1));
        await hub.DisposeAsync();
        Should.Throw<InvalidOperationException>(() => hub.Hub.SubscribeAsync("s"));
    }

    private static List<string> Told(IEnumerable<StreamEvent> events) =>
        [.. events.Select(static e => $"{(e.IsGap ? "gap" : e.Event.Data)}@{e.Position.Offset}")];

    private static async Task<StreamEvent> NextAsync(IAsyncEnumerator<StreamEvent> reading)
    {
        (await Eventually.Within(reading.MoveNextAsync().AsTask(), "the next event")).ShouldBeTrue();
        return reading.Current;
    }

    private static async Task<List<StreamEvent>> TakeAsync(TestHub hub, StartPosition? from, int count, bool skipGaps = false)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        var taken = new List<StreamEvent>();
        await foreach (var e in hub.Hub.SubscribeAsync("s", from, deadline.Token))
        {
            if (!e.IsGap || !skipGaps) taken.Add(e);
            if (taken.Count == count) break;
        }
        return taken;
    }
}
