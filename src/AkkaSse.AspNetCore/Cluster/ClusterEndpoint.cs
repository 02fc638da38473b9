using System.Text.Json;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>The nodes and what each carries. A node that does not answer within 2 s has the load null, and is named as missing.</summary>
internal static class ClusterEndpoint
{
    public static async Task Get(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        if (await AccessRules.CheckAsync(edge, AccessRules.Ask(context, HubAction.InspectCluster)).ConfigureAwait(false) is { } fault)
        {
            await edge.RefuseAsync(context, fault).ConfigureAwait(false);
            return;
        }

        var nodes = await edge.Edge.NodesAsync(context.RequestAborted).ConfigureAwait(false);
        var loads =
            await Task.WhenAll(nodes.Select(n => LoadOfAsync(n, edge, context.RequestAborted))).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(context, 200, (Self: edge.Edge.Load, Nodes: nodes, Loads: loads), static (json, cluster) =>
        {
            json.WriteStartObject();
            json.WriteString("node", cluster.Self.Node);
            json.WriteString("engine", cluster.Self.Engine);
            json.WriteString("engineState", Word(cluster.Self.EngineState));
            json.WriteStartArray("nodes");
            for (var i = 0; i < cluster.Nodes.Count; i++) Write(json, cluster.Nodes[i], cluster.Loads[i]);
            json.WriteEndArray();
            string[] missing = [.. cluster.Nodes.Where((_, i) => cluster.Loads[i] is null).Select(static n => n.Name)];
            json.WriteComplete(missing, cluster.Nodes.IsComplete && missing.Length == 0);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    // One that is known not to answer is not waited for.
    private static async Task<NodeLoad?> LoadOfAsync(NodeInfo node, EdgeContext edge, CancellationToken cancellation) =>
        node.State == NodeInfo.Unreachable ? null : await edge.Edge.LoadOfAsync(node.Name, cancellation).ConfigureAwait(false);

    private static void Write(Utf8JsonWriter json, NodeInfo node, NodeLoad? load)
    {
        json.WriteStartObject();
        json.WriteString("name", node.Name);
        json.WriteString("state", node.State);
        json.WriteBoolean("self", node.Self);
        json.WriteString("startedAt", node.StartedAt);
        json.WriteText("address", node.Address);
        if (load is null)
        {
            json.WriteNull("load");
        }
        else
        {
            json.WriteStartObject("load");
            json.WriteString("phase", Word(load.Phase));
            json.WriteString("engineState", Word(load.EngineState));
            json.WriteNumber("connections", load.Connections);
            json.WriteNumber("streams", load.Streams);
            json.WriteNumber("published", load.Published);
            json.WriteNumber("logBytes", load.LogBytes);
            json.WriteNumber("actors", load.Actors);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static string Word(HubPhase phase) => phase switch
    {
        HubPhase.Created => "created",
        HubPhase.Running => "running",
        HubPhase.Draining => "draining",
        _ => "stopped",
    };

    private static string Word(EngineState state) => state switch
    {
        EngineState.Starting => "starting",
        EngineState.Ready => "ready",
        EngineState.Degraded => "degraded",
        _ => "down",
    };
}
