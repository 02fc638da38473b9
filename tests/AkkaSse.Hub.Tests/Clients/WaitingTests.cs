using AkkaSse.Engine.Specs;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Tests.Engine;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Clients;

/// <summary>Nobody can say where a stream stands: readers wait or are refused, and nothing begins at a wrong place.</summary>
public sealed class WaitingTests : IAsyncLifetime
{
    private HeldEngine _engine = null!;
    private readonly RecordingObserver _observer = new();
    private SseHub _hub = null!;

    private static SubscribeRequest Named => new()
    {
        Streams = [new("s")],
        Zone = "z",
        ClientId = "c",
        Ids = WireIds.Token,
    };

    public Task InitializeAsync() => StartAsync();

    public async Task DisposeAsync()
    {
        await _hub.DisposeAsync();
        await Eventually.Until(() => _hub.Load is { Actors: 0, Connections: 0 }, "nothing to be left");
    }

    [Fact]
    public async Task Reader_gets_its_head_while_the_owner_is_away_and_misses_nothing_from_hub_open_on()
    {
        await AppendAsync("s", "1");
        _engine.Shut();
        await using var latest = await ConnectAsync(new SubscribeRequest { Streams = [new("s")] });
        await latest.PendingAsync(static lines => lines is [":"]);
        await AppendAsync("s", "2");
        _engine.Open();
        (await latest.ExpectAsync("hub.open")).Data!.ShouldContain("\"head\":2");
        await AppendAsync("s", "3");
        (await latest.DataAsync(1)).ShouldBe(["3"]);
    }

    [Fact]
    public async Task Reader_that_resumes_while_the_owner_is_away_goes_on_behind_its_position()
    {
        var first = await AppendAsync("s", "1");
        _engine.Shut();
        await using var resumed = await ConnectAsync(
            new SubscribeRequest { Streams = [new("s")], LastEventId = first.Position.ToString() });
        await resumed.PendingAsync(static lines => lines is [":"]);
        await AppendAsync("s", "2");
        _engine.Open();
        (await resumed.ExpectAsync("hub.open")).Id.ShouldBe(first.Position.ToString());
        (await resumed.DataAsync(1)).ShouldBe(["2"]);
    }

    [Fact]
    public async Task Newcomer_is_refused_at_once_where_the_engine_is_down_and_readers_stay()
    {
        await using var there = await ConnectAsync(new SubscribeRequest { Streams = [new("s")] });
        await there.ExpectAsync("hub.open");
        _engine.Shut();
        _engine.Enter(EngineState.Down);
        var refused = await Eventually.Within(
            _hub.ConnectAsync(new SubscribeRequest { Streams = [new("s")] }, default).AsTask(), "an answer");
        refused.Status.ShouldBe(AdmissionStatus.Unavailable);
        refused.RetryAfter.ShouldNotBeNull();
        _engine.Enter(EngineState.Ready);
        await AppendAsync("s", "1");
        (await there.DataAsync(1)).ShouldBe(["1"]);
    }

    [Fact]
    public async Task Reader_that_waits_is_told_when_the_engine_goes_down_and_keeps_its_position()
    {
        _engine.Shut();
        await using var waiting = await ConnectAsync(new SubscribeRequest { Streams = [new("s")], LastEventId = "7-abc" });
        await waiting.PendingAsync(static lines => lines is [":"]);
        _engine.Enter(EngineState.Down);
        var end = await waiting.ExpectAsync("hub.end");
        (end.Data, end.Id).ShouldBe(("""{"reason":"unavailable"}""", "7-abc"));
        end.Retry.ShouldNotBeNull();
        await Eventually.Within(waiting.Running, "the end");
        waiting.Connection.Reason.ShouldBe(CloseReason.Unavailable);
    }

