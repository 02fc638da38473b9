using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>What opens an event stream on the native routes.</summary>
internal static class SubscribeEndpoints
{
    public static Task ToStream(HttpContext context, EdgeContext edge, RequestTarget target) =>
        TargetNames.Stream(target, out var stream, reads: true) is { } fault
        ? edge.RefuseAsync(context, fault)
        : ToStream(context, edge, target, stream, streamInQuery: !target.Has(RouteKeys.Stream));

    /// <summary>Exactly one stream: its ids are positions.</summary>
    public static Task ToStream(HttpContext context, EdgeContext edge, RequestTarget target, string stream, bool streamInQuery = false)
    {
        if (SubscribeParameters.Read(context.Request, target, many: false, out var p, streamInQuery) is { } fault)
            return edge.RefuseAsync(context, fault);
        var what = p.Subscription(context.Request);
        what.Streams = [new StreamSubscription(StringPool.Targets.Of(stream))];
        what.Ids = WireIds.Position;
        return EventStream.RunAsync(context, edge, what);
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

        var what = p.Subscription(context.Request);
        if (p.Streams is { } streams) what.Streams = [.. streams.Select(static s => new StreamSubscription(s))];
        what.Zone = p.Zones?[0] ?? HubNames.DefaultZone;
        if (p.Zones is { Count: > 1 } zones) what.ListenZones = zones[1..];
        what.Broadcast = p.Broadcast ?? true;
        what.ClientId = p.Client;
        what.Ids = WireIds.Token;
        return EventStream.RunAsync(context, edge, what);
    }
}
