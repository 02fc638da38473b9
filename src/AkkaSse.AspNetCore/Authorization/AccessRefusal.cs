using AkkaSse.Hub;

namespace AkkaSse.AspNetCore;

/// <summary>What a caller reads who may not do what it asked for: the action, and the name that it asked for.</summary>
internal static class AccessRefusal
{
    internal static HubFault Of(in HubAccessRequest request) =>
        new(403, HubErrorCodes.Forbidden, $"The principal may not {Describe(request)}.");

    private static string Describe(in HubAccessRequest request) => request.Action switch
    {
        HubAction.Subscribe => request is { Stream: null, Zone: null } ? "read broadcasts" : $"read {Target(request)}",
        HubAction.Publish => $"publish to {Target(request)}",
        HubAction.InspectStream => $"inspect the stream {request.Stream}",
        HubAction.ReadHistory => $"read the history of the stream {request.Stream}",
        HubAction.CreateStream => $"create or change the stream {request.Stream}",
        HubAction.RemoveStream => $"remove the stream {request.Stream}",
        HubAction.ClearStream => $"clear the stream {request.Stream}",
        HubAction.InspectClient => $"inspect the client {request.Client}",
        HubAction.DisconnectClient => $"disconnect the client {request.Client}",
        HubAction.ChangeSubscriptions => $"change the streams of the client {request.Client}",
        HubAction.ManageSubscription => "use managed subscriptions",
        HubAction.InspectCluster => "see the nodes of the cluster",
        HubAction.ReadAudit => $"read the stream {HubNames.AuditStream}",
        _ => "do this",
    };

    private static string Target(in HubAccessRequest request) => request switch
    {
        { Stream: { } stream } => $"the stream {stream}",
        { Client: { } client } => $"the client {client}",
        { Zone: { } zone } => $"the zone {zone}",
        _ => "all clients",
    };
}