    /// <summary>Nothing would tell it from when on it misses nothing.</summary>
    [Fact]
    public async Task Reader_without_control_events_that_begins_at_the_newest_event_is_refused_and_one_that_resumes_waits()
    {
        var first = await AppendAsync("s", "1");
        _engine.Shut();
        var request = new SubscribeRequest { Streams = [new("s")], Control = false };
        var refused = await Eventually.Within(_hub.ConnectAsync(request, default).AsTask(), "an answer");
        refused.Status.ShouldBe(AdmissionStatus.Unavailable);
        await using var resumed = await ConnectAsync(request with { LastEventId = first.Position.ToString() });
        await resumed.PendingAsync(static lines => lines is [":"]);
        await AppendAsync("s", "2");
        _engine.Open();
        (await resumed.DataAsync(1)).ShouldBe(["2"]);
    }

    [Fact]
    public async Task Reader_that_waits_is_told_of_a_drain()
    {
        _engine.Shut();
        await using var waiting = await ConnectAsync(new SubscribeRequest { Streams = [new("s")] });
        await waiting.PendingAsync(static lines => lines is [":"]);
        var drained = _hub.DrainAsync();
        await waiting.ExpectAsync("hub.drain");
        await Eventually.Within(drained, "the drain");
    }

    [Fact]
    public async Task Reader_that_leaves_while_it_waits_leaves_nothing()
    {
        _engine.Shut();
        var waiting = await ConnectAsync(Named);
        await waiting.PendingAsync(static lines => lines is [":"]);
        await waiting.DisposeAsync();
        _hub.Load.Connections.ShouldBe(0);
        _engine.Open();
        await Eventually.Until(() => _hub.Load is { Actors: 0, Streams: 0 }, "nothing to be left");
        // The id is free.
        await using var next = await ConnectAsync(Named);
        await next.ExpectAsync("hub.open");
    }

    [Fact]
    public async Task Client_that_waits_is_found_from_hub_open_on_and_only_one_holds_an_id()
    {
        _engine.Shut();
        await using var one = await ConnectAsync(Named);
        await using var other = await ConnectAsync(Named);
        await one.PendingAsync(static lines => lines is [":"]);
        await other.PendingAsync(static lines => lines is [":"]);
        (await _hub.SendToAsync("c", new SseEvent { Data = "early" })).Status.ShouldBe(SendStatus.NotConnected);
        _engine.Open();
        var blocks = new[] { (await one.NextAsync())!, (await other.NextAsync())! };
        blocks.Select(static b => b.Type).Order().ShouldBe(["hub.end", "hub.open"]);
        blocks.Single(static b => b.Type == "hub.end").Data.ShouldBe("""{"reason":"client-in-use"}""");
        var open = blocks[0].Type == "hub.open" ? one : other;
        (await _hub.SendToAsync("c", new SseEvent { Data = "x" })).Status.ShouldBe(SendStatus.Accepted);
        (await open.DataAsync(1)).ShouldBe(["x"]);
        (await _hub.Clients.ListAsync()).Known().Items.ShouldHaveSingleItem().Id.ShouldBe("c");
    }

    [Fact]
    public async Task Observers_are_told_of_a_connection_when_it_opens()
    {
        await _hub.DisposeAsync();
        await StartAsync(_observer);
        _engine.Shut();
        await using var waiting = await ConnectAsync(Named);
        await waiting.PendingAsync(static lines => lines is [":"]);
        _observer.Calls.ShouldBeEmpty();
        _engine.Open();
        await waiting.ExpectAsync("hub.open");
        await AppendAsync("s", "1");
        (await waiting.DataAsync(1)).ShouldBe(["1"]);
        _observer.Count("connected").ShouldBe(1);
    }

