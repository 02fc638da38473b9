using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace AkkaSse.AspNetCore;

/// <summary>
/// The request target as the client sent it. Names are taken from here and not from the routed path, because the server decodes and
/// normalises that one before routing: two different names could arrive as one, and a name with dots could move into another route.
/// </summary>
internal readonly struct RequestTarget
{
    private readonly string _raw;
    private readonly int _path, _pathEnd, _query;

    private RequestTarget(string raw, int path, int pathEnd, int query)
    {
        _raw = raw;
        _path = path;
        _pathEnd = pathEnd;
        _query = query;
    }

    /// <summary>The raw query without the question mark.</summary>
    public ReadOnlySpan<char> Query => _query < 0 ? default : _raw.AsSpan(_query);

    /// <summary>The parameters of the query, still encoded.</summary>
    public QueryReader Parameters => new(Query);

    /// <summary>How many segments there are after the prefix.</summary>
    public int SegmentCount
    {
        get
        {
            var path = _raw.AsSpan(_path, _pathEnd - _path);
            return path.Count('/');
        }
    }

    /// <summary>
    /// Reads the target of a request whose endpoint's own pattern (without group prefix) has <paramref name="segments"/> segments; null
    /// accepts any number.
    /// </summary>
    /// <returns>Null when fine.</returns>
    public static HubFault? Read(HttpContext context, int? segments, out RequestTarget target)
    {
        target = default;
        var raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        // A server without raw targets (none of those that ship): what it has is encoded again.
        if (string.IsNullOrEmpty(raw)) raw = context.Request.GetEncodedPathAndQuery();
        var start = 0;
        if (raw[0] != '/')
        {
            // The absolute form, as a client of a proxy sends it.
            var authority = raw.IndexOf("://", StringComparison.Ordinal);
            start = authority < 0 ? -1 : raw.IndexOf('/', authority + 3);
            if (start < 0) return HubFault.Target("The request target has no path.");
        }

        var query = raw.IndexOf('?', start);
        var end = query < 0 ? raw.Length : query;
        if (HasDotSegment(raw.AsSpan(start, end - start)))
            return HubFault.Target("The path contains '.' or '..' as a segment; use the form with the name in the query.");
        // A trailing slash, which routing ignores.
        if (end - start > 1 && raw[end - 1] == '/' && (segments is null || Count(raw, start, end) > Expected(context, segments))) end--;

        var prefix = PrefixSegments(context, segments);
        for (; prefix > 0 && start < end; prefix--)
        {
            var next = raw.AsSpan(start + 1, end - start - 1).IndexOf('/');
            start = next < 0 ? end : start + 1 + next;
        }

        target = new RequestTarget(raw, start, end, query < 0 ? -1 : query + 1);
        return segments is null || target.SegmentCount == segments
            ? null
            : HubFault.Target("The request target does not have the shape of the route it was given to.");
    }

    /// <summary>A segment after the prefix, counted from 0, still encoded; empty beyond the last.</summary>
    public ReadOnlySpan<char> Raw(int index)
    {
        var rest = _raw.AsSpan(_path, _pathEnd - _path);
        for (; ; index--)
        {
            if (rest.Length == 0) return default;
            rest = rest[1..];
            var next = rest.IndexOf('/');
            if (index == 0) return next < 0 ? rest : rest[..next];
            if (next < 0) return default;
            rest = rest[next..];
        }
    }

    /// <summary>The name in a segment, counted from 0 after the prefix: decoded once and checked.</summary>
    public HubFault? Name(int index, string kind, out string name)
    {
        var raw = Raw(index);
        if (PercentDecoding.TryDecode(raw, query: false, out name) is { } wrong)
            return HubFault.Name($"The {kind} name in the path {wrong}");
        // An encoded slash is undone by some proxies on the way, which would move the name into another route.
        if (name.Contains('/', StringComparison.Ordinal))
            return HubFault.Name($"The {kind} name in the path contains an encoded '/'; use the form with the name in the query.");
        return HubNames.Check(name) is { } fault ? HubFault.Name($"{kind}: {fault}") : null;
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

    private static int Count(string raw, int start, int end) => raw.AsSpan(start, end - start).Count('/');

    private static int Expected(HttpContext context, int? segments) => PrefixSegments(context, segments) + (segments ?? 0);

    /// <summary>Segments before the endpoint's own: those of a path base and of the route groups around it.</summary>
    private static int PrefixSegments(HttpContext context, int? segments)
    {
        var count = context.Request.PathBase.HasValue ? context.Request.PathBase.Value!.AsSpan().Count('/') : 0;
        if (context.GetEndpoint() is not RouteEndpoint endpoint) return count;
        // The fallback's own pattern is "/v1/{**sse_rest}".
        return count + Math.Max(0, endpoint.RoutePattern.PathSegments.Count - (segments ?? 2));
    }
}
