using System.Diagnostics.CodeAnalysis;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore;

internal sealed class SseHubBuilder(IServiceCollection services) : ISseHubBuilder
{
    public IServiceCollection Services => services;

    public ISseHubBuilder UseEngine(Func<IServiceProvider, IHubEngine> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        if (services.Any(s => s.ServiceType == typeof(EngineFactory)))
            throw new InvalidOperationException(
                "An engine was already chosen for this hub; UseEngine (UsePostgres, UseAkkaCluster) can be called once.");
        services.AddSingleton(new EngineFactory(factory));
        return this;
    }

    public ISseHubBuilder AddObserver<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>()
        where T : class, IHubObserver
    {
        services.AddSingleton<IHubObserver, T>();
        return this;
    }

    /// <summary>Held apart from <see cref="IHubEngine"/>, so that the container does not dispose what the hub owns.</summary>
    internal sealed record EngineFactory(Func<IServiceProvider, IHubEngine> Create);
}
