using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>
/// <c>GET /events?stream=</c>: one stream, everything retained first, ids as bare decimals, because these clients read integers.
/// </summary>
internal sealed class R3labsEndpoints(CompatibilityContext shared)
{
    public Task Events(HttpContext context, RequestTarget target)
    {
        string? stream = null;
        var q = target.Parameters;
        while (q.Next())
        {
            // The first of several counts, as in those hubs.
            if (stream is null && q.Name is "stream" && q.Single("stream", ref stream) is { } wrong)
                return shared.RefuseAsync(context, wrong);
        }

        if (string.IsNullOrEmpty(stream)) return shared.RefuseAsync(context, HubFault.Name(CompatibilityNames.NoStreamNamed));
        if (HubNames.Check(stream) is { } fault) return shared.RefuseAsync(context, HubFault.Name(fault));
        var what = CompatibilityStream.Subscription(context, target);
        what.Streams = [new StreamSubscription(StringPool.Targets.Of(stream))];
        what.Since = StartPosition.Earliest;
        what.Ids = WireIds.Decimal;
        return CompatibilityStream.RunAsync(context, shared, what, StreamEnd.CutToReturn);
    }
}
