using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Engine.Specs;

/// <summary>Idempotency keys: the same key and event give the first answer, and nothing is forgotten early.</summary>
public abstract class IdempotencySpecs : EngineSpecs
{
    protected static PublishOptions Key(string key, string? principal = null) => new() { IdempotencyKey = key, Principal = principal };

    [Fact]
    public async Task Same_key_and_event_return_the_first_position_as_a_duplicate()
    {
        await using var node = await Harness.StartNodeAsync();
        var first = await node.AppendAsync("s", "x", Key("k"));
        await node.AppendAsync("s", "y");
        var again = await node.AppendAsync("s", "x", Key("k"));
        (first.Duplicate, again.Duplicate).ShouldBe((false, true));
        again.Status.ShouldBe(PublishStatus.Accepted);
        again.Position.ShouldBe(first.Position);
        (await node.ReadAllAsync("s")).ShouldBe(["x", "y"]);
    }

    [Fact]
    public async Task Same_key_with_another_event_is_refused()
    {
        await using var node = await Harness.StartNodeAsync();
        await node.AppendAsync("s", "x", Key("k"));
        (await node.AppendAsync("s", "z", Key("k"))).Status.ShouldBe(PublishStatus.KeyConflict);
        (await node.AppendAsync("s", [new AppendItem(Event("x", type: "t"), Key("k"))]))[0].Status.ShouldBe(PublishStatus.KeyConflict);
        (await node.ReadAllAsync("s")).ShouldBe(["x"]);
    }

