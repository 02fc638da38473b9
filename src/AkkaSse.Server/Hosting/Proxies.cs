using System.Net;
using AkkaSse.Server.Configuration;
using Microsoft.AspNetCore.HttpOverrides;

namespace AkkaSse.Server.Hosting;

/// <summary>
/// Whose word about the caller's address is taken. Limits per address, the access log and the list of clients then have that address.
/// </summary>
internal static class Proxies
{
    internal static void Use(IApplicationBuilder app, EffectiveSettings settings)
    {
        if (settings.Server.KnownProxies.Count == 0) return;
        // Not X-Forwarded-Host: proxies pass the Host on, and one that does not know the header passes on what the caller wrote there.
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            // As many as are known.
            ForwardLimit = null,
        };
        // The framework's own are loopback, which is anybody on this host.
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in settings.Server.KnownProxies)
        {
            if (IPAddress.TryParse(proxy, out var address)) options.KnownProxies.Add(address);
            else options.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(proxy));
        }
        app.UseForwardedHeaders(options);
    }
}
