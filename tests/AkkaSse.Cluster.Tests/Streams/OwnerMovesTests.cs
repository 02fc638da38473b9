using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests.Streams;

/// <summary>Owners that are lost or move while events are published on all nodes: nothing acknowledged is lost, nothing is doubled, and all nodes have the same.</summary>
public sealed class OwnerMovesTests : IAsyncLifetime
{
    private readonly AkkaHarness _harness = new();

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

    private string Logged => string.Join('\n', _harness.Log.Lines.TakeLast(80));
}
