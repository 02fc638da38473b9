using AkkaSse.Server.Hosting;

namespace AkkaSse.Server.Security;

/// <summary>What stands in for authentication while only this machine can connect.</summary>
/// <remarks>
/// A page of any site can make the user's browser call localhost. The host name tells a name that was rebound to 127.0.0.1; Sec-Fetch-Site tells a
/// write that another site's page sends.
/// </remarks>
internal sealed class LoopbackGuard(RequestDelegate next, IReadOnlyCollection<string> origins)
{
    // The last Host value that was fine. The server gives the requests of a connection the same string again, and almost all requests come under one name.
    private volatile string _known = "";

    public Task InvokeAsync(HttpContext context)
    {
        if (!IsLoopback(context.Request.Host))
            return Problems.WriteAsync(context, StatusCodes.Status421MisdirectedRequest, "host-not-allowed", "Without authentication only loopback host names are served.");
        var method = context.Request.Method;
        var reads = HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
        if (!reads && context.Request.Headers["Sec-Fetch-Site"] == "cross-site" && !origins.Contains(context.Request.Headers.Origin.ToString(), StringComparer.OrdinalIgnoreCase))
            return Problems.WriteAsync(context, StatusCodes.Status403Forbidden, "cross-site", "Without authentication a page of another site may not write. Allow its origin with --cors-origin.");
        return next(context);
    }

    private bool IsLoopback(HostString host)
    {
        var value = host.Value ?? "";
        if (value == _known) return true;
        var name = host.Host;
        if (name.Length > 0 && !ListenUrls.IsLoopback(name)) return false;
        _known = value;
        return true;
    }
}
