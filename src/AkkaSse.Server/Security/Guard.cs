using AkkaSse.Server.Configuration;
using AkkaSse.Server.Security.Sessions;

namespace AkkaSse.Server.Security;

/// <summary>Which hosts are served and which pages may write, besides who has authenticated.</summary>
internal static class Guard
{
    /// <summary>
    /// Guards what browsers do with a session, which they send whoever makes them: a page of another origin of the same site, too.
    /// </summary>
    internal static void UseForSessions(IApplicationBuilder app, EffectiveSettings settings) => app.UseWhen(
        SessionCookie.IsUsed,
        guarded => guarded.UseSseHubGuard(options =>
        {
            // A cookie belongs to the host that has set it: a name that was rebound to the server's address gets none.
            options.AllowedHosts.Add("*");
            // Every origin may call without credentials; a session is one.
            foreach (var origin in settings.Server.CorsOrigins.Where(static o => o != "*")) options.AllowedOrigins.Add(origin);
            options.DemandOrigin = true;
        }));

    /// <summary>Guards everything but the health paths: probes come by the pod's address, and change and tell nothing.</summary>
    internal static void Use(IApplicationBuilder app, EffectiveSettings settings)
    {
        // With authentication a foreign name gets nothing by itself, and who may write is said by the credential.
        if (settings.Authenticated && settings.Server.AllowedHosts.Count == 0) return;
        app.UseWhen(
            static context => !context.Request.Path.StartsWithSegments("/healthz"),
            guarded => guarded.UseSseHubGuard(options =>
            {
                foreach (var host in settings.Urls.Hosts) options.AllowedHosts.Add(host);
                settings.Server.Configure(options);
                options.AllowAddresses = settings.Urls.AllAddresses;
                if (settings.Authenticated) options.AllowedOrigins.Add("*");
            }));
    }
}
