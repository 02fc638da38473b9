using AkkaSse.Engine.Specs;
using AkkaSse.Hub;
using AkkaSse.Storage.Tests.Support;
using AkkaSse.Testing;
using Xunit.Abstractions;

namespace AkkaSse.Storage.Tests;

/// <summary>
/// Bytes that are not those that were written, and files that end early: whatever is read is what was published, and what is missing is
/// named.
/// </summary>
/// <param name="output">Told the seed, and what became of the streams.</param>
[Trait("speed", "slow")]
public sealed class DamageTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Streams = 8;

    private readonly StorageHarness _harness = new();
    private readonly Dictionary<string, List<string>> _published = [];
    private readonly Dictionary<string, string> _epochs = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _harness.DisposeAsync();

    [Theory]
    [InlineData("log.db", true)]
    [InlineData("log.db", false)]
    [InlineData("log.db-wal", false)]
    [InlineData("witness", false)]
    public async Task Flipped_byte_is_never_read_and_never_hides_a_loss(string file, bool closed)
    {
        var left = await LeaveAsync(closed);
        await RepeatAsync(left, Soak.Of(250, 25), (random, files) =>
            files[file][random.Next(files[file].Length)] ^= (byte)(1 << random.Next(8)));
    }

    [Theory]
    [InlineData("log.db", true)]
    [InlineData("log.db", false)]
    [InlineData("log.db-wal", false)]
    [InlineData("witness", false)]
    public async Task File_that_ends_early_never_hides_a_loss(string file, bool closed)
    {
        var left = await LeaveAsync(closed);
        await RepeatAsync(left, Soak.Of(250, 25), (random, files) => files[file] = files[file][..random.Next(files[file].Length)]);
    }

    [Fact]
    [Trait("parity", "RPL-11")]
    public async Task Older_database_beside_the_newer_witness_begins_new_epochs()
    {
        var node = await _harness.StartNodeAsync();
        await PublishAsync(node, 20);
        var older = await StorageHarness.SnapshotAsync(node, _harness.Directory);
        await PublishAsync(node, 20);
        var newer = await StorageHarness.SnapshotAsync(node, _harness.Directory);
        await node.DisposeAsync();
        older["witness"] = newer["witness"];
        _harness.Directory.Restore(older);
        await using var again = await _harness.StartNodeAsync();
        foreach (var (stream, data) in _published)
        {
            (await again.Directory.GetAsync(stream)).OrThrow()!.Epoch.ShouldNotBe(_epochs[stream]);
            (await again.ReadAllAsync(stream)).ShouldBe(data.Take(20));
        }
        _harness.Log.Lines.ShouldContain(static l => l.Contains("commits are missing"));
    }

    /// <summary>A process that dies while streams begin new epochs must not leave behind that all have.</summary>
    [Fact]
    public async Task Doubt_lasts_until_all_streams_have_begun_new_epochs()
    {
        var node = await _harness.StartNodeAsync();
        await PublishAsync(node, 3);
        var older = await StorageHarness.SnapshotAsync(node, _harness.Directory);
        await PublishAsync(node, 3);
        older["witness"] = (await StorageHarness.SnapshotAsync(node, _harness.Directory))["witness"];
        await node.DisposeAsync();
        _harness.Directory.Restore(older);
        var options = new StorageOptions { Directory = _harness.Directory.Path, Sync = StorageSync.Os };
        for (var i = 0; i < 2; i++)
        {
            using var store = Store.SqliteStore.Open(options, static _ => { }, static _ => { });
            store.Doubt.ShouldNotBeNull();
            var batch = new Store.StoreBatch();
            batch.PutLog(1_000, "one of many", "{}"u8);
            store.Commit(batch);
        }
        using (var store = Store.SqliteStore.Open(options, static _ => { }, static _ => { })) store.Accept();
        using (var store = Store.SqliteStore.Open(options, static _ => { }, static _ => { })) store.Doubt.ShouldBeNull();
    }

    [Fact]
    public async Task Copied_directory_begins_new_epochs_once()
    {
        var node = await _harness.StartNodeAsync();
        await PublishAsync(node, 5);
        await node.DisposeAsync();
        using var copy = new TestDirectory();
        foreach (var file in Directory.EnumerateFiles(_harness.Directory.Path)) File.Copy(file, copy.File(Path.GetFileName(file)));
        var epochs = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            var engine = new StorageEngine(new StorageOptions { Directory = copy.Path, Sync = StorageSync.Os });
            await using var hub = new SseHub(new HubOptions { NodeName = "copy", AutoCreate = true }, engine);
            await hub.StartAsync();
            epochs.Add((await hub.Streams.GetAsync("s0")).OrThrow()!.Epoch);
            (await hub.Streams.ReadAsync("s0")).Events.Select(static e => e.Event.Data).ShouldBe(_published["s0"]);
        }
        epochs[0].ShouldNotBe(_epochs["s0"]);
        epochs[1].ShouldBe(epochs[0], "the copy is its own original from then on");
    }

    private async Task<Dictionary<string, byte[]>> LeaveAsync(bool closed)
    {
        var node = await _harness.StartNodeAsync();
        await PublishAsync(node, 60);
        var left = await StorageHarness.SnapshotAsync(node, _harness.Directory);
        await node.DisposeAsync();
        return closed ? _harness.Directory.Snapshot() : left;
    }

    // Single events and runs, small and large, so that rows lie within pages and over several.
    private async Task PublishAsync(EngineNode node, int each)
    {
        for (var i = 0; i < each; i++)
        {
            for (var s = 0; s < Streams; s++)
            {
                var data = $"{s}/{i}/{new string('x', (i * 37 % 50) * (s % 3 == 0 ? 100 : 4))}";
                var result = await node.AppendAsync($"s{s}", data);
                result.Status.ShouldBe(PublishStatus.Accepted);
                if (!_published.TryGetValue($"s{s}", out var all)) _published[$"s{s}"] = all = [];
                all.Add(data);
                _epochs[$"s{s}"] = result.Position.Epoch;
            }
        }
    }

    private async Task RepeatAsync(Dictionary<string, byte[]> left, int times, Action<Random, Dictionary<string, byte[]>> damage)
    {
        var (seed, whole, named, refused) = (TestSeed.Value, 0, 0, 0);
        output.WriteLine($"seed {seed}");
        for (var i = 0; i < times; i++)
        {
            var files = left.ToDictionary(static f => f.Key, static f => f.Value.ToArray());
            damage(new Random(seed + i), files);
            _harness.Directory.Restore(files);
            foreach (var aside in Directory.EnumerateFiles(_harness.Directory.Path, "*damaged*")) File.Delete(aside);
            await using var node = await _harness.StartNodeAsync();
            for (var s = 0; s < Streams; s++)
            {
                if (await CheckAsync(node, $"s{s}", $"seed {seed + i}")) whole++;
                else named++;
                if ((await node.AppendAsync($"s{s}", "after")).Status != PublishStatus.Accepted) refused++;
            }
        }
        output.WriteLine($"{whole} streams whole, {named} with a named loss, {refused} publishes refused afterwards");
    }

    // True: everything is there in the old epoch. Else what is there is right, and a reader of the old epoch is told.
    private async Task<bool> CheckAsync(EngineNode node, string stream, string seed)
    {
        var published = _published[stream];
        var head = new StreamPosition(_epochs[stream], published.Count);
        var (isWhole, count, isTold) = (true, 0, false);
        StreamPosition? after = new StreamPosition(_epochs[stream], 0);
        while (true)
        {
            var page = await node.Streams.ReadAsync(stream, after, 16, default);
            if (page.State == HistoryState.NoStream) return false;
            isTold |= page.State is HistoryState.Trimmed or HistoryState.EpochChanged;
            foreach (var e in page.Events)
            {
                e.Event.Data.ShouldBe(published[(int)e.Position.Offset - 1], $"{seed}: {stream} at {e.Position}");
                count++;
            }
            isWhole &= page.Head == head;
            if (!page.HasMore || page.Events.Count == 0) break;
            after = page.Events[^1].Position;
        }
        if (isWhole && count == published.Count) return true;
        isTold.ShouldBeTrue($"{seed}: {stream} has {count} of {published.Count} events, and nobody was told");
        return false;
    }
}
