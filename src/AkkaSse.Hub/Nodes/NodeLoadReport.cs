using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Lifetime;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Nodes;

/// <summary>
/// Says what this node carries now; given the node's name and state, the engine, the connections, the stream table, the metrics and the
/// count of actors. Thread-safe.
/// </summary>
internal sealed class NodeLoadReport(
    string node,
    HubState state,
    IHubEngine engine,
    ConnectionTable connections,
    StreamTable streams,
    HubMetrics metrics,
    ActorCount actors)
{
    internal NodeLoad Read() => new()
    {
        Node = node,
        Phase = state.Phase,
        Engine = engine.Name,
        EngineState = engine.State,
        Connections = connections.Count,
        Streams = streams.Count,
        Published = metrics.Published,
        LogBytes = engine.LogBytes,
        Actors = actors.Live,
    };
}
