using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary><c>GET /events?stream=</c>: one stream, everything retained first, ids as bare decimals, because these clients read integers.</summary>
internal sealed class R3labsEdge(SeedContext seeds)
{
    public Task Events(HttpContext context, RequestTarget target)
    {
        string? stream = null;
        var q = target.Parameters;
        while (q.Next())
        {
            // The first of several counts, as in those hubs.
            if (stream is null && q.Name is "stream" && q.Single("stream", ref stream) is { } wrong) return seeds.RefuseAsync(context, wrong);
        }

        if (string.IsNullOrEmpty(stream)) return seeds.RefuseAsync(context, HubFault.Name(SeedNames.NoStreamNamed));
        if (HubNames.Check(stream) is { } fault) return seeds.RefuseAsync(context, HubFault.Name(fault));
        return SeedStream.RunAsync(context, seeds, SeedStream.Request(context, seeds, target) with
        {
            Streams = [new StreamSubscription(SharedText.Targets.Of(stream))],
            Since = StartPosition.Earliest,
            Ids = WireIds.Decimal,
        }, StreamEnd.CutToReturn);
    }
}
