using AkkaSse.Engine.Specs;
using AkkaSse.Hub.Tests.Engine;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Clients;

/// <summary>A managed subscription on two nodes that share values and do not reach each other.</summary>
[Trait("speed", "slow")]
public sealed class ManagedHoldersTests : IAsyncLifetime
{
    private static readonly SubscribeRequest Request = new() { ManagedSubscription = "m", Ids = WireIds.Token, Control = false };

    private SseHub _a = null!;
    private SseHub _b = null!;

    public async Task InitializeAsync()
    {
        var engine = new HeldEngine();
        _a = new SseHub(new HubOptions { NodeName = "a", AutoCreate = true }, engine, time: GrantedTime.Instance);
        await _a.StartAsync();
        _b = new SseHub(new HubOptions { NodeName = "b", AutoCreate = true }, new HeldEngine(engine.Values), time: GrantedTime.Instance);
        await _b.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _a.DisposeAsync();
        await _b.DisposeAsync();
    }

    [Fact]
    public async Task Older_holder_ends_by_itself_and_never_sets_the_positions_back()
    {
        (await _a.PutSubscriptionAsync(new ManagedSubscription { Id = "m", Streams = ["s"] }, default)).Status
            .ShouldBe(ManagedSubscriptionStatus.Created);
        await using var older = await ConnectAsync(_a);
        await using var newer = await ConnectAsync(_b);
        // The nodes do not reach each other: the older one meets the newer one's generation when it saves.
        await Eventually.Within(older.Running, "the older connection's end");
        older.Connection.Reason.ShouldBe(CloseReason.Replaced);
        for (var i = 1; i <= 3; i++) await _b.PublishAsync("s", new SseEvent { Data = $"{i}" });
        (await newer.DataAsync(3)).ShouldBe(["1", "2", "3"]);
        await Eventually.Until(async () => await SavedAsync() == 3, "the positions to be saved");
        // One that comes back late, with what it had, writes nothing.
        await _a.Parts.ManagedConnections.SavePositionsAsync("m");
        (await SavedAsync()).ShouldBe(3);
        newer.Running.IsCompleted.ShouldBeFalse("the newest alone stays");
    }

    [Fact]
    public async Task Older_holder_that_delivers_on_saves_nothing()
    {
        (await _a.PutSubscriptionAsync(new ManagedSubscription { Id = "m", Streams = ["s"] }, default)).Status
            .ShouldBe(ManagedSubscriptionStatus.Created);
        await using var older = await ConnectAsync(_a);
        await _a.PublishAsync("s", new SseEvent { Data = "1" });
        (await older.DataAsync(1)).ShouldBe(["1"]);
        await using var newer = await ConnectAsync(_b);
        await _b.PublishAsync("s", new SseEvent { Data = "1" });
        await _b.PublishAsync("s", new SseEvent { Data = "2" });
        await Eventually.Within(older.Running, "the older connection's end");
        await Eventually.Until(async () => await SavedAsync() == 2, "the newer one's position");
        await older.DisposeAsync();
        // Longer than the end of a connection takes to save, by its own node's sweeps.
        var sweeps = 0;
        await Eventually.Until(async () =>
        {
            (await SavedAsync()).ShouldBe(2);
            return ++sweeps == 100;
        }, "a hundred looks");
    }

    [Fact]
    public async Task Subscription_that_came_again_is_not_written_by_a_holder_of_the_one_before()
    {
        var wanted = new ManagedSubscription { Id = "m", Streams = ["s"] };
        await _a.PutSubscriptionAsync(wanted, default);
        await using var older = await ConnectAsync(_a);
        await _a.PublishAsync("s", new SseEvent { Data = "1" });
        (await older.DataAsync(1)).ShouldBe(["1"]);
        // Not heard of by the node with the connection.
        (await _b.DeleteSubscriptionAsync("m", null, default)).Known().ShouldBeTrue();
        (await _b.PutSubscriptionAsync(wanted, default)).Status.ShouldBe(ManagedSubscriptionStatus.Created);
        await Eventually.Within(older.Running, "the older connection's end");
        (await SavedAsync()).ShouldBe(0);
    }

    private static async Task<TestReader> ConnectAsync(SseHub hub)
    {
        var admission = await hub.ConnectAsync(Request, default);
        admission.Status.ShouldBe(AdmissionStatus.Accepted, admission.Error);
        return new TestReader(admission.Connection!, 64 << 10);
    }

    private async Task<long> SavedAsync() => (await _b.GetSubscriptionAsync("m", default)).Known()!.Positions["s"].Offset;
}
