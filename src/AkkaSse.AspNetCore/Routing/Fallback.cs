using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Everything below the hub's own resources (<c>/v1/streams</c>, <c>/v1/clients</c> and so on) that no row serves: says 405 with
/// <c>Allow</c>, which name is wrong, or 404, through the one error writer. What else there is under <c>/v1</c> is the application's.
/// </summary>
internal static class Fallback
{
    /// <summary>The first segments after <c>/v1</c> that rows have.</summary>
    public static IEnumerable<string> Roots => HubRoutes.All.Select(static r => r.Segments[1]).Distinct(StringComparer.Ordinal);

    public static string Pattern(string root) => $"/v1/{root}/{{**{RouteKeys.Rest}}}";

    public static Task InvokeAsync(HttpContext context, EdgeContext edge, string root)
    {
        if (edge.Guard?.Check(context.Request) is { } refused) return edge.RefuseAsync(context, refused);
        if (RequestTarget.Read(context, out var target) is { } fault) return edge.RefuseAsync(context, fault);
        var segments = Segments(context, root);
        var rows = Array.FindAll(HubRoutes.All, r => r.Matches(segments));
        foreach (var route in rows)
        {
            for (var i = 0; i < segments.Length; i++)
            {
                var segment = route.Segments[i];
                if (segment[0] == '{' && target.CheckName(segments[i], segment[1..^1], segments.Length - 1 - i) is { } wrong)
                    return edge.RefuseAsync(context, wrong);
            }
        }

        if (rows.Length == 0)
        {
            return edge.RefuseAsync(context,
                new HubFault(404, HubErrorCodes.NotFound, "There is nothing at this path; docs/http-api.md lists the API."));
        }
        var allow = HubRoutes.Allow(rows);
        return edge.RefuseAsync(context,
            new HubFault(405, HubErrorCodes.MethodNotAllowed, $"The method is not allowed here; {allow} are.") { Allow = allow });
    }

    private static string[] Segments(HttpContext context, string root)
    {
        var rest = context.Request.RouteValues[RouteKeys.Rest] as string;
        if (string.IsNullOrEmpty(rest)) return ["v1", root];
        // A trailing slash, which routing ignores.
        if (rest.EndsWith('/')) rest = rest[..^1];
        return ["v1", root, .. rest.Split('/')];
    }
}
