using System.Diagnostics.CodeAnalysis;
using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>What <c>AddSseHub</c> returns: where an engine, observers, an authorizer and an error writer are chosen.</summary>
public interface ISseHubBuilder
{
    /// <summary>The services.</summary>
    IServiceCollection Services { get; }

    /// <summary>Chooses the engine; without this call it is the in-process one. The hub owns and disposes it.</summary>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    ISseHubBuilder UseEngine(Func<IServiceProvider, IHubEngine> factory);

    /// <summary>Adds an observer of connections, a singleton. Any number may be added.</summary>
    ISseHubBuilder AddObserver<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>()
        where T : class, IHubObserver;

    /// <summary>Chooses who decides about streams, zones and clients, a singleton. The last call wins.</summary>
    ISseHubBuilder UseAuthorizer<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>()
        where T : class, IHubAuthorizer;

    /// <summary>Chooses who writes error responses, a singleton. The last call wins.</summary>
    ISseHubBuilder UseErrorWriter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>()
        where T : class, IHubErrorWriter;
}
