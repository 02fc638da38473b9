using System.Diagnostics.CodeAnalysis;
using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Has it noted who calls the hub.</summary>
public static class SseHubAuditExtensions
{
    /// <summary>
    /// Chooses who takes note of calls and connections, a singleton, and puts before everything else of the application what tells it. The
    /// last call wins. It is made before the hub: it must not ask for one in its constructor.
    /// </summary>
    public static ISseHubBuilder UseAudit<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)]
    T>(this ISseHubBuilder builder)
        where T : class, IHubAudit
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Replace(ServiceDescriptor.Singleton<IHubAudit, T>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHubObserver, AuditObserver>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, AuditStartup>());
        return builder;
    }

    /// <summary>
    /// Makes entries of the calls of endpoints of the application's own. Without it only what is answered 401, 403 or 429 is one.
    /// </summary>
    /// <param name="builder">The endpoints.</param>
    /// <param name="kind">What their entries are.</param>
    /// <returns>The same builder.</returns>
    public static TBuilder WithSseHubAudit<TBuilder>(this TBuilder builder, HubAuditKind kind)
        where TBuilder : IEndpointConventionBuilder
    {
        if (!Enum.IsDefined(kind)) throw new ArgumentOutOfRangeException(nameof(kind), kind, "This is no kind of entry.");
        return builder.WithMetadata(new AuditedEndpoint(kind));
    }
}
