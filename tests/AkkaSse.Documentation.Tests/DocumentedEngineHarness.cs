using System.Reflection;
using AkkaSse.Engine.Specs;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Documentation.Tests;

/// <summary>Nodes on the engine of docs/write-an-engine.md, compiled once from the document.</summary>
internal sealed class DocumentedEngineHarness : IEngineHarness
{
    private static readonly Lazy<Type> s_engine = new(Compile);

    private readonly List<EngineNode> _nodes = [];

    public async ValueTask<EngineNode> StartNodeAsync(string name = "n1", Action<HubOptions>? configure = null)
    {
        var options = new HubOptions { NodeName = name, AutoCreate = true };
        configure?.Invoke(options);
        // The constructor's parameter is optional.
        var engine = (IHubEngine)Activator.CreateInstance(s_engine.Value, [null])!;
        var hub = new SseHub(options, engine);
        await hub.StartAsync();
        _nodes.Add(new EngineNode(hub, engine));
        return _nodes[^1];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
    }

    private static Type Compile()
    {
        var path = Path.Combine(AppContext.BaseDirectory, $"engine{Guid.NewGuid():N}.dll");
        try
        {
            Compiler.Compile(Compiler.Compose(Block.Find("docs/write-an-engine.md", "class ListEngine")), path).ShouldBeEmpty();
            return Assembly.Load(File.ReadAllBytes(path)).GetType("ListEngine", throwOnError: true)!;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
