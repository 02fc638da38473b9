using System.Collections.Concurrent;
using AkkaSse.Hub.Diagnostics;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides which connection of this node serves a managed subscription, and when its positions are saved; given the store of subscriptions
/// and the fault log. Thread-safe.
/// </summary>
internal sealed class ManagedConnections(ManagedStore store, FaultLog faults)
{
    private readonly ConcurrentDictionary<string, ClientActor> _serving = new(StringComparer.Ordinal);

    /// <summary>A connection serves a subscription from now on. The newest connection of a subscription replaces the one before.</summary>
    internal void Begin(ClientActor client, ManagedSubscription subscription)
    {
        client.Managed = subscription;
        // The older one's positions are the newer one's business from here on.
        ClientActor? older = null;
        _serving.AddOrUpdate(subscription.Id, client, (_, present) =>
        {
            older = present;
            return client;
        });
        older?.Close(CloseReason.Replaced);
    }

    /// <summary>A connection has ended.</summary>
    internal void End(ClientActor client, string id)
    {
        if (_serving.TryRemove(new KeyValuePair<string, ClientActor>(id, client))) WatchSaving(client);
    }

    /// <summary>Closes the connection that serves a subscription that has ended.</summary>
    internal void Close(string id)
    {
        if (_serving.TryGetValue(id, out var connection)) connection.Close(CloseReason.Removed);
    }

    /// <summary>From the sweeper, each second.</summary>
    internal void SavePositions()
    {
        foreach (var (_, client) in _serving) WatchSaving(client);
    }

    /// <summary>Saves what the connection that serves a subscription has delivered.</summary>
    internal ValueTask SavePositionsAsync(string id) =>
        _serving.TryGetValue(id, out var client) ? SavePositionsAsync(client) : ValueTask.CompletedTask;

    private void WatchSaving(ClientActor client) => faults.Watch(SavePositionsAsync(client), "saving of a subscription's positions");

    private async ValueTask SavePositionsAsync(ClientActor client)
    {
        if (client.Managed is not { } subscription) return;
        while ((await store.ReadAsync(subscription.Id, default).ConfigureAwait(false)).TryGet(out var found))
        {
            if (found.Subscription is not { } present) return;
            var positions = new Dictionary<string, StreamPosition>(present.Positions, StringComparer.Ordinal);
            foreach (var (stream, position) in client.FlushedPositions)
            {
                if (positions.ContainsKey(stream)) positions[stream] = position;
            }
            var next = present with { Positions = positions };
            // Not saved: another node has written meanwhile, and what was delivered is added to that.
            if (!(await store.SaveAsync(next, found.Version, default).ConfigureAwait(false)).TryGet(out var saved) || saved) return;
        }
    }
}
