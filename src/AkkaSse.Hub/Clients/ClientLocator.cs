using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Lifetime;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides on which node a client is; given the engine's claims, the connections of this node and its name. Thread-safe.
/// </summary>
internal sealed class ClientLocator(IHubEngine engine, ConnectionTable connections, string node)
{
    /// <summary>The client's place, or why there is none. An id made by a server says its node itself; a chosen one is claimed.</summary>
    /// <param name="client">The id.</param>
    /// <param name="zone">The zone; null for whatever zone the client is in.</param>
    /// <param name="isNotHere">True when the caller has looked for an id made by this node, in vain.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <param name="wait">How long the caller waits; null for as long as the engine takes.</param>
    internal async ValueTask<(ClaimLocation? Place, ClientCallStatus Status)> LocateAsync(
        string client, string? zone, bool isNotHere, CancellationToken cancellation, OpenWait? wait = null)
    {
        // No connection has such an id or zone, and an engine that stores text could not even ask.
        if (!HubNames.IsText(client) || !HubNames.IsText(zone)) return (null, ClientCallStatus.NotConnected);
        if (ConnectionIds.NodeOf(client) is { } maker)
        {
            if (maker != node) return Found(new ClaimLocation(zone ?? "", client, maker, 0));
            return !isNotHere && connections.Find(client, zone) is { } here
                ? Found(new ClaimLocation(here.Zone ?? "", client, node, 0))
                : (null, ClientCallStatus.NotConnected);
        }
        var answer = wait is { } limited
            ? await limited.AskAsync(engine.Claims.LocateAsync(zone, client, cancellation)).ConfigureAwait(false)
            : await engine.Claims.LocateAsync(zone, client, cancellation).ConfigureAwait(false);
        if (!answer.TryGet(out var places))
        {
            // The node that holds the connection needs no other node's word.
            return connections.Find(client, zone) is { } held
                ? Found(new ClaimLocation(held.Zone ?? "", client, node, held.Generation))
                : (null, ClientCallStatus.Unavailable);
        }
        return places.Count switch
        {
            0 => (null, ClientCallStatus.NotConnected),
            1 => Found(places[0]),
            _ => (null, ClientCallStatus.Ambiguous),
        };
    }

    /// <summary>Where places are remembered: the next look-up asks the cluster. False where none are.</summary>
    internal bool Forget(string client)
    {
        if (engine.Claims is not ICachedLocations cached) return false;
        cached.Forget(client);
        return true;
    }

    internal static string Ambiguous(string client) => $"several zones have a client with id {client}; name the zone";

    private static (ClaimLocation? Place, ClientCallStatus Status) Found(ClaimLocation place) => (place, ClientCallStatus.Done);
}
