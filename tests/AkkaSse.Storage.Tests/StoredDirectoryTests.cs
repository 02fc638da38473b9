using AkkaSse.Engine.Specs;
using AkkaSse.Hub;
using AkkaSse.Storage.Store;
using AkkaSse.Storage.Tests.Support;

namespace AkkaSse.Storage.Tests;

/// <summary>What an operator sees of a directory, while a node has it and afterwards.</summary>
public sealed class StoredDirectoryTests : IAsyncLifetime
{
    private readonly StorageHarness _harness = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _harness.DisposeAsync();

    [Fact]
    public async Task Directory_of_a_running_node_is_listed_and_read()
    {
        var node = await _harness.StartNodeAsync();
        await node.Directory.CreateAsync("b", new StreamOptions { MaxEvents = 2 });
        for (var i = 1; i <= 5; i++) await node.AppendAsync("b", $"{i}");
        await node.AppendAsync("a", "1");
        await node.AppendAsync("gone", "1");
        await node.Streams.RemoveAsync("gone", default);
        await _harness.AdvanceAsync(TimeSpan.FromSeconds(2));
        using var directory = StoredDirectory.Open(_harness.Directory.Path);
        directory.Streams.Select(static s => (s.Name, s.First, s.Head, s.IsRemoved))
            .ShouldBe([("a", 1, 1, false), ("b", 4, 5, false), ("gone", 2, 1, true)]);
        var b = directory.Streams[1];
        directory.Runs(b).SelectMany(r => StoredDirectory.Events(b, r)).Select(static e => (e.Offset, e.Event.Data))
            .ShouldBe([(4, "4"), (5, "5")]);
        directory.Streams.Where(static s => !s.IsRemoved).SelectMany(s => directory.Verify(s, static _ => { })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Backup_of_a_node_that_writes_is_whole_and_begins_new_epochs()
    {
        var node = await _harness.StartNodeAsync();
        var last = (await node.AppendAsync("s", "1")).Position;
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var i = 2; !stop.IsCancellationRequested; i++) last = (await node.AppendAsync("s", $"{i}")).Position;
        });
        using var target = new TestDirectory();
        using (var directory = StoredDirectory.Open(_harness.Directory.Path))
            directory.Backup(target.Path, static (_, _) => { });
        await stop.CancelAsync();
        await writing;
        Should.Throw<IOException>(() =>
        {
            using var again = StoredDirectory.Open(_harness.Directory.Path);
            again.Backup(target.Path, static (_, _) => { });
        });
        var engine = new StorageEngine(new StorageOptions { Directory = target.Path, Sync = StorageSync.Os });
        await using var copy = new EngineNode(new SseHub(new HubOptions { NodeName = "copy", AutoCreate = true }, engine), engine);
        await copy.Hub.StartAsync();
        var data = await copy.ReadAllAsync("s");
        data.ShouldBe(Enumerable.Range(1, data.Count).Select(static i => $"{i}"));
        data.Count.ShouldBeInRange(1, (int)last.Offset);
        (await copy.Directory.GetAsync("s")).OrThrow()!.Epoch.ShouldNotBe(last.Epoch);
    }

    [Fact]
    public async Task Damaged_event_is_named()
    {
        var node = await _harness.StartNodeAsync();
        for (var i = 1; i <= 200; i++) await node.AppendAsync("s", $"event {i}, and so much more that it is found");
        await node.DisposeAsync();
        var path = _harness.Directory.File("log.db");
        var bytes = await File.ReadAllBytesAsync(path);
        // Pages that were divided have older copies of it, which nobody reads.
        for (var at = 0; bytes.AsSpan(at).IndexOf("event 100,"u8) is >= 0 and var next; at += next + 1) bytes[at + next] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        using var directory = StoredDirectory.Open(_harness.Directory.Path);
        directory.Verify(directory.Streams.Single(), static _ => { }).ShouldHaveSingleItem().ShouldContain("of 100 to 100 does not hold");
    }

    [Fact]
    public void Directory_without_a_database_is_refused() =>
        Should.Throw<IOException>(() => StoredDirectory.Open(_harness.Directory.Path)).Message.ShouldContain("is no data directory");
}
