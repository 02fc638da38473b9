using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary><c>GET /events?stream=</c>: one stream, everything retained first, ids as bare decimals, because these clients read integers.</summary>
internal sealed class R3labsEndpoints(CompatibilityContext shared)
{
    public Task Events(HttpContext context, RequestTarget target)
    {
        string? stream = null;
        var q = target.Parameters;
        while (q.Next())
        {
            // The first of several counts, as in those hubs.
            if (stream is null && q.Name is "stream" && q.Single("stream", ref stream) is { } wrong) return shared.RefuseAsync(context, wrong);
        }

        if (string.IsNullOrEmpty(stream)) return shared.RefuseAsync(context, HubFault.Name(CompatibilityNames.NoStreamNamed));
        if (HubNames.Check(stream) is { } fault) return shared.RefuseAsync(context, HubFault.Name(fault));
        return CompatibilityStream.RunAsync(context, shared, CompatibilityStream.Request(context, shared, target) with
        {
            Streams = [new StreamSubscription(StringPool.Targets.Of(stream))],
            Since = StartPosition.Earliest,
            Ids = WireIds.Decimal,
        }, StreamEnd.CutToReturn);
    }
}
