using Microsoft.Extensions.Logging;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// The application's observers, and what each is told with: the hub as applications see it, which is handed on and not called here, and the
/// logger. Immutable.
/// </summary>
internal sealed class Observers(ISseHub hub, IEnumerable<IHubObserver> observers, ILogger logger)
{
    internal ISseHub Hub => hub;

    internal ILogger Logger => logger;

    internal IHubObserver[] All { get; } = [.. observers];

    internal bool Any => All.Length > 0;
}
