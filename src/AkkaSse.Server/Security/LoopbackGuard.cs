using AkkaSse.Server.Hosting;

namespace AkkaSse.Server.Security;

/// <summary>What stands in for authentication while only this machine can connect.</summary>
/// <remarks>
/// A page of any site can make the user's browser call localhost. The host name tells a name that was rebound to 127.0.0.1; Sec-Fetch-Site tells a
/// write that another site's page sends.
/// </remarks>
internal sealed class LoopbackGuard(RequestDelegate next, IReadOnlyCollection<string> origins)
{
    public Task InvokeAsync(HttpContext context)
    {
        var host = context.Request.Host.Host;
        if (host.Length > 0 && !ListenUrls.IsLoopback(host))
            return Problems.WriteAsync(context, StatusCodes.Status421MisdirectedRequest, "host-not-allowed", "Without authentication only loopback host names are served.");
        var method = context.Request.Method;
        var reads = HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
        if (!reads && context.Request.Headers["Sec-Fetch-Site"] == "cross-site" && !origins.Contains(context.Request.Headers.Origin.ToString(), StringComparer.OrdinalIgnoreCase))
            return Problems.WriteAsync(context, StatusCodes.Status403Forbidden, "cross-site", "Without authentication a page of another site may not write. Allow its origin with --cors-origin.");
        return next(context);
    }
}
