using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Tells an operator that everybody may call the hub: outside Development, when no endpoint of the hub asks for authorization and nothing
/// guards it. <c>AllowAnonymous()</c> on the endpoints says that it is meant.
/// </summary>
internal static partial class OpenAccess
{
    /// <summary>Logs at most one line. Called once, when the server listens: endpoints get their last metadata before.</summary>
    internal static async Task WarnAsync(IServiceProvider services)
    {
        if (services.GetService<IHostEnvironment>()?.IsDevelopment() != false) return;
        if (services.GetRequiredService<HubMappings>().IsGuarded || services.GetService<IHubAuthorizer>() is not null) return;
        var endpoints = (services.GetService<EndpointDataSource>()?.Endpoints ?? [])
            .Where(static e => e.Metadata.GetMetadata<Endpoint>() is not null).ToList();
        // An application that closes some of them has thought about the others.
        if (endpoints.Count == 0 || endpoints.Any(static e => IsDecided(e.Metadata))) return;
        var policies = services.GetService<IAuthorizationPolicyProvider>();
        if (policies is not null && await policies.GetFallbackPolicyAsync().ConfigureAwait(false) is not null) return;
        Log(services.GetRequiredService<ILoggerFactory>().CreateLogger("AkkaSse.AspNetCore"));
    }

    private static bool IsDecided(EndpointMetadataCollection metadata) =>
        metadata.GetMetadata<Endpoint>()!.Guarded || metadata.GetMetadata<IAuthorizeData>() is not null
        || metadata.GetMetadata<AuthorizationPolicy>() is not null || metadata.GetMetadata<IAllowAnonymous>() is not null;

    [LoggerMessage(1101, LogLevel.Warning, "No endpoint of the hub asks for authorization, and no guard is set: whoever reaches this "
        + "application may read and publish. RequireAuthorization(), UseSseHubGuard() or LoopbackOnly decide who may; AllowAnonymous() on "
        + "the endpoints says that everybody may, and ends this message")]
    private static partial void Log(ILogger logger);

    /// <summary>Metadata of each endpoint of the hub.</summary>
    /// <param name="Guarded">Whether <see cref="SseHubEndpointOptions.LoopbackOnly"/> is set.</param>
    internal sealed record Endpoint(bool Guarded)
    {
        /// <summary>Of the endpoints of one mapping.</summary>
        internal static Endpoint Of(EdgeContext edge) => new(edge.Guard is not null);
    }
}
