using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Engine.Specs;

/// <summary>What a suite needs of an engine: nodes that share one store (a process, a database, a cluster), fresh for each test.</summary>
public interface IEngineHarness : IAsyncDisposable
{
    /// <summary>Starts a node and waits until its engine is Ready.</summary>
    /// <param name="name">The node's name; distinct among the nodes of one harness.</param>
    /// <param name="configure">Changes to the options, which have AutoCreate on.</param>
    ValueTask<EngineNode> StartNodeAsync(string name = "n1", Action<HubOptions>? configure = null);
}