    [Fact]
    public async Task Same_key_and_event_with_another_trace_context_are_a_duplicate()
    {
        await using var node = await Harness.StartNodeAsync();
        var first = await node.AppendAsync(
            "s", "x", Key("k") with { TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" });
        var again = await node.AppendAsync(
            "s", "x", Key("k") with { TraceParent = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01" });
        var bare = await node.AppendAsync("s", "x", Key("k"));
        (first.Duplicate, again.Duplicate, bare.Duplicate).ShouldBe((false, true, true), again.Error);
        again.Position.ShouldBe(first.Position);
    }

    [Fact]
    public async Task Key_belongs_to_stream_and_principal()
    {
        await using var node = await Harness.StartNodeAsync();
        await node.AppendAsync("s", "x", Key("k"));
        (await node.AppendAsync("s", "y", Key("k", "alice"))).Duplicate.ShouldBeFalse();
        (await node.AppendAsync("t", "y", Key("k"))).Duplicate.ShouldBeFalse();
        (await node.AppendAsync("s", "x", Key("k", ""))).Duplicate.ShouldBeTrue("null and \"\" are the anonymous publisher");
    }

    [Fact]
    public async Task Concurrent_twins_append_once()
    {
        await using var node = await Harness.StartNodeAsync();
        for (var round = 0; round < 20; round++)
        {
            var key = Key($"k{round}");
            using var start = new Barrier(8);
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(() =>
            {
                start.SignalAndWait();
                return node.AppendAsync("s", "x", key);
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
            answers.ShouldAllBe(static a => a.Status == PublishStatus.Accepted);
            answers.Count(static a => !a.Duplicate).ShouldBe(1);
            answers.Select(static a => a.Position).Distinct().Count().ShouldBe(1);
        }
        (await node.ReadAllAsync("s")).Count.ShouldBe(20);
    }

    [Fact]
    public async Task Full_table_refuses_keyed_publishes_and_forgets_nothing()
    {
        await using var node = await Harness.StartNodeAsync(configure: static o => o.MaxIdempotencyKeys = 3);
        for (var i = 0; i < 3; i++) await node.AppendAsync("s", $"{i}", Key($"k{i}"));
        (await node.AppendAsync("s", "3", Key("k3"))).Status.ShouldBe(PublishStatus.KeyTableFull);
        (await node.AppendAsync("s", "unkeyed")).Status.ShouldBe(PublishStatus.Accepted);
        (await node.AppendAsync("s", "0", Key("k0"))).Duplicate.ShouldBeTrue();
        (await node.AppendAsync("t", "3", Key("k3"))).Status.ShouldBe(PublishStatus.Accepted);
        (await node.ReadAllAsync("s")).ShouldBe(["0", "1", "2", "unkeyed"]);
    }

    [Fact]
    public async Task One_key_for_a_run_returns_each_items_first_position()
    {
        await using var node = await Harness.StartNodeAsync();
        var key = new PublishOptions { IdempotencyKey = "run", KeyCoversRun = true };
        BatchItem[] Run(string last) =>
            [.. new[] { "a", "b", last }.Select(d => new BatchItem { Stream = "s", Event = Event(d), Options = key })];
        var first = await node.Hub.PublishBatchAsync(Run("c"));
        first.ShouldAllBe(static r => r.IsAccepted);
        await node.AppendAsync("s", "between");
        var again = await node.Hub.PublishBatchAsync(Run("c"));
        again.ShouldAllBe(static r => r.IsAccepted && r.Publish!.Value.Duplicate);
        again.Select(static r => r.Publish!.Value.Position).ShouldBe(first.Select(static r => r.Publish!.Value.Position));
        (await node.Hub.PublishBatchAsync(Run("other"))).ShouldContain(static r => r.Publish!.Value.Status == PublishStatus.KeyConflict);
        (await node.ReadAllAsync("s")).ShouldBe(["a", "b", "c", "between"]);
    }

    [Fact]
    public async Task Keyed_comment_is_remembered_without_an_offset()
    {
        await using var node = await Harness.StartNodeAsync();
        await node.AppendAsync("s", "x");
        var item = new AppendItem(new() { Comment = "c" }, Key("k"));
        (await node.AppendAsync("s", [item]))[0].HasOffset.ShouldBeFalse();
        var again = (await node.AppendAsync("s", [item]))[0];
        (again.Duplicate, again.HasOffset).ShouldBe((true, false));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\u0001")]
    [InlineData("ü")]
    public async Task Invalid_key_is_refused(string key)
    {
        await using var node = await Harness.StartNodeAsync();
        (await node.Hub.PublishAsync("s", Event("x"), Key(key))).Status.ShouldBe(PublishStatus.Invalid);
    }
}

/// <summary>What ends with time; for engines whose clock the test moves.</summary>
public abstract class EngineTimeSpecs : EngineSpecs
{
    protected IManualTimeHarness Clock => (IManualTimeHarness)Harness;

    [Fact]
    public async Task Key_is_kept_for_the_whole_window_and_no_longer()
    {
        await using var node = await Harness.StartNodeAsync(
            configure: static o => (o.MaxIdempotencyKeys, o.IdempotencyWindow) = (1, TimeSpan.FromMinutes(10)));
        var key = new PublishOptions { IdempotencyKey = "k" };
        await node.AppendAsync("s", "x", key);
        await Clock.AdvanceAsync(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        (await node.AppendAsync("s", "x", key)).Duplicate.ShouldBeTrue();
        (await node.AppendAsync("s", "y", new PublishOptions { IdempotencyKey = "l" })).Status.ShouldBe(PublishStatus.KeyTableFull);
        await Clock.AdvanceAsync(TimeSpan.FromMilliseconds(1));
        (await node.AppendAsync("s", "y", new PublishOptions { IdempotencyKey = "l" })).Duplicate.ShouldBeFalse();
    }

    [Fact]
    public async Task Keys_outlive_idle_removal()
    {
        await using var node = await Harness.StartNodeAsync(
            configure: static o => o.StreamDefaults = new StreamOptions
            {
                MaxAge = TimeSpan.FromSeconds(1),
                IdleRemoval = TimeSpan.FromSeconds(1),
            });
        var key = new PublishOptions { IdempotencyKey = "k" };
        var first = await node.AppendAsync("s", "x", key);
        for (var i = 0; i < 60; i++) await Clock.AdvanceAsync(TimeSpan.FromSeconds(1));
        var again = await node.AppendAsync("s", "x", key);
        (again.Duplicate, again.Position).ShouldBe((true, first.Position));
    }

    [Fact]
    public async Task Value_ends_with_its_time()
    {
        await using var node = await Harness.StartNodeAsync();
        var kv = node.Engine.Values;
        await kv.PutAsync("k", new byte[] { 1 }, TimeSpan.FromSeconds(10), null, default);
        await Clock.AdvanceAsync(TimeSpan.FromSeconds(9));
        (await kv.GetAsync("k", default)).Known().ShouldNotBeNull();
        await Clock.AdvanceAsync(TimeSpan.FromSeconds(2));
        (await kv.GetAsync("k", default)).Known().ShouldBeNull();
        (await kv.DeleteAsync("k", null, default)).Known().ShouldBeFalse();
        (await kv.PutAsync("k", new byte[] { 2 }, TimeSpan.FromSeconds(10), 0, default)).Known().ShouldNotBeNull(
            "an expired value is absent");
    }

    [Fact]
    public async Task Replaced_instance_is_refused_for_60_seconds()
    {
        await using var node = await Harness.StartNodeAsync(configure: static o => o.DuplicateClients = DuplicateClientPolicy.Replace);
        var claims = node.Engine.Claims;
        ClaimRequest By(string instance) => new("z", "c") { Instance = instance };
        await claims.ClaimAsync(By("a"), default);
        (await claims.ClaimAsync(By("b"), default)).Status.ShouldBe(ClaimStatus.Granted);
        await Clock.AdvanceAsync(TimeSpan.FromSeconds(59));
        (await claims.ClaimAsync(By("a"), default)).Status.ShouldBe(ClaimStatus.Refused);
        await Clock.AdvanceAsync(TimeSpan.FromSeconds(2));
        (await claims.ClaimAsync(By("a"), default)).Status.ShouldBe(ClaimStatus.Granted);
        (await claims.ClaimAsync(By("b"), default)).Status.ShouldBe(ClaimStatus.Refused);
    }

    [Fact]
    public async Task Refusal_ends_with_its_time()
    {
        await using var node = await Harness.StartNodeAsync();
        var claims = node.Engine.Claims;
        await claims.RefuseAsync("z", "c", null, TimeSpan.FromMinutes(10), default);
        (await claims.IsRefusedAsync("z", "c", "any", default)).Known().ShouldBeTrue();
        (await claims.ClaimAsync(new ClaimRequest("z", "c") { Instance = "i" }, default)).Status.ShouldBe(ClaimStatus.Refused);
        await Clock.AdvanceAsync(TimeSpan.FromMinutes(10));
        (await claims.ClaimAsync(new ClaimRequest("z", "c"), default)).Status.ShouldBe(ClaimStatus.Granted);
    }

    [Fact]
    [Trait("parity", "STR-06")]
    public async Task Idle_stream_is_removed_and_its_recreation_continues_the_epoch()
    {
        await using var node = await Harness.StartNodeAsync(
            configure: static o => o.StreamDefaults = new StreamOptions
            {
                MaxAge = TimeSpan.FromSeconds(5),
                IdleRemoval = TimeSpan.FromSeconds(30),
            });
        var before = (await node.AppendAsync("s", "x")).Position;
        await node.Directory.CreateAsync("declared");
        for (var i = 0; i < 40; i++) await Clock.AdvanceAsync(TimeSpan.FromSeconds(1));
        (await node.Streams.ExistsAsync("s", default)).OrThrow().ShouldBeFalse();
        (await node.Streams.WasRemovedAsync("s", default)).OrThrow().ShouldBeFalse("idle removal is no removal that readers are told of");
        (await node.Streams.ExistsAsync("declared", default)).OrThrow().ShouldBeTrue();
        (await node.AppendAsync("s", "y")).Position.ShouldBe(before with { Offset = 2 });
    }

    [Fact]
    public async Task Removal_is_remembered_for_its_time()
    {
        await using var node = await Harness.StartNodeAsync();
        await node.AppendAsync("s", "x");
        await node.Streams.RemoveAsync("s", default);
        await Clock.AdvanceAsync(TimeSpan.FromSeconds(59));
        (await node.Streams.WasRemovedAsync("s", default)).OrThrow().ShouldBeTrue();
        await Clock.AdvanceAsync(TimeSpan.FromSeconds(2));
        (await node.Streams.WasRemovedAsync("s", default)).OrThrow().ShouldBeFalse();
    }

    [Fact]
    [Trait("parity", "RPL-07")]
    public async Task Expired_events_are_not_read()
    {
        await using var node = await Harness.StartNodeAsync();
        await node.AppendAsync("s", "keep");
        await node.AppendAsync("s", "short", new PublishOptions { Ttl = TimeSpan.FromSeconds(1) });
        await node.AppendAsync("s", "tail");
        await Clock.AdvanceAsync(TimeSpan.FromSeconds(2));
        (await node.ReadAllAsync("s")).ShouldBe(["keep", "tail"]);
        (await node.ReadAllAsync("s", 1)).ShouldBe(["keep", "tail"]);
    }
}
