using System.Collections.Concurrent;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Nodes;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides which connection of this node serves a managed subscription, when its positions are saved, and that a connection elsewhere that
/// served it before ends; given the engine (its nodes), the node's name, the store of subscriptions and the fault log. Thread-safe.
/// </summary>
internal sealed class ManagedConnections(IHubEngine engine, string node, ManagedStore store, FaultLog faults)
{
    // The newer connection goes on from what was last saved when the older one's node is too slow: it repeats up to 1 s.
    private static readonly TimeSpan SaveElsewhereLimit = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan EndElsewhereLimit = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, ClientActor> _serving = new(StringComparer.Ordinal);

    /// <summary>A connection serves a subscription from now on. The one with the highest generation stays.</summary>
    internal void Begin(ClientActor client, ManagedSubscription subscription)
    {
        client.Managed = subscription;
        // The older one's positions are the newer one's business from here on.
        ClientActor? older = null;
        _serving.AddOrUpdate(subscription.Id, client, (_, present) =>
        {
            var isNewer = present.Managed!.Generation > subscription.Generation;
            older = isNewer ? client : present;
            return isNewer ? present : client;
        });
        older?.Close(CloseReason.Replaced);
    }

    /// <summary>A connection has ended.</summary>
    internal void End(ClientActor client, string id)
    {
        if (_serving.TryRemove(new KeyValuePair<string, ClientActor>(id, client))) WatchSaving(client, isOver: true);
    }

    /// <summary>Closes the connection that serves a subscription that has ended.</summary>
    internal void Close(string id)
    {
        if (_serving.TryGetValue(id, out var connection)) connection.Close(CloseReason.Removed);
    }

    /// <summary>Closes the connection that serves a subscription, when another one has taken it with a higher generation.</summary>
    internal void Replace(string id, long generation)
    {
        if (_serving.TryGetValue(id, out var connection) && connection.Managed!.Generation < generation)
            connection.Close(CloseReason.Replaced);
    }

    /// <summary>Ends the connection that held a subscription before this one, when it is on another node.</summary>
    internal void ReplaceElsewhere(ManagedSubscription held, ManagedSubscription before)
    {
        if (before.Node is not { } other || other == node) return;
        var request = new NodeRequest { Kind = NodeRequest.EndManaged, Client = held.Id, Generation = held.Generation };
        // Not answered: that node finds it out when it saves, each second.
        faults.Watch(AskAsync(other, request, EndElsewhereLimit), "the end of an older connection");
    }

    /// <summary>From the sweeper, each second.</summary>
    internal void SavePositions()
    {
        foreach (var (_, client) in _serving) WatchSaving(client, isOver: false);
    }

    /// <summary>Saves what the connection that serves a subscription has delivered, where that is this node.</summary>
    internal ValueTask SavePositionsAsync(string id) =>
        _serving.TryGetValue(id, out var client) ? SavePositionsAsync(client, isOver: false) : ValueTask.CompletedTask;

    /// <summary>Has the node of a connection that is about to be replaced save what the connection has delivered.</summary>
    internal ValueTask SaveElsewhereAsync(ManagedSubscription subscription) =>
        subscription.Node is { } other && other != node
            ? AskAsync(other, new NodeRequest { Kind = NodeRequest.SaveManaged, Client = subscription.Id }, SaveElsewhereLimit)
            : ValueTask.CompletedTask;

    private async ValueTask AskAsync(string other, NodeRequest request, TimeSpan limit) =>
        await engine.Nodes.RequestAsync(other, NodeWire.Write(request), limit, default).ConfigureAwait(false);

    private void WatchSaving(ClientActor client, bool isOver) =>
        faults.Watch(SavePositionsAsync(client, isOver), "saving of a subscription's positions");

    private async ValueTask SavePositionsAsync(ClientActor client, bool isOver)
    {
        if (client.Managed is not { } held) return;
        while ((await store.ReadAsync(held.Id, default).ConfigureAwait(false)).TryGet(out var found))
        {
            if (found.Subscription is not { } present) return;
            if (present.Generation > held.Generation)
            {
                // A newer connection holds it, on whatever node: the positions are its own.
                client.Close(CloseReason.Replaced);
                return;
            }
            var positions = new Dictionary<string, StreamPosition>(present.Positions, StringComparer.Ordinal);
            foreach (var (stream, position) in client.FlushedPositions)
            {
                if (positions.ContainsKey(stream)) positions[stream] = position;
            }
            // A node of an older version leaves the generation out.
            var next = present with { Positions = positions, Generation = held.Generation, Node = isOver ? null : node };
            // Not saved: another node has written meanwhile, and what was delivered is added to that.
            if (!(await store.SaveAsync(next, found.Version, default).ConfigureAwait(false)).TryGet(out var saved) || saved) return;
        }
    }
}
