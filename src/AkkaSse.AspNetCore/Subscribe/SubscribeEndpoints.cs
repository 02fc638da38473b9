using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>What opens an event stream on the native routes.</summary>
internal static class SubscribeEndpoints
{
    public static Task ToStream(HttpContext context, EdgeContext edge, RequestTarget target) =>
        TargetNames.Stream(target, out var stream) is { } fault
        ? edge.RefuseAsync(context, fault)
        : ToStream(context, edge, target, stream, streamInQuery: !target.Has(RouteKeys.Stream));

    /// <summary>Exactly one stream: its ids are positions.</summary>
    public static Task ToStream(HttpContext context, EdgeContext edge, RequestTarget target, string stream, bool streamInQuery = false)
    {
        if (SubscribeParameters.Read(context.Request, target, many: false, out var p, streamInQuery) is { } fault)
            return edge.RefuseAsync(context, fault);
        return EventStream.RunAsync(context, edge, Request(context, edge, p) with
        {
            Streams = [new StreamSubscription(StringPool.Targets.Of(stream))],
            Ids = WireIds.Position,
        });
    }

    /// <summary>Several streams, zones, broadcasts and an inbox: ids are cursor tokens.</summary>
    public static Task ToMany(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        if (SubscribeParameters.Read(context.Request, target, many: true, out var p) is { } fault) return edge.RefuseAsync(context, fault);
        if (p.Streams is null && p.Zones is null && p.Client is null)
        {
            return edge.RefuseAsync(context, new HubFault(400, HubErrorCodes.SubscriptionInvalid,
                "There is nothing to read; at least one of stream=, zone= and client= is needed."));
        }

        var limit = edge.Edge.Options.MaxStreamsPerConnection;
        if ((p.Streams?.Count ?? 0) + (p.Zones?.Count ?? 0) > limit)
        {
            return edge.RefuseAsync(context, new HubFault(400, HubErrorCodes.SubscriptionInvalid,
                $"The subscription names more than {limit} streams and zones, which is what one connection may read; "
                + "a managed subscription holds more."));
        }

        return EventStream.RunAsync(context, edge, Request(context, edge, p) with
        {
            Streams = p.Streams is { } streams ? [.. streams.Select(s => new StreamSubscription(s))] : [],
            Zone = p.Zones?[0] ?? HubNames.DefaultZone,
            ListenZones = p.Zones is { Count: > 1 } zones ? zones[1..] : [],
            Broadcast = p.Broadcast ?? true,
            ClientId = p.Client,
            Ids = WireIds.Token,
        });
    }

    /// <summary>What all subscriptions of a request have in common.</summary>
    public static SubscribeRequest Request(HttpContext context, EdgeContext edge, in SubscribeParameters p) =>
        EventStream.Describe(context, edge) with
    {
        Instance = p.Instance,
        Types = p.Types ?? (IReadOnlyList<string>)[],
        LastEventId = p.LastEventId,
        Since = p.Since,
        Control = p.Control ?? true,
        HeartbeatKind = p.PingEvent ? HeartbeatKind.Event : HeartbeatKind.Comment,
        Browser = p.Browser ?? context.Request.Headers["Sec-Fetch-Dest"] == "empty",
    };
}
