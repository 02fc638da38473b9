using AkkaSse.Engine.Specs;
using AkkaSse.Hub;
using AkkaSse.Testing;
using OwnEngine.Engine;

namespace AkkaSse.Samples.Tests;

/// <summary>The sample's engine under a hub, on a clock that the test moves.</summary>
internal sealed class OwnEngineHarness : IManualTimeHarness
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<EngineNode> _nodes = [];

    public async ValueTask<EngineNode> StartNodeAsync(string name = "n1", Action<HubOptions>? configure = null)
    {
        var options = new HubOptions { NodeName = name, AutoCreate = true };
        configure?.Invoke(options);
        var engine = new ListEngine();
        var hub = new SseHub(options, engine, time: _time);
        await hub.StartAsync();
        _nodes.Add(new EngineNode(hub, engine));
        return _nodes[^1];
    }

    public ValueTask AdvanceAsync(TimeSpan by)
    {
        _time.Advance(by);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
    }
}
