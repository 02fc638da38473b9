using Akka.Cluster;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Hosting;

/// <summary>The engine's state from what this node sees. Pure.</summary>
internal static class EngineStates
{
    /// <param name="view">The membership; null: there is no ActorSystem.</param>
    /// <param name="reached">Whether this ActorSystem has reached its shard regions.</param>
    /// <param name="wasReady">Whether the engine was ready before: then it is away, not starting.</param>
    internal static EngineState Of(ClusterView? view, bool reached, bool wasReady)
    {
        var away = wasReady ? EngineState.Down : EngineState.Starting;
        if (view?.Me is not { } me) return away;
        if (me.Status is MemberStatus.Down or MemberStatus.Removed or MemberStatus.Exiting) return EngineState.Down;
        if (!reached || !me.IsMember) return away;
        if (view.IsMinority || !view.StreamNodes.Any()) return EngineState.Down;
        return view.AllReachable ? EngineState.Ready : EngineState.Degraded;
    }
}
