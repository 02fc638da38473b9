using AkkaSse.AspNetCore;
using AkkaSse.Server.Audit;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Security;

namespace AkkaSse.Server.Hosting;

/// <summary>The hub and its routes, as configured.</summary>
internal static class HubRoutes
{
    internal static void AddHub(IServiceCollection services, EffectiveSettings settings)
    {
        var hub = services.AddSseHub(settings.Configure);
        if (settings.Server.Engine == "akka") hub.UseAkkaCluster(settings.Configure);
        if (settings.Server.Engine == "postgres") hub.UsePostgres(settings.Configure);
        if (settings.Server.Data is not null) hub.UseStorage(settings.Configure);
        if (!settings.Audit.IsGiven) return;
        hub.UseAudit<AuditQueue>();
        services.AddSingleton(static provider => (AuditQueue)provider.GetRequiredService<IHubAudit>());
        services.AddSingleton<AuditStream>();
        services.AddHostedService<AuditWriter>();
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
        options.SubscribePolicy = options.PublishPolicy = options.StreamsPolicy = options.ClientsPolicy = options.ClusterPolicy =
            GrantPolicies.Known;
    }
}
