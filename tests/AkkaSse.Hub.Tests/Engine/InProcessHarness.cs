using AkkaSse.Engine.Specs;
using AkkaSse.Hub.Engine.InProcess;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Engine;

/// <summary>The in-process engine on a clock that tests move.</summary>
public sealed class InProcessHarness : IManualTimeHarness
{
    private readonly List<EngineNode> _nodes = [];

    public ManualTimeProvider Time { get; } = new();

    public async ValueTask<EngineNode> StartNodeAsync(string name = "n1", Action<HubOptions>? configure = null)
    {
        var options = new HubOptions { NodeName = name, AutoCreate = true };
        configure?.Invoke(options);
        var engine = new InProcessEngine();
        var hub = new SseHub(options, engine, time: Time);
        await hub.StartAsync();
        _nodes.Add(new EngineNode(hub, engine));
        return _nodes[^1];
    }

    public ValueTask AdvanceAsync(TimeSpan by)
    {
        Time.Advance(by);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
    }
}
