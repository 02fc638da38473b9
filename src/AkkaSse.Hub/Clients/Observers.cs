using Microsoft.Extensions.Logging;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// The application's observers, with the hub that they are given (it is not called here) and the logger of their failures. Immutable.
/// </summary>
internal sealed class Observers(ISseHub hub, IEnumerable<IHubObserver> observers, ILogger logger)
{
    internal ISseHub Hub => hub;

    internal ILogger Logger => logger;

    internal IHubObserver[] All { get; } = [.. observers];

    internal bool Any => All.Length > 0;
}
