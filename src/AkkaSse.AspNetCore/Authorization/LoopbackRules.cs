using System.Net;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>
/// The rules of a hub without authentication on loopback. Binding to 127.0.0.1 keeps other machines out but not the browser on this one: a
/// page can rebind its own name to 127.0.0.1, or send a plain POST across sites.
/// </summary>
internal static class LoopbackRules
{
    public static HubFault? Check(HttpRequest request)
    {
        if (!IsLoopback(request.Host.Host))
            return new HubFault(
                403, HubErrorCodes.HostForbidden, "This hub serves only loopback Host values (localhost, 127.0.0.1, [::1]).");
        var method = request.Method;
        if (HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method)) return null;
        return request.Headers["Sec-Fetch-Site"] == "cross-site"
            ? new HubFault(403, HubErrorCodes.CrossSite, "This hub refuses writes that another site made the browser send.")
            : null;
    }

    private static bool IsLoopback(string host)
    {
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase))
            return true;
        return IPAddress.TryParse(host.AsSpan().Trim("[]"), out var address) && IPAddress.IsLoopback(address);
    }
}
