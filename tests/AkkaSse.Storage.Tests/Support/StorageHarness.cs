using AkkaSse.Engine.Specs;
using AkkaSse.Hub;
using AkkaSse.Storage.Store;
using AkkaSse.Testing;

namespace AkkaSse.Storage.Tests.Support;

/// <summary>
/// The engine with a data directory, on a clock that tests move. A node that is started again finds the directory of the last one.
/// </summary>
internal sealed class StorageHarness(StorageSync sync = StorageSync.Os, Func<StorageOptions, ILogStore>? open = null) : IManualTimeHarness
{
    private readonly List<EngineNode> _nodes = [];

    internal TestDirectory Directory { get; } = new();

    internal ManualTimeProvider Time { get; } = new();

    internal LineLog Log { get; } = new();

    public async ValueTask<EngineNode> StartNodeAsync(string name = "n1", Action<HubOptions>? configure = null)
    {
        var options = new HubOptions { NodeName = name, AutoCreate = true };
        configure?.Invoke(options);
        var engine = new StorageEngine(new StorageOptions { Directory = Directory.Path, Sync = sync }, Log, open);
        var hub = new SseHub(options, engine, time: Time);
        try
        {
            await hub.StartAsync();
        }
        catch
        {
            await hub.DisposeAsync();
            throw;
        }
        _nodes.Add(new EngineNode(hub, engine));
        return _nodes[^1];
    }

    /// <summary>What a process leaves that is killed now, with everything that was asked for before.</summary>
    internal static async Task<Dictionary<string, byte[]>> SnapshotAsync(EngineNode node, TestDirectory directory)
    {
        await ((StorageEngine)node.Engine).SettleAsync();
        return directory.Snapshot();
    }

    public async ValueTask AdvanceAsync(TimeSpan by)
    {
        Time.Advance(by);
        // A sweep goes in steps, each behind what was asked for before it.
        for (var i = 0; i < 4; i++)
        {
            foreach (var node in _nodes.Where(static n => n.Engine.State == Hub.Engine.EngineState.Ready))
                await ((StorageEngine)node.Engine).SettleAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        Directory.Dispose();
    }
}
