#pragma warning disable CA2012 // Told to the substitute, not consumed.
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using AkkaSse.Cluster.Actors;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using NSubstitute;

namespace AkkaSse.Cluster.Tests.Actors;

/// <summary>The hub as an actor, over a hub in memory.</summary>
public sealed class SseHubActorTests() : TestKit("akka.loglevel = WARNING"), IAsyncLifetime
{
    private SseHub _hub = null!;
    private IActorRef _actor = null!;

    public async Task InitializeAsync()
    {
        _hub = await InMemorySseHub.StartAsync(static o => o.AutoCreate = true);
        _actor = Sys.ActorOf(Props.Create(() => new SseHubActor(_hub)));
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task Publishes_of_one_actor_are_appended_in_its_order_and_answered_with_their_positions()
    {
        var requests = Enumerable.Range(1, 50).Select(static i => new Publish("s", Event($"{i}"))).ToList();
        foreach (var request in requests) _actor.Tell(request, TestActor);

        for (var i = 0; i < requests.Count; i++)
        {
            var published = await ExpectMsgAsync<Published>(Eventually.Deadline);
            published.Request.ShouldBeSameAs(requests[i]);
            (published.Result.Status, published.Result.Position.Offset).ShouldBe((PublishStatus.Accepted, i + 1));
        }
    }

    [Fact]
    public async Task Sends_zones_and_broadcasts_are_answered()
    {
        _actor.Tell(new SendTo("nobody", Event("x")), TestActor);
        (await ExpectMsgAsync<Sent>(Eventually.Deadline)).Result.Status.ShouldBe(SendStatus.NotConnected);

        await using var zone = _hub.ListenToZoneAsync("z").GetAsyncEnumerator();
        _actor.Tell(new BroadcastToZone("z", Event("to the zone")), TestActor);
        (await ExpectMsgAsync<Published>(Eventually.Deadline)).Result.IsAccepted.ShouldBeTrue();
        (await Eventually.Within(zone.MoveNextAsync().AsTask(), "the zone's event")).ShouldBeTrue();
        zone.Current.Data.ShouldBe("to the zone");

        await using var all = _hub.ListenToBroadcastAsync().GetAsyncEnumerator();
        _actor.Tell(new Broadcast(Event("to all")), TestActor);
        (await ExpectMsgAsync<Published>(Eventually.Deadline)).Result.IsAccepted.ShouldBeTrue();
        (await Eventually.Within(all.MoveNextAsync().AsTask(), "the broadcast")).ShouldBeTrue();
        all.Current.Data.ShouldBe("to all");
    }

    [Fact]
    public async Task Refused_publish_is_answered_with_its_reason_and_a_throwing_one_with_a_failure()
    {
        _actor.Tell(new Publish("$reserved", Event("x")), TestActor);
        (await ExpectMsgAsync<Published>(Eventually.Deadline)).Result.Status.ShouldBe(PublishStatus.Invalid);

        var hub = Substitute.For<ISseHub>();
        hub.PublishAsync("now", Arg.Any<SseEvent>()).Returns<ValueTask<PublishResult>>(
            static _ => throw new InvalidDataException("at once"));
        hub.PublishAsync("later", Arg.Any<SseEvent>()).Returns(
            static _ => new ValueTask<PublishResult>(Task.FromException<PublishResult>(new InvalidDataException("later"))));
        var actor = Sys.ActorOf(Props.Create(() => new SseHubActor(hub)));
        actor.Tell(new Publish("now", Event("x")), TestActor);
        (await ExpectMsgAsync<Status.Failure>(Eventually.Deadline)).Cause.Message.ShouldBe("at once");
        actor.Tell(new Publish("later", Event("x")), TestActor);
        (await ExpectMsgAsync<Status.Failure>(Eventually.Deadline)).Cause.Message.ShouldBe("later");
    }

    [Fact]
    public async Task Publishes_beyond_what_may_be_under_way_are_refused_and_taken_again_afterwards()
    {
        var gate = new TaskCompletionSource<PublishResult>();
        var hub = Substitute.For<ISseHub>();
        hub.PublishAsync("s", Arg.Any<SseEvent>()).Returns(_ => new ValueTask<PublishResult>(gate.Task));
        var actor = Sys.ActorOf(Props.Create(() => new SseHubActor(hub)));
        for (var i = 0; i < SseHubActor.MaxInFlight; i++) actor.Tell(new Publish("s", Event("x")), TestActor);
        var beyond = new Publish("s", Event("beyond"));
        actor.Tell(beyond, TestActor);

        var refused = await ExpectMsgAsync<Published>(Eventually.Deadline);
        refused.Request.ShouldBeSameAs(beyond);
        refused.Result.Status.ShouldBe(PublishStatus.Unavailable);
        refused.Result.Error!.ShouldContain("was not begun");

        gate.SetResult(new PublishResult(PublishStatus.Accepted, "s"));
        for (var i = 0; i < SseHubActor.MaxInFlight; i++)
            (await ExpectMsgAsync<Published>(Eventually.Deadline)).Result.IsAccepted.ShouldBeTrue();
        actor.Tell(new Publish("s", Event("again")), TestActor);
        (await ExpectMsgAsync<Published>(Eventually.Deadline)).Result.IsAccepted.ShouldBeTrue();
    }

    [Fact]
    public async Task Subscriber_gets_what_is_published_after_the_answer_with_positions_and_nothing_from_before()
    {
        await _hub.PublishAsync("a", Event("before"));
        var subscription = await SubscribeAsync(TestActor, "a", "b");
        var first = await _hub.PublishAsync("a", Event("1"));
        var second = await _hub.PublishAsync("b", Event("2"));

        var received = new[] { await ExpectMsgAsync<StreamReceived>(Eventually.Deadline),
            await ExpectMsgAsync<StreamReceived>(Eventually.Deadline) }.OrderBy(static r => r.Stream).ToList();
        received.Select(static r => (r.Stream, r.Received.Event.Data, r.Received.Position)).ShouldBe(
            [("a", "1", first.Position), ("b", "2", second.Position)]);
        LastSender.ShouldBe(subscription);
    }

    [Fact]
    public async Task Subscriber_that_does_not_acknowledge_has_no_more_than_its_window_in_the_mailbox()
    {
        var probe = CreateTestProbe();
        var subscription = await SubscribeAsync(new Subscribe(probe, ["s"]) { Window = 3 });
        for (var i = 1; i <= 10; i++) await _hub.PublishAsync("s", Event($"{i}"));

        for (var i = 1; i <= 3; i++) await ExpectAsync(probe, i);
        await probe.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(200));
        subscription.Tell(new Acknowledge(2));
        for (var i = 4; i <= 5; i++) await ExpectAsync(probe, i);
        await probe.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(200));
        // More than are on their way: the window does not grow.
        subscription.Tell(new Acknowledge(100));
        for (var i = 6; i <= 8; i++) await ExpectAsync(probe, i);
        await probe.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public async Task Subscription_ends_with_its_subscriber_and_when_it_is_told_to_and_leaves_no_reader()
    {
        await _hub.PublishAsync("s", Event("0"));
        var probe = CreateTestProbe();
        var first = await SubscribeAsync(probe, "s");
        var second = await SubscribeAsync(TestActor, "s");
        Watch(first);
        Watch(second);
        await Eventually.Until(async () => (await _hub.Streams.GetAsync("s")).OrThrow()!.LocalReaders == 2, "two readers");

        Sys.Stop(probe);
        await ExpectTerminatedAsync(first, Eventually.Deadline);
        second.Tell(Unsubscribe.Instance);
        await ExpectTerminatedAsync(second, Eventually.Deadline);
        await Eventually.Until(async () => (await _hub.Streams.GetAsync("s")).OrThrow()!.LocalReaders == 0, "no reader to be left");
    }

