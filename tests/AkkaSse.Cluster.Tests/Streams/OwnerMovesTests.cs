using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests.Streams;

/// <summary>
/// Owners that are lost or move while events are published on all nodes: nothing acknowledged is lost, nothing is doubled, and all nodes
/// have the same.
/// </summary>
[Trait("speed", "slow")]
public sealed class OwnerMovesTests : IAsyncLifetime
{
    // An ActorSystem that ends says goodbye to the cluster; one that is killed does not.
    private const string Abrupt = "\nakka.coordinated-shutdown.run-by-actor-system-terminate = off";

    private readonly AkkaHarness _harness = new(change: static o => o.Hocon += Abrupt);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _harness.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Node_lost_without_a_word_loses_no_acknowledged_event(bool keyed)
    {
        var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        await using var c = await _harness.StartNodeAsync("c");
        await using var load = new PublishLoad(streams: 8);
        load.ReadOn(b);
        load.ReadOn(c);
        load.PublishOn(a, "a", keyed);
        load.PublishOn(b, "b", keyed);
        load.PublishOn(c, "c", keyed);
        await load.MoreAsync(500, "before the loss");
        // Its ActorSystem ends at once; the others find out by themselves.
        await _harness.Engines[0].DisposeAsync();
        await Eventually.Until(() => _harness.Engines[1].Node!.View.Members.Length == 2, () => $"the node to be removed\n{Logged}");
        await load.MoreAsync(500, "after the loss");
        await load.StopAsync();
        await load.CheckAsync([b, c]);
    }

    [Fact]
    public async Task Joins_and_leaves_lose_and_double_nothing()
    {
        var a = await _harness.StartNodeAsync("a");
        var b = await _harness.StartNodeAsync("b");
        await using var c = await _harness.StartNodeAsync("c");
        await using var load = new PublishLoad(streams: 8);
        load.ReadOn(c);
        load.PublishOn(c, "c");
        await load.MoreAsync(200, "before the join");
        await using var d = await _harness.StartNodeAsync("d");
        load.PublishOn(d, "d");
        load.ReadOn(d);
        await load.MoreAsync(500, "after the join");
        await a.Engine.DrainAsync(default);
        await a.DisposeAsync();
        await load.MoreAsync(500, "after one has left");
        await b.Engine.DrainAsync(default);
        await b.DisposeAsync();
        await load.MoreAsync(500, "after the other has left");
        await load.StopAsync();
        load.Unknown.ShouldBe(0, "an owner that moves answers before it goes");
        await load.CheckAsync([c, d]);
    }

    [Fact]
    public async Task Reader_whose_line_is_full_reads_everything_at_its_own_pace()
    {
        await using var harness = new AkkaHarness(change: static o => o.LineBytes = 1_000);
        await using var a = await harness.StartNodeAsync("a");
        await using var b = await harness.StartNodeAsync("b");
        await using var c = await harness.StartNodeAsync("c");
        await using var load = new PublishLoad(streams: 4);
        foreach (var node in new[] { a, b, c })
        {
            load.ReadOn(node);
            load.PublishOn(node, node.Hub.Options.NodeName);
        }
        await load.MoreAsync(3_000, "with full lines");
        await load.StopAsync();
        await load.CheckAsync([a, b, c]);
    }

    [Fact]
    public async Task Log_that_lost_most_of_its_holders_goes_on_in_a_new_epoch_with_what_is_left_and_the_others_lose_nothing()
    {
        await using var harness = new AkkaHarness(change: static o =>
        {
            // Longer than the two holders that are there take on a busy machine: what they have must be looked at.
            o.RecoveryLimit = TimeSpan.FromSeconds(10);
            o.Hocon += Abrupt;
        });
        var nodes = new List<Engine.Specs.EngineNode>();
        for (var i = 0; i < 5; i++) nodes.Add(await harness.StartNodeAsync($"n{i}"));
        const int streams = 20;
        var before = new string[streams];
        for (var i = 0; i < streams; i++) before[i] = (await nodes[0].AppendAsync($"s{i}", "first")).Position.Epoch;
        await Task.WhenAll(harness.Engines[3].DisposeAsync().AsTask(), harness.Engines[4].DisposeAsync().AsTask());
        await Eventually.Until(
            () => harness.Engines[0].Node!.View.Members.Length == 3,
            () => $"both to be removed; there are " +
                $"{string.Join(' ', harness.Engines[0].Node!.View.Members)}\n{string.Join('\n', harness.Log.Lines.TakeLast(200))}");
        var anew = 0;
        // All at once: those whose holders are lost wait for the limit.
        await Task.WhenAll(Enumerable.Range(0, streams).Select(async i =>
        {
            var stream = $"s{i}";
            Hub.Engine.AppendResult second = default;
            await Eventually.Until(
                async () => (second = await nodes[1].AppendAsync(
                stream, "second", new Hub.PublishOptions { IdempotencyKey = "k" })).Status == Hub.PublishStatus.Accepted,
                () => $"{stream} to have an owner; {second.Status} {second.Error}");
            second.Position.Offset.ShouldBe(2);
            (await nodes[2].ReadAllAsync(stream)).ShouldBe(["first", "second"]);
            if (second.Position.Epoch == before[i]) return;
            Interlocked.Increment(ref anew);
            (await nodes[0].Streams.ReadAsync(stream, new Hub.StreamPosition(before[i], 1), 10, default)).State.ShouldBe(
                Hub.HistoryState.EpochChanged);
        }));
        // Three of ten pairs hold two of a log's three copies.
        anew.ShouldBeInRange(1, streams - 1);
    }

    private string Logged => string.Join('\n', _harness.Log.Lines.TakeLast(80));
}
