using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Lifetime;

namespace AkkaSse.Hub.Nodes;

/// <summary>
/// Says which nodes the cluster has and what each carries; given the engine, this node's name, state and load, and the calls to nodes.
/// Thread-safe.
/// </summary>
internal sealed class NodeDirectory(IHubEngine engine, string self, HubState state, NodeLoadReport load, NodeCalls calls)
{
    internal async ValueTask<NodeList> ListAsync(CancellationToken cancellation)
    {
        if (!state.IsUp) return new NodeList([], isComplete: false);
        var nodes = await engine.Nodes.ListAsync(cancellation).ConfigureAwait(false);
        return state.Phase == HubPhase.Draining
            ? new NodeList([.. nodes.Select(static n => n.Self ? n with { State = "draining" } : n)], nodes.IsComplete)
            : nodes;
    }

    /// <summary>The load of a node; null when it does not answer within 2 s.</summary>
    internal async ValueTask<NodeLoad?> LoadOfAsync(string node, CancellationToken cancellation)
    {
        if (node == self) return load.Read();
        var reply = await calls.AskAsync(node, new NodeRequest { Kind = NodeRequest.LoadOf }, cancellation).ConfigureAwait(false);
        return reply?.Load;
    }
}