    [Fact]
    public async Task Removed_streams_end_and_the_last_one_ends_the_subscription()
    {
        await _hub.PublishAsync("a", Event("1"));
        await _hub.PublishAsync("b", Event("1"));
        var subscription = await SubscribeAsync(TestActor, "a", "b");
        Watch(subscription);

        await _hub.Streams.RemoveAsync("a");
        (await ExpectMsgAsync<StreamEnded>(Eventually.Deadline)).ShouldBe(new StreamEnded("a", null));
        await _hub.Streams.RemoveAsync("b");
        (await ExpectMsgAsync<StreamEnded>(Eventually.Deadline)).ShouldBe(new StreamEnded("b", null));
        await ExpectTerminatedAsync(subscription, Eventually.Deadline);
    }

    [Fact]
    public async Task Subscriber_that_begins_after_what_it_handled_last_misses_and_repeats_nothing()
    {
        for (var i = 1; i <= 5; i++) await _hub.PublishAsync("s", Event($"{i}"));
        var subscription = await SubscribeAsync(new Subscribe(TestActor, ["s"], StartPosition.Earliest));
        StreamReceived last = null!;
        for (var i = 1; i <= 3; i++) last = await ExpectMsgAsync<StreamReceived>(Eventually.Deadline);
        subscription.Tell(Unsubscribe.Instance);

        var probe = CreateTestProbe();
        await SubscribeAsync(new Subscribe(probe, ["s"], StartPosition.After(last.Received.Position)));
        for (var i = 4; i <= 5; i++) await ExpectAsync(probe, i);
    }

    [Fact]
    public async Task Answer_comes_before_the_first_event()
    {
        for (var i = 1; i <= 5; i++) await _hub.PublishAsync("s", Event($"{i}"));
        var request = new Subscribe(TestActor, ["s"], StartPosition.Earliest);
        _actor.Tell(request, TestActor);
        (await ExpectMsgAsync<Subscribed>(Eventually.Deadline)).Request.ShouldBeSameAs(request);
        for (var i = 1; i <= 5; i++) (await ExpectMsgAsync<StreamReceived>(Eventually.Deadline)).Received.Event.Data.ShouldBe($"{i}");
    }

