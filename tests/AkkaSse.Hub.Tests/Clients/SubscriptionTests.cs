using AkkaSse.Engine.Specs;
using System.Text.Json;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Clients;

public sealed class SubscriptionTests
{
    private static readonly SubscribeRequest Named = new()
    {
        Streams = [new("a")],
        Zone = "z",
        ClientId = "c",
        Instance = "i",
        Ids = WireIds.Token,
    };

    private static SubscriptionChange Change(string[] add, params string[] remove) =>
        new([.. add.Select(static s => new StreamSubscription(s, StartPosition.Earliest))], remove);

    [Fact]
    public async Task Change_is_applied_told_and_resumable()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("b", 1, 2);
        await using var reader = await hub.ReadAsync(Named);
        await reader.ExpectAsync("hub.open");
        var changed = await hub.Hub.Clients.ChangeSubscriptionsAsync("c", Change(["b"], "a"));
        changed.Status.ShouldBe(ClientCallStatus.Done, changed.Error);
        changed.Client!.Streams.ShouldBe(["b"]);
        var told = await reader.ExpectAsync("hub.subscriptions");
        JsonDocument.Parse(told.Data!).RootElement.GetProperty("streams").EnumerateArray().Select(
            static s => s.GetProperty("stream").GetString()).ShouldBe(["b"]);
        (await reader.DataAsync(1)).ShouldBe(["1"]);
        await hub.PublishAsync("a", "not read any more");
        await using var resumed = await hub.ReadAsync(
            new SubscribeRequest { Streams = [new("b")], Ids = WireIds.Token, LastEventId = reader.LastEventId });
        await resumed.ExpectAsync("hub.open");
        (await resumed.DataAsync(1)).ShouldBe(["2"]);
        (await reader.DataAsync(1)).ShouldBe(["2"]);
    }

    [Fact]
    public async Task Stream_that_is_added_after_a_position_begins_behind_it()
    {
        await using var hub = await TestHub.StartAsync();
        var second = (await hub.PublishAsync("b", "1"), await hub.PublishAsync("b", "2")).Item2;
        await hub.PublishAsync("b", "3");
        await using var reader = await hub.ReadAsync(Named);
        await reader.ExpectAsync("hub.open");
        var after = new StreamSubscription("b", StartPosition.After(second.Position));
        (await hub.Hub.Clients.ChangeSubscriptionsAsync("c", new SubscriptionChange([after], []))).Status.ShouldBe(ClientCallStatus.Done);
        await reader.ExpectAsync("hub.subscriptions");
        (await reader.DataAsync(1)).ShouldBe(["3"]);
    }

    [Fact]
    public async Task Gap_of_an_added_stream_is_told_before_any_event_whose_id_is_behind_it()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("b", new StreamOptions { MaxEvents = 2 });
        await hub.PublishAsync("b", 1, 10);
        await using var reader = await hub.ReadAsync(Named, pause: 1);
        for (var i = 1; i <= 50; i++) await hub.PublishAsync("a", $"a{i} {new string('x', 2_000)}");
        var changing = hub.Hub.Clients.ChangeSubscriptionsAsync("c", new SubscriptionChange([new("b", StartPosition.FromOffset(3))], []))
            .AsTask();
        await reader.ExpectAsync("hub.open");
        var blocks = new List<RawBlock>();
        while (blocks.Count < 54) blocks.Add((await reader.NextAsync())!);
        (await changing).Status.ShouldBe(ClientCallStatus.Done);
        var subscriptions = blocks.FindIndex(static b => b.Type == "hub.subscriptions");
        // The position before the change: the stream is not in it yet, so a cut here brings the reader back to be told of the gap.
        CursorToken.TryParse(blocks[subscriptions].Id!, out var held).ShouldBeTrue();
        (held!.ContainsKey(CursorToken.HashOf("a")), held.ContainsKey(CursorToken.HashOf("b"))).ShouldBe((true, false));
        blocks[subscriptions + 1].Type.ShouldBe("hub.gap");
        OpeningTests.Gap(blocks[subscriptions + 1]).ShouldBe(("b", 4, 8, "trimmed", true));
        blocks.Where(static b => b.Type is null).Select(static b => b.Data!.Split(' ')[0]).Order().ShouldBe(
            Enumerable.Range(1, 50).Select(static i => $"a{i}").Concat(["9", "10"]).Order());
    }

    [Fact]
    public async Task Stored_change_survives_reconnects_for_ten_minutes_after_the_last()
    {
        await using var hub = await TestHub.StartAsync();
        await using (var reader = await hub.ReadAsync(Named))
        {
            await reader.ExpectAsync("hub.open");
            (await hub.Hub.Clients.ChangeSubscriptionsAsync("c", Change(["b"], "a"))).Status.ShouldBe(ClientCallStatus.Done);
        }
        await using (var second = await hub.ReadAsync(Named))
        {
            (await second.ExpectAsync("hub.open")).Data!.ShouldContain("\"b\"");
            // Longer than the stored change would live without somebody connected.
            for (var i = 0; i < 30; i++) hub.Clock.Advance(TimeSpan.FromMinutes(1));
        }
        hub.Clock.Advance(TimeSpan.FromMinutes(8));
        await using (var third = await hub.ReadAsync(Named)) (await third.ExpectAsync("hub.open")).Data!.ShouldContain("\"b\"");
        await using (var other = await hub.ReadAsync(Named with { Subject = "somebody else" }))
            (await other.ExpectAsync("hub.open")).Data!.ShouldContain("\"a\"");
        await using (var denied = await hub.ReadAsync(Named with { AuthorizeStream = static _ => new ValueTask<bool>(false) }))
            (await denied.ExpectAsync("hub.open")).Data!.ShouldNotContain("\"b\"");
        for (var i = 0; i < 11; i++) hub.Clock.Advance(TimeSpan.FromMinutes(1));
        await using var late = await hub.ReadAsync(Named);
        (await late.ExpectAsync("hub.open")).Data!.ShouldContain("\"a\"");
    }

    [Fact]
    public async Task Stored_addition_that_is_gone_does_not_lock_the_client_out()
    {
        await using var hub = await TestHub.StartAsync(static o => (o.AutoCreate, o.RemovedStreamMemory) = (false, TimeSpan.Zero));
        await hub.CreateAsync("a", new StreamOptions());
        await hub.CreateAsync("b", new StreamOptions());
        await using (var reader = await hub.ReadAsync(Named))
        {
            await reader.ExpectAsync("hub.open");
            await hub.Hub.Clients.ChangeSubscriptionsAsync("c", Change(["b"]));
        }
        await hub.Hub.Streams.RemoveAsync("b");
        await using var again = await hub.ReadAsync(Named);
        (await again.ExpectAsync("hub.open")).Data!.ShouldContain("\"a\"");
    }

    [Fact]
    public async Task Concurrent_changes_add_a_stream_once_and_respect_the_limit()
    {
        await using var hub = await TestHub.StartAsync(static o => o.MaxStreamsPerConnection = 4, manual: false);
        await using var reader = await hub.ReadAsync(Named);
        await reader.ExpectAsync("hub.open");
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 24).Select(
            i => Task.Run(async () => await hub.Hub.Clients.ChangeSubscriptionsAsync("c", Change([$"s{i % 8}"])))));
        answers.Count(static a => a.Status == ClientCallStatus.LimitReached).ShouldBeGreaterThan(0);
        var now = (await hub.Hub.Clients.GetAsync("c")).Client!.Streams;
        now.Count.ShouldBe(4);
        now.Distinct().Count().ShouldBe(4);
        foreach (var stream in now) hub.Hub.Streams.GetAsync(stream).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("$all")]
    public async Task Invalid_change_changes_nothing(string name)
    {
        await using var hub = await TestHub.StartAsync();
        await using var reader = await hub.ReadAsync(Named);
        await using var single = await hub.ReadAsync("a");
        (await hub.Hub.Clients.ChangeSubscriptionsAsync("c", Change([name]))).Status.ShouldBe(ClientCallStatus.Invalid);
        (await hub.Hub.Clients.ChangeSubscriptionsAsync(single.Id, Change(["b"]))).Status.ShouldBe(ClientCallStatus.Invalid);
        (await hub.Hub.Clients.ChangeSubscriptionsAsync("nobody", Change(["b"]))).Status.ShouldBe(ClientCallStatus.NotConnected);
        (await hub.Hub.Clients.GetAsync("c")).Client!.Streams.ShouldBe(["a"]);
    }

    [Fact]
    [Trait("parity", "STR-11")]
    public async Task Managed_subscription_keeps_its_positions_and_ends_with_its_idle_time()
    {
        await using var hub = await TestHub.StartAsync(static o => o.SubscriptionIdle = TimeSpan.FromMinutes(5));
        await hub.PublishAsync("a", "before");
        var subscription = new ManagedSubscription { Id = "m", Streams = ["a", "b"] };
        (await hub.Edge.PutSubscriptionAsync(subscription, default)).Status.ShouldBe(ManagedSubscriptionStatus.Created);
        await hub.PublishAsync("a", 1, 3);
        await hub.PublishAsync("b", "b1");
        var request = new SubscribeRequest { ManagedSubscription = "m", Ids = WireIds.Token, Control = false };
        await using (var reader = await hub.ReadAsync(request)) (await reader.DataAsync(4)).Order().ShouldBe(["1", "2", "3", "b1"]);
        await hub.PublishAsync("a", "4");
        await using (var reader = await hub.ReadAsync(request)) (await reader.DataAsync(1)).ShouldBe(["4"]);
        (await hub.Edge.PutSubscriptionAsync(subscription with { Subject = "x" }, default)).Status.ShouldBe(
            ManagedSubscriptionStatus.Conflict);
        for (var i = 0; i < 4; i++) hub.Clock.Advance(TimeSpan.FromMinutes(1));
        (await hub.Edge.GetSubscriptionAsync("m", default)).Known().ShouldNotBeNull();
        for (var i = 0; i < 2; i++) hub.Clock.Advance(TimeSpan.FromMinutes(1));
        (await hub.Edge.GetSubscriptionAsync("m", default)).Known().ShouldBeNull();
        (await hub.Edge.ConnectAsync(request, default)).Status.ShouldBe(AdmissionStatus.NoSubscription);
    }

    [Fact]
    [Trait("parity", "STR-11")]
    public async Task Newer_connection_of_a_managed_subscription_goes_on_where_the_older_one_was()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.Edge.PutSubscriptionAsync(new ManagedSubscription { Id = "m", Streams = ["a"] }, default);
        var request = new SubscribeRequest { ManagedSubscription = "m", Ids = WireIds.Token, Control = false };
        await using var older = await hub.ReadAsync(request);
        await hub.PublishAsync("a", 1, 3);
        (await older.DataAsync(3)).Count.ShouldBe(3);
        await using var newer = await hub.ReadAsync(request);
        await Eventually.Within(older.Running, "the older one's end");
        older.Connection.Reason.ShouldBe(CloseReason.Replaced);
        await hub.PublishAsync("a", "4");
        (await newer.DataAsync(1)).ShouldBe(["4"]);
        (await hub.Edge.DeleteSubscriptionAsync("m", null, default)).Known().ShouldBeTrue();
        await Eventually.Within(newer.Running, "the end with the subscription");
    }
}
