using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace AkkaSse.AspNetCore;

/// <summary>
/// The names and parameters of a request as they were routed: whatever a path base, a proxy's prefix or a rewriting rule did to the path
/// and the query before routing holds here too.
/// </summary>
internal readonly struct RequestTarget
{
    private readonly HttpContext _context;

    private RequestTarget(HttpContext context) => _context = context;

    /// <summary>The query without the question mark, still encoded.</summary>
    public ReadOnlySpan<char> Query => _context.Request.QueryString.Value is { Length: > 0 } query ? query.AsSpan(1) : default;

    /// <summary>The parameters of the query, still encoded.</summary>
    public QueryReader Parameters => new(Query);

    /// <summary>
    /// Takes the target of a request that routing has matched. A path with dot segments is refused: the server has resolved them, so that
    /// the client may mean another route than the one that was matched.
    /// </summary>
    /// <returns>Null when fine.</returns>
    public static HubFault? Read(HttpContext context, out RequestTarget target)
    {
        target = new RequestTarget(context);
        return context.Features.Get<IHttpRequestFeature>()?.RawTarget is { } raw && HasDotSegment(RawPath(raw))
            ? HubFault.Target("The path contains '.' or '..' as a segment; use the form with the name in the query.")
            : null;
    }

    /// <summary>Whether the route that was matched has this parameter (<see cref="RouteKeys"/>).</summary>
    public bool Has(string key) => _context.Request.RouteValues.ContainsKey(key);

    /// <summary>Whether a parameter of the route has this value.</summary>
    public bool Is(string key, string value) => _context.Request.RouteValues[key] is string routed && routed == value;

    /// <summary>The name in a parameter of the route (<see cref="RouteKeys"/>): decoded exactly once, and checked.</summary>
    public HubFault? Name(string key, string kind, out string name)
    {
        name = _context.Request.RouteValues[key] as string ?? "";
        return CheckName(name, kind, SegmentsAfter(name, key));
    }

    /// <summary>Checks a name that stands in the routed path before <paramref name="after"/> other segments.</summary>
    public HubFault? CheckName(string name, string kind, int after)
    {
        if (name.Contains('%', StringComparison.Ordinal) && CheckPercent(name, kind, after) is { } wrong) return wrong;
        return HubNames.Check(name) is { } fault ? HubFault.Name($"{kind}: {fault}") : null;
    }

    // The server decodes the path before routing, and leaves as it stands what it cannot decode and '%2F'. A '%' in the routed name is
    // therefore one that was sent as %25, or a fault; what was sent says which. A path that was rewritten is what its rule made of it, once
    // decoded.
    private HubFault? CheckPercent(string name, string kind, int after)
    {
        var raw = _context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        var sent = SegmentFromEnd(RawPath(raw), after);
        var wrong = PercentDecoding.TryDecode(sent, query: false, out var decoded);
        if (wrong is not null) return HubFault.Name($"The {kind} name in the path {wrong}");
        // Some proxies undo an encoded slash on the way, which would move the name into another route.
        return decoded != name && name.Contains("%2F", StringComparison.OrdinalIgnoreCase)
            ? HubFault.Name($"The {kind} name in the path contains an encoded '/'; use the form with the name in the query.")
            : null;
    }

    // Only asked for where a name has a '%'.
    private int SegmentsAfter(string name, string key)
    {
        if (!name.Contains('%', StringComparison.Ordinal) || _context.GetEndpoint() is not RouteEndpoint endpoint) return 0;
        var segments = endpoint.RoutePattern.PathSegments;
        for (var i = segments.Count - 1; i >= 0; i--)
        {
            if (segments[i].Parts is [Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart part] && part.Name == key)
                return segments.Count - 1 - i;
        }
        return 0;
    }

    private static ReadOnlySpan<char> RawPath(string? raw)
    {
        if (string.IsNullOrEmpty(raw)) return default;
        var path = raw.AsSpan();
        if (path[0] != '/')
        {
            // The absolute form, as a client of a proxy sends it.
            var authority = path.IndexOf("://", StringComparison.Ordinal);
            var start = authority < 0 ? -1 : path[(authority + 3)..].IndexOf('/');
            if (start < 0) return default;
            path = path[(authority + 3 + start)..];
        }
        var query = path.IndexOf('?');
        return query < 0 ? path : path[..query];
    }

    private static ReadOnlySpan<char> SegmentFromEnd(ReadOnlySpan<char> path, int after)
    {
        // Routing ignores a slash at the end.
        if (path.EndsWith('/')) path = path[..^1];
        for (; ; after--)
        {
            var slash = path.LastIndexOf('/');
            if (slash < 0) return default;
            if (after == 0) return path[(slash + 1)..];
            path = path[..slash];
        }
    }

    private static bool HasDotSegment(ReadOnlySpan<char> path)
    {
        while (path.Length > 0)
        {
            path = path[1..];
            var next = path.IndexOf('/');
            var segment = next < 0 ? path : path[..next];
            // '.', '..' and their encoded forms have 1 to 6 characters and begin with '.' or '%'.
            if (segment.Length is > 0 and <= 6 && segment[0] is '.' or '%' && IsDots(segment)) return true;
            if (next < 0) return false;
            path = path[next..];
        }
        return false;
    }

    private static bool IsDots(ReadOnlySpan<char> segment)
    {
        var dots = 0;
        while (segment.Length > 0)
        {
            if (segment[0] == '.') segment = segment[1..];
            else if (segment.StartsWith("%2e", StringComparison.OrdinalIgnoreCase)) segment = segment[3..];
            else return false;
            dots++;
        }
        return dots is 1 or 2;
    }
}
