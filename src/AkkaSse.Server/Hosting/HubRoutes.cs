using AkkaSse.Hub;
using AkkaSse.Server.Configuration;

namespace AkkaSse.Server.Hosting;

/// <summary>The hub and its routes, as configured.</summary>
internal static class HubRoutes
{
    internal static void AddHub(IServiceCollection services, EffectiveSettings settings) =>
        services.AddSseHub(options => Copy(settings.Hub, options));

    internal static void Map(WebApplication app, EffectiveSettings settings)
    {
        app.MapSseHub(options => options.AllowAnonymousClientIds = settings.Server.AllowAnonymousClientIds ?? settings.LoopbackOnly);
    }

    private static void Copy(HubOptions from, HubOptions to)
    {
        foreach (var property in typeof(HubOptions).GetProperties())
        {
            if (property.CanWrite) property.SetValue(to, property.GetValue(from));
        }
    }
}
