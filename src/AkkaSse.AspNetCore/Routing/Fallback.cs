using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Everything under <c>/v1</c> that no row serves: says 405 with <c>Allow</c>, which name is wrong, or 404, through the one error writer.
/// </summary>
internal static class Fallback
{
    public const string Pattern = "/v1/{**sse_rest}";

    public static Task InvokeAsync(HttpContext context, EdgeContext edge)
    {
        if (edge.Guard?.Check(context.Request) is { } refused) return edge.RefuseAsync(context, refused);
        if (RequestTarget.Read(context, segments: null, out var target) is { } fault) return edge.RefuseAsync(context, fault);
        foreach (var route in HubRoutes.All)
        {
            if (!route.Matches(target)) continue;
            for (var i = 0; i < route.Segments.Length; i++)
            {
                var segment = route.Segments[i];
                if (segment[0] == '{' && target.Name(i, segment[1..^1], out _) is { } wrong) return edge.RefuseAsync(context, wrong);
            }
        }

        return edge.RefuseAsync(context, HubRoutes.Allow(target) is { } allow
            ? new HubFault(405, HubErrorCodes.MethodNotAllowed, $"The method is not allowed here; {allow} are.") { Allow = allow }
            : new HubFault(404, HubErrorCodes.NotFound, "There is nothing at this path; docs/http-api.md lists the API."));
    }
}