    [Fact]
    public async Task Subscription_that_makes_no_sense_is_refused_and_the_others_go_on()
    {
        await SubscribeAsync(TestActor, "s");
        var probe = CreateTestProbe();
        foreach (var faulty in new[] { new Subscribe(probe, null!), new Subscribe(probe, [null!]), new Subscribe(null!, ["s"]) })
        {
            _actor.Tell(faulty, probe);
            (await probe.ExpectMsgAsync<SubscribeFailed>(Eventually.Deadline)).Request.ShouldBeSameAs(faulty);
        }
        await _hub.PublishAsync("s", Event("1"));
        (await ExpectMsgAsync<StreamReceived>(Eventually.Deadline)).Received.Event.Data.ShouldBe("1");
    }

    [Theory]
    [InlineData("", "1 to 32 are allowed")]
    [InlineData("a,a", "asked for twice")]
    [InlineData("$zone/z", "")]
    public async Task Faulty_subscription_is_refused_in_a_sentence(string streams, string error)
    {
        _actor.Tell(new Subscribe(TestActor, streams.Split(',', StringSplitOptions.RemoveEmptyEntries)), TestActor);
        (await ExpectMsgAsync<SubscribeFailed>(Eventually.Deadline)).Error.ShouldContain(error);
    }

    [Fact]
    public async Task Subscriber_that_has_ended_or_never_was_is_answered_and_leaves_nothing()
    {
        var dead = CreateTestProbe();
        Sys.Stop(dead);
        Watch(dead);
        await ExpectTerminatedAsync(dead, Eventually.Deadline);
        foreach (var (subscriber, error) in new[] { (dead.Ref, "The subscriber has ended."), (ActorRefs.Nobody, "needs a subscriber"),
            (Sys.DeadLetters, "needs a subscriber") })
        {
            _actor.Tell(new Subscribe(subscriber, ["s"], StartPosition.Earliest), TestActor);
            // It may have been answered before its end was heard of.
            var answer = await ExpectMsgAsync<object>(Eventually.Deadline);
            if (answer is not Subscribed || subscriber != dead.Ref) answer.ShouldBeOfType<SubscribeFailed>().Error.ShouldContain(error);
        }
        await Eventually.Until(() => !((ActorRefWithCell)_actor).Children.Any(), "no subscription to be left");
    }

    [Fact]
    public async Task Subscriber_that_ends_before_the_answer_is_answered()
    {
        // Where the stream stands is never said.
        var hub = Substitute.For<ISseHub>();
        hub.Streams.ReadAsync("s", Arg.Any<StreamPosition?>(), Arg.Any<int>(), Arg.Any<CancellationToken>()).Returns(
            static _ => new ValueTask<HistoryPage>(new TaskCompletionSource<HistoryPage>().Task));
        var actor = Sys.ActorOf(Props.Create(() => new SseHubActor(hub)));
        var probe = CreateTestProbe();
        actor.Tell(new Subscribe(probe, ["s"]), TestActor);
        Sys.Stop(probe);
        (await ExpectMsgAsync<SubscribeFailed>(Eventually.Deadline)).Error.ShouldBe("The subscriber has ended.");
    }

    [Fact]
    public async Task List_that_throws_while_it_is_read_fails_its_own_request_alone()
    {
        var subscription = await SubscribeAsync(TestActor, "s");
        Watch(subscription);
        var list = Substitute.For<IReadOnlyList<string>>();
        list.Count.Returns(1);
        list.GetEnumerator().Returns(static _ => throw new InvalidOperationException("changed meanwhile"));
        _actor.Tell(new Subscribe(TestActor, list), TestActor);
        (await ExpectMsgAsync<SubscribeFailed>(Eventually.Deadline)).Error.ShouldContain("changed meanwhile");
        await _hub.PublishAsync("s", Event("1"));
        (await ExpectMsgAsync<StreamReceived>(Eventually.Deadline)).Received.Event.Data.ShouldBe("1");
    }

    [Fact]
    public async Task Window_out_of_range_is_refused()
    {
        _actor.Tell(new Subscribe(TestActor, ["s"]) { Window = 0 }, TestActor);
        (await ExpectMsgAsync<SubscribeFailed>(Eventually.Deadline)).Error.ShouldContain("1 to 100000 are allowed");
    }

    private static SseEvent Event(string data) => new() { Data = data };

    private static async Task ExpectAsync(TestProbe probe, int data) =>
        (await probe.ExpectMsgAsync<StreamReceived>(Eventually.Deadline)).Received.Event.Data.ShouldBe($"{data}");

    private Task<IActorRef> SubscribeAsync(IActorRef subscriber, params string[] streams) =>
        SubscribeAsync(new Subscribe(subscriber, streams));

    // Asked with a probe of its own, so that nothing else is in between.
    private async Task<IActorRef> SubscribeAsync(Subscribe request) =>
        (await _actor.Ask<Subscribed>(request, Eventually.Deadline)).Subscription;
}
