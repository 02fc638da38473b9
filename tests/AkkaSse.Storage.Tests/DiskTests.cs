using AkkaSse.Engine.Specs;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using AkkaSse.Storage.Store;
using AkkaSse.Storage.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Storage.Tests;

/// <summary>What waits for the disk, and what happens when it is full or fails.</summary>
public sealed class DiskTests : IAsyncLifetime
{
    private readonly List<HeldStore> _stores = [];
    private readonly StorageHarness _harness;

    public DiskTests() => _harness = new StorageHarness(StorageSync.Always, options =>
    {
        _stores.Add(new HeldStore(SqliteStore.Open(options, static _ => { }, static _ => { })));
        return _stores[^1];
    });

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var store in _stores) store.Release();
        await _harness.DisposeAsync();
    }

    /// <summary>A reader that has seen what a power cut takes back would go on after another event with the same position.</summary>
    [Fact]
    public async Task Nothing_is_acknowledged_or_delivered_before_it_is_stored()
    {
        var node = await _harness.StartNodeAsync();
        await node.AppendAsync("s", "1");
        var sink = new RecordingSink();
        await using var attachment = await node.Streams.AttachAsync("s", sink, default);
        _stores[0].Hold();
        var waiting = node.AppendAsync("s", "2");
        await Eventually.Until(() => _stores[0].Holding == 1, "the commit to begin");
        waiting.IsCompleted.ShouldBeFalse();
        attachment.Log.Head.Offset.ShouldBe(1);
        (await node.ReadAllAsync("s")).ShouldBe(["1"]);
        _stores[0].Release();
        (await waiting).Position.Offset.ShouldBe(2);
        attachment.Log.Head.Offset.ShouldBe(2);
    }

    [Fact]
    public async Task Publishes_that_wait_at_the_same_time_share_a_commit()
    {
        var node = await _harness.StartNodeAsync();
        await node.AppendAsync("s", "first");
        _stores[0].Hold();
        var leading = node.AppendAsync("s", "leading");
        await Eventually.Until(() => _stores[0].Holding == 1, "the commit to begin");
        var before = _stores[0].Commits;
        var waiting = Enumerable.Range(0, 50).Select(i => node.AppendAsync($"s{i % 7}", $"{i}")).ToList();
        _stores[0].Release();
        (await Task.WhenAll([leading, .. waiting])).ShouldAllBe(static r => r.Status == PublishStatus.Accepted);
        (_stores[0].Commits - before).ShouldBe(2, "the one that was held, and one for all that came meanwhile");
    }

    [Fact]
    public async Task Full_disk_refuses_publishes_and_readers_go_on_until_there_is_room()
    {
        var node = await _harness.StartNodeAsync();
        var key = new PublishOptions { IdempotencyKey = "k" };
        for (var i = 1; i <= 3; i++) await node.AppendAsync("s", $"{i}");
        _stores[0].Fault = new StoreException("full", isFull: true, isDamaged: false, outcomeUnknown: false);
        (await node.AppendAsync("s", "4", key)).Status.ShouldBe(PublishStatus.StorageFull);
        (await node.AppendAsync("new", "1")).Status.ShouldBe(PublishStatus.StorageFull);
        (await node.Directory.CreateAsync("declared")).Status.ShouldBe(CreateStreamStatus.Unavailable);
        (await node.ReadAllAsync("s")).ShouldBe(["1", "2", "3"]);
        (await node.Streams.ExistsAsync("new", default)).OrThrow().ShouldBeFalse();
        node.Engine.State.ShouldBe(EngineState.Ready);
        _stores[0].Fault = null;
        var again = await node.AppendAsync("s", "4", key);
        (again.Status, again.Duplicate, again.Position.Offset).ShouldBe((PublishStatus.Accepted, false, 4L));
        (await node.AppendAsync("new", "1")).Position.Offset.ShouldBe(1);
        (await node.ReadAllAsync("s")).ShouldBe(["1", "2", "3", "4"]);
    }

    [Fact]
    public async Task Sync_that_fails_leaves_the_outcome_open()
    {
        var node = await _harness.StartNodeAsync();
        await node.AppendAsync("s", "1");
        _stores[0].Fault = new StoreException("fsync", isFull: false, isDamaged: false, outcomeUnknown: true);
        (await node.AppendAsync("s", "2")).Status.ShouldBe(PublishStatus.OutcomeUnknown);
        _stores[0].Fault = null;
        (await node.AppendAsync("s", "3")).Status.ShouldBe(PublishStatus.Accepted);
    }

    [Fact]
    public async Task Too_much_that_waits_is_refused()
    {
        var node = await _harness.StartNodeAsync();
        await node.AppendAsync("s", "1");
        _stores[0].Hold();
        var large = new string('x', 1 << 19);
        var waiting = new List<Task<AppendResult>>();
        // 64 MiB may wait.
        for (var i = 0; i < 140; i++) waiting.Add(node.AppendAsync("s", large));
        (await await Task.WhenAny(waiting)).Status.ShouldBe(PublishStatus.Unavailable);
        _stores[0].Release();
        (await Task.WhenAll(waiting)).Count(static r => r.Status == PublishStatus.Accepted).ShouldBeInRange(120, 132);
    }

    [Fact]
    public async Task Two_engines_do_not_share_a_directory()
    {
        await _harness.StartNodeAsync();
        var refused = await Should.ThrowAsync<EngineStartException>(async () => await _harness.StartNodeAsync("n2"));
        refused.Option.ShouldBe(nameof(StorageOptions.Directory));
        refused.Message.ShouldContain($"is in use by the process {Environment.ProcessId}");
    }
}
