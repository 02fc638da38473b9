using System.Diagnostics.CodeAnalysis;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>
/// What <c>AddSseHub</c> returns: where an engine and observers are chosen. It lives beside the engine seam, so that an engine's package
/// offers its <c>Use…</c> call without knowing of HTTP; what only HTTP has (authorizer, error writer) is chosen by extension methods of
/// <c>AkkaSse.AspNetCore</c>.
/// </summary>
/// <remarks>Used while the application is composed, by one thread.</remarks>
public interface ISseHubBuilder
{
    /// <summary>The services.</summary>
    IServiceCollection Services { get; }

    /// <summary>
    /// Chooses the engine; without this call it is the in-process one. The factory is called once, when the hub is made; the hub starts,
    /// drains and disposes what it returns.
    /// </summary>
    /// <param name="factory">Makes an engine that is not started.</param>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    ISseHubBuilder UseEngine(Func<IServiceProvider, IHubEngine> factory);

    /// <summary>Adds an observer of connections, a singleton. Any number may be added.</summary>
    ISseHubBuilder AddObserver<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>()
        where T : class, IHubObserver;
}
