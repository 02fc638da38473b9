using System.Net;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>The rules of <see cref="SseHubGuardOptions"/>. Thread-safe.</summary>
internal sealed class GuardRules
{
    private readonly HashSet<string> _hosts = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _origins = new(StringComparer.OrdinalIgnoreCase);
    private readonly string[] _suffixes;
    private readonly bool _everyHost;
    private readonly bool _everyOrigin;
    private readonly bool _addresses;
    private readonly bool _demandOrigin;

    // The last Host that was served. The server gives the requests of a connection the same string again, and almost all requests come
    // under one name.
    private volatile string _known = "";

    public GuardRules(SseHubGuardOptions options)
    {
        foreach (var host in options.AllowedHosts) _hosts.Add(host.Trim('[', ']'));
        foreach (var origin in options.AllowedOrigins) _origins.Add(origin);
        _suffixes = [.. _hosts.Where(static h => h.StartsWith("*.", StringComparison.Ordinal)).Select(static h => h[1..])];
        _everyHost = _hosts.Contains("*");
        _everyOrigin = _origins.Contains("*");
        _addresses = options.AllowAddresses;
        _demandOrigin = options.DemandOrigin;
    }

    /// <returns>Null when the request may go on.</returns>
    public HubFault? Check(HttpRequest request)
    {
        if (!IsServed(request.Host))
            return new HubFault(403, HubErrorCodes.HostForbidden,
                $"The Host '{request.Host.Host}' is not served; loopback ones are, and those that the setting AllowedHosts names (of "
                + "the server: --allow-host).");
        var method = request.Method;
        if (_everyOrigin || HttpMethods.IsOptions(method)) return null;
        // A subscription takes a client id, with what is sent to it: CORS hides only the bytes from the page that opens it.
        var writes = !(HttpMethods.IsGet(method) || HttpMethods.IsHead(method));
        if (writes && _demandOrigin && request.Headers.Origin.Count == 0)
            return new HubFault(403, HubErrorCodes.CrossSite, "A write needs the header Origin here; browsers send it.");
        var changes = writes || request.HttpContext.GetEndpoint()?.Metadata.GetMetadata<StreamingEndpoint>() is not null;
        if (!changes || IsOwnPage(request)) return null;
        return new HubFault(403, HubErrorCodes.CrossSite,
            $"A page of another origin ({Origin(request)}) may neither write nor subscribe here; those of the hub's own origin may, and of "
            + "the origins that its settings name (AllowedOrigins of the guard; of the server Server:CorsOrigins, --cors-origin).");
    }

    private bool IsServed(HostString host)
    {
        var value = host.Value ?? "";
        if (_everyHost || value.Length == 0 || value == _known) return true;
        if (!IsServed(host.Host.Trim('[', ']'))) return false;
        _known = value;
        return true;
    }

    private bool IsServed(string name)
    {
        if (HostNames.IsLoopback(name) || _hosts.Contains(name)) return true;
        if (_addresses && IPAddress.TryParse(name, out _)) return true;
        foreach (var suffix in _suffixes)
        {
            if (IsBelow(name, suffix)) return true;
        }
        return false;
    }

    private static bool IsBelow(string name, string suffix) =>
        name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase);

    // Browsers send Sec-Fetch-Site only to https and loopback; Origin goes with every write that a page sends. What sends neither is no
    // page.
    private bool IsOwnPage(HttpRequest request)
    {
        var headers = request.Headers;
        var origin = headers.Origin.ToString();
        if (origin.Length > 0 && _origins.Contains(origin)) return true;
        var site = headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0) return site is "same-origin" or "none";
        return origin.Length == 0 || IsSame(origin, request.Host);
    }

    // The scheme is left out: behind a proxy that ends TLS the hub sees http.
    private static bool IsSame(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && uri.Host.Equals(host.Host, StringComparison.OrdinalIgnoreCase)
        && uri.Port == (host.Port ?? (uri.Scheme == Uri.UriSchemeHttps ? 443 : 80));

    private static string Origin(HttpRequest request) =>
        request.Headers.Origin.ToString() is { Length: > 0 } origin ? origin : "Sec-Fetch-Site: " + request.Headers["Sec-Fetch-Site"];
}
