using System.Diagnostics.CodeAnalysis;
using AkkaSse.AspNetCore;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses what the hub's HTTP edges ask.</summary>
public static class SseHubBuilderExtensions
{
    /// <summary>Chooses who decides about streams, zones and clients, a singleton. The last call wins.</summary>
    public static ISseHubBuilder UseAuthorizer<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)]
    T>(this ISseHubBuilder builder)
        where T : class, IHubAuthorizer
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Replace(ServiceDescriptor.Singleton<IHubAuthorizer, T>());
        return builder;
    }

    /// <summary>Chooses who limits what is asked of the hub, a singleton. The last call wins.</summary>
    public static ISseHubBuilder UseQuota<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)]
    T>(this ISseHubBuilder builder)
        where T : class, IHubQuota
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Replace(ServiceDescriptor.Singleton<IHubQuota, T>());
        return builder;
    }

    /// <summary>Chooses who writes error responses, a singleton. The last call wins.</summary>
    public static ISseHubBuilder UseErrorWriter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)]
    T>(this ISseHubBuilder builder)
        where T : class, IHubErrorWriter
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Replace(ServiceDescriptor.Singleton<IHubErrorWriter, T>());
        return builder;
    }
}