    [Fact]
    public async Task Managed_subscription_is_refused_while_the_owner_of_a_stream_is_away_and_begins_where_the_stream_stands()
    {
        await AppendAsync("s", "1");
        var wanted = new ManagedSubscription { Id = "m", Streams = ["s"] };
        _engine.Shut();
        (await Eventually.Within(_hub.PutSubscriptionAsync(wanted, default).AsTask(), "an answer")).Status
            .ShouldBe(ManagedSubscriptionStatus.Unavailable);
        (await _hub.GetSubscriptionAsync("m", default)).Known().ShouldBeNull("nothing was changed");
        _engine.Open();
        (await _hub.PutSubscriptionAsync(wanted, default)).Status.ShouldBe(ManagedSubscriptionStatus.Created);
        (await _hub.GetSubscriptionAsync("m", default)).Known()!.Positions["s"].Offset.ShouldBe(1);
        // A stream that stays goes on from where it is: nobody needs to be asked.
        _engine.Shut();
        (await Eventually.Within(_hub.PutSubscriptionAsync(wanted, default).AsTask(), "an answer")).Status
            .ShouldBe(ManagedSubscriptionStatus.Updated);
    }

    [Fact]
    public async Task Change_of_streams_is_refused_while_the_owner_is_away_and_changes_nothing()
    {
        await using var reader = await ConnectAsync(Named);
        await reader.ExpectAsync("hub.open");
        _engine.Shut();
        var change = new SubscriptionChange([new StreamSubscription("t", StartPosition.Earliest)], ["s"]);
        (await Eventually.Within(_hub.Clients.ChangeSubscriptionsAsync("c", change).AsTask(), "an answer")).Status
            .ShouldBe(ClientCallStatus.Unavailable);
        _engine.Open();
        (await _hub.Clients.GetAsync("c")).Client!.Streams.ShouldBe(["s"]);
        await Eventually.Until(() => _hub.Load.Streams == 2, "the stream to be given back");
        (await _hub.Clients.ChangeSubscriptionsAsync("c", change)).Status.ShouldBe(ClientCallStatus.Done);
        (await reader.ExpectAsync("hub.subscriptions")).Data!.ShouldContain("\"t\"");
    }

    [Fact]
    public async Task Listener_begins_where_the_stream_stands_when_its_owner_is_back()
    {
        var first = await AppendAsync("s", "1");
        _engine.Shut();
        using var limit = Eventually.Limit();
        await using var events = _hub.ListenAsync("s", StartPosition.After(first.Position), limit.Token).GetAsyncEnumerator(limit.Token);
        var next = events.MoveNextAsync();
        await AppendAsync("s", "2");
        _engine.Open();
        (await next).ShouldBeTrue();
        events.Current.Data.ShouldBe("2");
    }

    [Fact]
    public async Task Listener_that_is_given_up_before_its_first_event_waits_for_nobody()
    {
        await AppendAsync("s", "1");
        _engine.Shut();
        var events = _hub.ListenAsync("s").GetAsyncEnumerator();
        await Eventually.Within(events.DisposeAsync().AsTask(), "the end of an enumeration that never began");
        _engine.Open();
        await Eventually.Until(() => _hub.Load.Streams == 0, "the stream to be given back");
    }

    private async Task StartAsync(params IHubObserver[] observers)
    {
        // Long enough for a busy machine and short enough to wait for: who waits for the door waits longer.
        var options = new HubOptions { NodeName = "n", AutoCreate = true, OpenTimeout = TimeSpan.FromMilliseconds(100) };
        _engine = new HeldEngine();
        _hub = new SseHub(options, _engine, observers, time: GrantedTime.Instance);
        await _hub.StartAsync();
    }

    private async Task<TestReader> ConnectAsync(SubscribeRequest request)
    {
        var admission = await Eventually.Within(_hub.ConnectAsync(request, default).AsTask(), "an admission");
        admission.Status.ShouldBe(AdmissionStatus.Accepted, admission.Error);
        return new TestReader(admission.Connection!, 64 << 10);
    }

    private async Task<AppendResult> AppendAsync(string stream, string data)
    {
        var results = new AppendResult[1];
        await _engine.Elsewhere.AppendAsync(stream, new[] { new AppendItem(new SseEvent { Data = data }, default) }, results, default);
        results[0].Status.ShouldBe(PublishStatus.Accepted);
        return results[0];
    }
}
