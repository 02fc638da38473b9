using AkkaSse.Engine.Specs;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using AkkaSse.Storage.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Storage.Tests;

/// <summary>What goes on over a stop, and over a process that was killed.</summary>
public sealed class RestartTests : IAsyncLifetime
{
    private readonly StorageHarness _harness = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _harness.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Streams_go_on_in_their_epoch(bool killed)
    {
        var node = await _harness.StartNodeAsync();
        var options = new StreamOptions { MaxEvents = 7, Replay = true, IdleRemoval = null, SlowReader = SlowReaderPolicy.Disconnect };
        await node.Directory.CreateAsync("declared", options);
        for (var i = 1; i <= 10; i++) (await node.AppendAsync("declared", $"d{i}")).Status.ShouldBe(PublishStatus.Accepted);
        var last = (await node.AppendAsync("s", "1")).Position;
        await AgainAsync(node, killed, async again =>
        {
            (await again.ReadAllAsync("s")).ShouldBe(["1"]);
            (await again.AppendAsync("s", "2")).Position.ShouldBe(last with { Offset = 2 });
            (await again.ReadAllAsync("s")).ShouldBe(["1", "2"]);
            var info = (await again.Directory.GetAsync("declared")).OrThrow()!;
            (info.Options, info.Declared, info.First, info.Head).ShouldBe((options, true, 4L, 10L));
            (await again.ReadAllAsync("declared", 2)).ShouldBe(["d4", "d5", "d6", "d7", "d8", "d9", "d10"]);
            (await again.Directory.ListAsync()).OrThrow().Items.Select(static s => s.Name).ShouldBe(["declared", "s"]);
        });
        _harness.Log.Lines.ShouldNotContain(static l => l.Contains("new epoch"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Events_come_back_as_they_were_published(bool killed)
    {
        var node = await _harness.StartNodeAsync();
        var e = CompleteEvent.Event();
        const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        await node.AppendAsync("s", [new AppendItem(e, new PublishOptions { TraceParent = Trace })]);
        await node.Directory.CreateAsync("caller", new StreamOptions { Ids = StreamIds.Caller });
        await node.AppendAsync("caller", [new AppendItem(new SseEvent { Data = "a", Id = "one" }, default),
            new AppendItem(new SseEvent { Data = "b", Id = "two" }, default), new AppendItem(new SseEvent { Data = "c" }, default)]);
        await node.Directory.CreateAsync("raw", new StreamOptions { Base64 = true });
        await node.AppendAsync("raw", [new AppendItem(new SseEvent { DataBytes = new byte[] { 0xFF, 0 } }, default)]);
        await AgainAsync(node, killed, async again =>
        {
            CompleteEvent.ShouldBeSame((await again.Streams.ReadAsync("s", null, 10, default)).Events.Single().Event, e);
            using var deadline = Eventually.Limit();
            await using var events = again.Hub.SubscribeAsync("s", StartPosition.Earliest, deadline.Token)
                .GetAsyncEnumerator(deadline.Token);
            (await events.MoveNextAsync()).ShouldBeTrue();
            events.Current.TraceParent.ShouldBe(Trace);
            (await again.Streams.ReadAsync("caller", null, 10, default)).Events.Select(static x => x.Id).Take(2).ShouldBe(["one", "two"]);
            (await again.ReadAllAsync("raw")).ShouldBe(["/wA="]);
            await using var attachment = (IRemoteAttachment)await again.Streams.AttachAsync("caller", new RecordingSink(), default);
            (await attachment.FindIdAsync("two", default))!.Value.Offset.ShouldBe(2);
            (await attachment.FindIdAsync("three", default)).ShouldBeNull();
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Keys_values_and_refusals_go_on(bool killed)
    {
        var node = await _harness.StartNodeAsync();
        var key = new PublishOptions { IdempotencyKey = "k 1", Principal = "a b" };
        var first = await node.AppendAsync("s", "x", key);
        var version = (await node.Engine.Values.PutAsync("v", new byte[] { 1, 2 }, TimeSpan.FromMinutes(5), null, default)).Known();
        await node.Engine.Values.PutAsync("gone", new byte[] { 1 }, TimeSpan.FromMinutes(5), null, default);
        (await node.Engine.Values.DeleteAsync("gone", null, default)).Known().ShouldBeTrue();
        await node.Engine.Claims.RefuseAsync("z", "c", "i", TimeSpan.FromMinutes(10), default);
        await AgainAsync(node, killed, async again =>
        {
            var repeated = await again.AppendAsync("s", "x", key);
            (repeated.Duplicate, repeated.Position).ShouldBe((true, first.Position));
            (await again.AppendAsync("s", "y", key)).Status.ShouldBe(PublishStatus.KeyConflict);
            var value = (await again.Engine.Values.GetAsync("v", default)).Known()!.Value;
            value.Bytes.ToArray().ShouldBe([1, 2]);
            value.Version.ShouldBe(version!.Value);
            (await again.Engine.Values.GetAsync("gone", default)).Known().ShouldBeNull();
            (await again.Engine.Claims.IsRefusedAsync("z", "c", "i", default)).Known().ShouldBeTrue();
            (await again.Engine.Claims.IsRefusedAsync("z", "c", "j", default)).Known().ShouldBeFalse();
            await _harness.AdvanceAsync(TimeSpan.FromMinutes(6));
            (await again.AppendAsync("s", "y", key)).Duplicate.ShouldBeFalse("the window is over");
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Removed_stream_is_remembered_and_goes_on_when_it_is_created_again(bool killed)
    {
        var node = await _harness.StartNodeAsync();
        var last = (await node.AppendAsync("s", "1")).Position;
        (await node.Streams.RemoveAsync("s", default)).OrThrow().ShouldBeTrue();
        await node.AppendAsync("cleared", "1");
        (await node.Streams.ClearAsync("cleared", default)).OrThrow().ShouldBeTrue();
        await AgainAsync(node, killed, async again =>
        {
            (await again.Streams.ExistsAsync("s", default)).OrThrow().ShouldBeFalse();
            (await again.Streams.WasRemovedAsync("s", default)).OrThrow().ShouldBeTrue();
            (await again.AppendAsync("s", "2")).Position.ShouldBe(last with { Offset = 2 });
            (await again.ReadAllAsync("s")).ShouldBe(["2"]);
            (await again.ReadAllAsync("cleared")).ShouldBeEmpty();
            (await again.AppendAsync("cleared", "2")).Position.Offset.ShouldBe(2);
        });
    }

    /// <summary>The log of a removed stream is emptied in steps; the stream that is created again goes on in it.</summary>
    [Fact]
    public async Task Sweeping_after_a_removal_leaves_the_stream_that_was_created_again()
    {
        var node = await _harness.StartNodeAsync();
        for (var i = 1; i <= 3; i++) await node.AppendAsync("s", $"{i}");
        (await node.Streams.RemoveAsync("s", default)).OrThrow().ShouldBeTrue();
        await node.AppendAsync("s", "4");
        for (var i = 0; i < 3; i++) await _harness.AdvanceAsync(TimeSpan.FromSeconds(2));
        (await node.ReadAllAsync("s")).ShouldBe(["4"]);
        await node.DisposeAsync();
        var again = await _harness.StartNodeAsync();
        (await again.ReadAllAsync("s")).ShouldBe(["4"]);
        (await again.Directory.GetAsync("s")).OrThrow()!.First.ShouldBe(4);
    }

    [Fact]
    public async Task Streams_age_and_idle_ones_are_removed_however_many_there_are()
    {
        const int Count = 1_500;
        var node = await _harness.StartNodeAsync(configure: static o => o.StreamDefaults = new StreamOptions
        {
            MaxAge = TimeSpan.FromSeconds(10),
            IdleRemoval = TimeSpan.FromSeconds(10),
        });
        await Task.WhenAll(Enumerable.Range(0, Count).Select(i => node.AppendAsync($"s{i}", "x")));
        await _harness.AdvanceAsync(TimeSpan.FromSeconds(30));
        for (var i = 0; i < 5; i++) await _harness.AdvanceAsync(TimeSpan.FromSeconds(2));
        (await node.Directory.ListAsync()).OrThrow().Items.ShouldBeEmpty();
        await node.DisposeAsync();
        using var directory = Store.StoredDirectory.Open(_harness.Directory.Path);
        directory.Streams.Count(static s => s.IsRemoved).ShouldBe(Count);
        directory.Streams.SelectMany(directory.Runs).ShouldBeEmpty();
    }

    [Fact]
    public async Task Reader_that_resumes_gets_the_next_event_and_no_gap()
    {
        var node = await _harness.StartNodeAsync();
        for (var i = 1; i <= 1_000; i++) await node.AppendAsync("s", $"{i}");
        using var deadline = Eventually.Limit();
        StreamPosition at = default;
        await foreach (var e in node.Hub.SubscribeAsync("s", StartPosition.Earliest, deadline.Token))
        {
            at = e.Position;
            if (at.Offset == 400) break;
        }
        await node.DisposeAsync();
        var again = await _harness.StartNodeAsync();
        await again.AppendAsync("s", "1001");
        var expected = 401;
        await foreach (var e in again.Hub.SubscribeAsync("s", StartPosition.After(at), deadline.Token))
        {
            e.IsGap.ShouldBeFalse();
            (e.Position, e.Event.Data).ShouldBe((at with { Offset = expected }, $"{expected}"));
            if (expected++ == 1_001) break;
        }
    }

    [Fact]
    public async Task Retention_goes_on_and_deletes_in_the_store()
    {
        var node = await _harness.StartNodeAsync();
        await node.Directory.CreateAsync("s", new StreamOptions { MaxEvents = 50 });
        for (var i = 1; i <= 500; i++) await node.AppendAsync("s", $"{i}");
        for (var i = 0; i < 5; i++) await _harness.AdvanceAsync(TimeSpan.FromSeconds(2));
        await node.DisposeAsync();
        using (var reader = new Store.SqliteReader(_harness.Directory.File("log.db")))
        {
            var log = reader.Logs(out _).Single(static l => l.Name == "s");
            reader.Headers(log.Log, 0, 1_000).Select(static h => h.First).ShouldBe(Enumerable.Range(451, 50).Select(static i => (long)i));
        }
        var again = await _harness.StartNodeAsync();
        (await again.ReadAllAsync("s")).ShouldBe(Enumerable.Range(451, 50).Select(static i => $"{i}"));
        (await again.Directory.GetAsync("s")).OrThrow()!.First.ShouldBe(451);
    }

    // A stop, or what a killed process leaves, and then a new process.
    private async Task AgainAsync(EngineNode node, bool killed, Func<EngineNode, Task> look)
    {
        var left = await StorageHarness.SnapshotAsync(node, _harness.Directory);
        await node.DisposeAsync();
        if (killed) _harness.Directory.Restore(left);
        await look(await _harness.StartNodeAsync());
    }
}
