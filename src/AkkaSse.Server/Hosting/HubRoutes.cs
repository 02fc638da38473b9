using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Security;

namespace AkkaSse.Server.Hosting;

/// <summary>The hub and its routes, as configured.</summary>
internal static class HubRoutes
{
    internal static void AddHub(IServiceCollection services, EffectiveSettings settings)
    {
        var hub = services.AddSseHub(options => Copy(settings.Hub, options));
        if (settings.Server.Engine == "akka") hub.UseAkkaCluster(settings.Akka);
        if (settings.Server.Engine == "postgres") hub.UsePostgres(settings.Server.PostgresOptions(settings.Urls.All[0].Url));
    }

    internal static void Map(WebApplication app, EffectiveSettings settings)
    {
        app.MapSseHub(options => Configure(options, settings));
        var edges = settings.Server.CompatibilityEndpoints;
        if (edges.Count == 0) return;
        app.MapSseCompatibilityEndpoints(options =>
        {
            options.R3labs = edges.Contains("r3labs");
            options.Davidsbond = edges.Contains("davidsbond");
            options.CtrlX = edges.Contains("ctrlx");
            Configure(options.Endpoints, settings);
        });
    }

    // Host names and cross-site writes are checked by Guard, for the page and the metrics too.
    private static void Configure(SseHubEndpointOptions options, EffectiveSettings settings)
    {
        options.AllowAnonymousClientIds = settings.Server.AllowAnonymousClientIds ?? settings.LoopbackOnly;
        if (!settings.Authenticated) return;
        options.SubscribePolicy = options.PublishPolicy = options.StreamsPolicy = options.ClientsPolicy = options.ClusterPolicy = GrantPolicies.Known;
    }

    private static void Copy(HubOptions from, HubOptions to)
    {
        foreach (var property in typeof(HubOptions).GetProperties())
        {
            if (property.CanWrite) property.SetValue(to, property.GetValue(from));
        }
    }
}
