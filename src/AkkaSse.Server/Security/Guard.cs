using AkkaSse.Server.Configuration;

namespace AkkaSse.Server.Security;

/// <summary>What stands in for authentication while nobody has to authenticate.</summary>
internal static class Guard
{
    /// <summary>Guards everything but the health paths: probes come by the pod's address, and change and tell nothing.</summary>
    internal static void Use(IApplicationBuilder app, EffectiveSettings settings)
    {
        if (settings.Authenticated) return;
        app.UseWhen(
            static context => !context.Request.Path.StartsWithSegments("/healthz"),
            guarded => guarded.UseSseHubGuard(options =>
            {
                foreach (var host in settings.Urls.Hosts) options.AllowedHosts.Add(host);
                settings.Server.Configure(options);
                options.AllowAddresses = settings.Urls.AllAddresses;
            }));
    }
}
