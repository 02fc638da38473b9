using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Streams;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides what a connection holds from its admission to its end, and gives it back then; given the connections, the stream table, the
/// claims, the connections of managed subscriptions, the observers, the metrics, the logger and the fault log. Thread-safe.
/// </summary>
internal sealed class ConnectionRegistry(
    ConnectionTable connections,
    StreamTable streams,
    ClientClaims claims,
    ManagedConnections managed,
    Observers observers,
    HubMetrics metrics,
    ILogger logger,
    FaultLog faults)
{
    /// <summary>True when a connection's streams wait until the observers have been told of it.</summary>
    internal bool IsObserved => observers.Any;

    /// <summary>A connection was admitted and does not run yet.</summary>
    /// <param name="client">It.</param>
    /// <param name="subscription">The managed subscription that it holds; null for none.</param>
    /// <param name="before">The same as it was before.</param>
    internal void Add(ClientActor client, ManagedSubscription? subscription, ManagedSubscription? before)
    {
        if (observers.Any) client.Observed = new ObserverRelay(observers, client);
        connections.Add(client);
        if (subscription is null) return;
        managed.Begin(client, subscription);
        managed.ReplaceElsewhere(subscription, before!);
    }

    /// <summary>A connection was let in that does not know yet where it starts; it is found by nobody.</summary>
    internal void AddWaiting(ClientActor client) => connections.Add(client);

    /// <summary>A connection that waited gets what it reads; false when it has ended meanwhile, and holds none of it.</summary>
    internal async ValueTask<bool> OpenAsync(
        ClientActor client, ManagedSubscription? subscription, ManagedSubscription? before, List<Cursor> cursors)
    {
        if (observers.Any) client.Observed = new ObserverRelay(observers, client);
        // Found by its id before it is told that it is open.
        if (!connections.Name(client)) return false;
        if (subscription is not null)
        {
            managed.Begin(client, subscription);
            managed.ReplaceElsewhere(subscription, before!);
        }
        if (await client.OpenAsync(cursors).ConfigureAwait(false)) return true;
        // It ended before it was managed, or after: either way nothing of it stays.
        if (subscription is not null) managed.End(client, subscription.Id);
        return false;
    }

    /// <summary>Ends the connections that wait: the engine does not come back soon on this node.</summary>
    internal void EndWaiting(TimeSpan retry)
    {
        foreach (var client in connections.Snapshot())
        {
            if (client.IsUnnamed) client.Close(CloseReason.Unavailable, retry);
        }
    }

    /// <summary>A connection has ended and left its streams. Once per connection.</summary>
    internal void OnEnded(ClientActor client, CloseReason reason)
    {
        if (!connections.Remove(client)) return;
        connections.Unreserve(client.LimitKey);
        foreach (var cursor in client.CursorSnapshot) streams.Release(cursor.LocalStream);
        metrics.Disconnects.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));
        if (logger.ForDebug() is { } debug) Log.Disconnected(debug, client.ClientId, client.Zone, reason);
        if (client.Request.ManagedSubscription is { } subscription) managed.End(client, subscription);
        if (client.IsClaimed && client.Zone is { } zone)
            faults.Watch(claims.ReleaseAsync(zone, client.ClientId, client.Generation), "release of a claim");
        client.Observed?.Ended(reason);
    }

    /// <summary>A connection has left one stream and goes on.</summary>
    internal void OnLeft(ClientActor client, Cursor cursor, CloseReason reason)
    {
        streams.Release(cursor.LocalStream);
        client.Observed?.Unsubscribed(cursor, reason);
    }
}
