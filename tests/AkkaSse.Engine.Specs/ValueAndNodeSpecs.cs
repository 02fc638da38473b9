using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Engine.Specs;

/// <summary>Small shared state.</summary>
public abstract class ValueSpecs : EngineSpecs
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task Versions_decide_writes_and_deletes()
    {
        await using var node = await Harness.StartNodeAsync();
        var kv = node.Engine.Values;
        (await kv.GetAsync("k", default)).Known().ShouldBeNull();
        (await kv.PutAsync("k", new byte[] { 1 }, Long, 5, default)).Known().ShouldBeNull();
        var first = (await kv.PutAsync("k", new byte[] { 1 }, Long, 0, default)).Known();
        first.ShouldNotBeNull();
        (await kv.PutAsync("k", new byte[] { 2 }, Long, 0, default)).Known().ShouldBeNull();
        var second = (await kv.PutAsync("k", new byte[] { 2 }, Long, first, default)).Known();
        second.ShouldNotBeNull();
        second.ShouldNotBe(first);
        var (value, version) = (await kv.GetAsync("k", default)).Known()!.Value;
        value.ToArray().ShouldBe([2]);
        version.ShouldBe(second.Value);
        (await kv.DeleteAsync("k", first, default)).Known().ShouldBeFalse();
        (await kv.DeleteAsync("k", second, default)).Known().ShouldBeTrue();
        (await kv.DeleteAsync("k", null, default)).Known().ShouldBeFalse();
    }

    [Fact]
    public async Task Concurrent_compares_have_one_winner()
    {
        await using var node = await Harness.StartNodeAsync();
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(
            i => Task.Run(async () => await node.Engine.Values.PutAsync("k", new[] { (byte)i }, Long, 0, default))));
        answers.Count(static a => a.Known() is not null).ShouldBe(1);
    }

    [Fact]
    public async Task Value_is_a_copy()
    {
        await using var node = await Harness.StartNodeAsync();
        var bytes = new byte[] { 1 };
        await node.Engine.Values.PutAsync("k", bytes, Long, null, default);
        bytes[0] = 2;
        (await node.Engine.Values.GetAsync("k", default)).Known()!.Value.Bytes.ToArray().ShouldBe([1]);
    }
}

/// <summary>Nodes and requests, on one node.</summary>
public abstract class NodeSpecs : EngineSpecs
{
    [Fact]
    public async Task Node_lists_itself_and_reaches_itself()
    {
        await using var node = await Harness.StartNodeAsync("self");
        var listed = await node.Engine.Nodes.ListAsync(default);
        listed.Single(static n => n.Self).Name.ShouldBe("self");
        (await node.Hub.LoadOfAsync("self", default))!.Node.ShouldBe("self");
    }

    [Fact]
    public async Task Unknown_node_is_unreachable()
    {
        await using var node = await Harness.StartNodeAsync();
        (await node.Engine.Nodes.RequestAsync("nobody", new byte[] { 1 }, TimeSpan.FromSeconds(2), default)).ShouldBeNull();
        (await node.Hub.LoadOfAsync("nobody", default)).ShouldBeNull();
    }

    [Fact]
    public async Task Stopped_engine_reaches_nobody_and_does_not_say_that_something_is_absent()
    {
        var node = await Harness.StartNodeAsync("self");
        await node.DisposeAsync();
        (await node.Engine.Claims.LocateAsync(null, "c", default)).IsKnown.ShouldBeFalse();
        (await node.Engine.Claims.IsRefusedAsync("z", "c", null, default)).IsKnown.ShouldBeFalse();
        (await node.Engine.Values.GetAsync("k", default)).IsKnown.ShouldBeFalse();
        (await node.Engine.Values.PutAsync("k", new byte[1], TimeSpan.FromMinutes(1), null, default)).IsKnown.ShouldBeFalse();
        (await node.Engine.Values.DeleteAsync("k", null, default)).IsKnown.ShouldBeFalse();
        (await node.Engine.Nodes.RequestAsync("self", new byte[] { 1 }, TimeSpan.FromSeconds(2), default)).ShouldBeNull();
        (await node.Engine.Nodes.ListAsync(default)).IsComplete.ShouldBeFalse();
        (await node.Streams.ExistsAsync("s", default)).IsKnown.ShouldBeFalse();
        (await node.Streams.GetAsync("s", default)).IsKnown.ShouldBeFalse();
        (await node.Streams.ListAsync(null, null, 10, default)).IsKnown.ShouldBeFalse();
        (await node.Streams.WasRemovedAsync("s", default)).IsKnown.ShouldBeFalse();
        (await node.Streams.RemoveAsync("s", default)).IsKnown.ShouldBeFalse();
        (await node.Streams.ClearAsync("s", default)).IsKnown.ShouldBeFalse();
        (await node.Streams.ReadAsync("s", null, 1, default)).State.ShouldBe(HistoryState.Unavailable);
        node.Engine.State.ShouldBe(EngineState.Down);
    }
}
