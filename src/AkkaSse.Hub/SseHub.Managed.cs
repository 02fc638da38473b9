using System.Collections.Concurrent;
using System.Text.Json;
using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Nodes;

namespace AkkaSse.Hub;

public sealed partial class SseHub
{
    private readonly ConcurrentDictionary<string, ClientActor> _managed = new(StringComparer.Ordinal);
    private long _lastProlong;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<NodeInfo>> NodesAsync(CancellationToken cancellation)
    {
        var nodes = IsUp ? await _engine.Nodes.ListAsync(cancellation).ConfigureAwait(false) : [];
        return Phase == HubPhase.Draining ? [.. nodes.Select(static n => n.Self ? n with { State = "draining" } : n)] : nodes;
    }

    /// <inheritdoc/>
    public async ValueTask<NodeLoad?> LoadOfAsync(string node, CancellationToken cancellation) =>
        node == Options.NodeName ? Load : (await AskAsync(node, new NodeRequest { Kind = NodeRequest.LoadOf }, cancellation).ConfigureAwait(false))?.Load;

    /// <inheritdoc/>
    public async ValueTask<ManagedSubscriptionResult> PutSubscriptionAsync(ManagedSubscription subscription, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(subscription);
        if (!IsUp) return new ManagedSubscriptionResult(ManagedSubscriptionStatus.Unavailable, "The hub is not running.");
        if (HubNames.Check(subscription.Id) is { } fault) return new ManagedSubscriptionResult(ManagedSubscriptionStatus.Invalid, fault);
        var max = Options.MaxStreamsPerConnection * 8;
        if (subscription.Streams.Count < 1 || subscription.Streams.Count > max) return new ManagedSubscriptionResult(ManagedSubscriptionStatus.Invalid, $"{subscription.Streams.Count} streams are asked for; 1 to {max} are allowed.");
        if (subscription.Heartbeat is { } beat && (beat < TimeSpan.FromSeconds(1) || beat > TimeSpan.FromHours(1))) return new ManagedSubscriptionResult(ManagedSubscriptionStatus.Invalid, $"The keepalive interval is {Durations.Format(beat)}; 1s to 1h are allowed.");
        var positions = new Dictionary<string, StreamPosition>(StringComparer.Ordinal);
        foreach (var stream in subscription.Streams.Distinct(StringComparer.Ordinal))
        {
            if (CheckStreamName(stream) is { } name) return new ManagedSubscriptionResult(ManagedSubscriptionStatus.Invalid, name);
            var info = await _engine.Streams.GetAsync(stream, cancellation).ConfigureAwait(false);
            if (info is null && !Options.AutoCreate) return new ManagedSubscriptionResult(ManagedSubscriptionStatus.NoStream, $"The stream '{stream}' does not exist.");
            // The subscription begins now: what is published between creating and connecting is not lost.
            positions[stream] = info is null ? StreamPosition.BeforeFirst : new StreamPosition(info.Epoch, info.Head);
        }
        while (true)
        {
            if (!(await _engine.Values.GetAsync(ManagedKey(subscription.Id), cancellation).ConfigureAwait(false)).TryGet(out var stored))
                return new ManagedSubscriptionResult(ManagedSubscriptionStatus.Unavailable, "Nobody can say now whether the subscription exists; nothing was changed.");
            var previous = stored is { } s ? JsonSerializer.Deserialize(s.Bytes.Span, NodeJson.Default.ManagedSubscription) : null;
            if (previous is not null && previous.Subject != subscription.Subject) return new ManagedSubscriptionResult(ManagedSubscriptionStatus.Conflict, $"The subscription '{subscription.Id}' belongs to somebody else.");
            if (previous is not null)
            {
                foreach (var (stream, position) in previous.Positions)
                {
                    if (positions.ContainsKey(stream)) positions[stream] = position;
                }
            }
            var next = subscription with { Streams = [.. positions.Keys], Positions = positions };
            if (!(await SaveAsync(next, stored?.Version ?? 0, cancellation).ConfigureAwait(false)).TryGet(out var saved))
                return new ManagedSubscriptionResult(ManagedSubscriptionStatus.Unavailable, "Nobody can say whether the subscription was stored; repeat it.");
            // Somebody else was faster.
            if (!saved) continue;
            // A connection reads the set it began with; the new set is for the next one.
            if (previous is not null && !previous.Streams.SequenceEqual(next.Streams)) await EndManagedEverywhereAsync(subscription.Id, cancellation).ConfigureAwait(false);
            return new ManagedSubscriptionResult(previous is null ? ManagedSubscriptionStatus.Created : ManagedSubscriptionStatus.Updated);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<EngineAnswer<ManagedSubscription?>> GetSubscriptionAsync(string id, CancellationToken cancellation) =>
        IsUp
            ? (await _engine.Values.GetAsync(ManagedKey(id), cancellation).ConfigureAwait(false))
                .Select(static found => found is { } stored ? JsonSerializer.Deserialize(stored.Bytes.Span, NodeJson.Default.ManagedSubscription) : null)
            : default;

    /// <inheritdoc/>
    public async ValueTask<EngineAnswer<bool>> DeleteSubscriptionAsync(string id, string? subject, CancellationToken cancellation)
    {
        if (!(await GetSubscriptionAsync(id, cancellation).ConfigureAwait(false)).TryGet(out var present)) return default;
        if (present is null || (present.Subject is not null && present.Subject != subject)) return new(false);
        var deleted = await _engine.Values.DeleteAsync(ManagedKey(id), null, cancellation).ConfigureAwait(false);
        if (deleted.TryGet(out var done) && done) await EndManagedEverywhereAsync(id, cancellation).ConfigureAwait(false);
        return deleted;
    }

    private async ValueTask EndManagedEverywhereAsync(string id, CancellationToken cancellation)
    {
        foreach (var node in await _engine.Nodes.ListAsync(cancellation).ConfigureAwait(false))
        {
            await AskAsync(node.Name, new NodeRequest { Kind = NodeRequest.EndManaged, Client = id }, cancellation).ConfigureAwait(false);
        }
    }

    private void BeginManaged(ClientActor client, ManagedSubscription subscription)
    {
        client.Managed = subscription;
        // One connection per subscription: the newest. The older one's positions are the newer one's business from here on.
        ClientActor? older = null;
        _managed.AddOrUpdate(subscription.Id, client, (_, present) =>
        {
            older = present;
            return client;
        });
        older?.Close(CloseReason.Replaced);
    }

    private void EndManaged(ClientActor client, string id)
    {
        if (_managed.TryRemove(new KeyValuePair<string, ClientActor>(id, client))) Observe(SavePositionsAsync(client), "saving of a subscription's positions");
    }

    // From the sweeper, each second.
    private void SaveManagedPositions()
    {
        foreach (var (_, client) in _managed) Observe(SavePositionsAsync(client), "saving of a subscription's positions");
        if (_clock.Milliseconds - _lastProlong < 60_000) return;
        _lastProlong = _clock.Milliseconds;
        foreach (var client in _connections.Snapshot())
        {
            if (client.HasStoredChange) Observe(ProlongChangeAsync(client), "prolonging of a client's subscriptions");
        }
    }

    private async ValueTask SavePositionsAsync(ClientActor client)
    {
        if (client.Managed is not { } subscription) return;
        while ((await _engine.Values.GetAsync(ManagedKey(subscription.Id), default).ConfigureAwait(false)).TryGet(out var found) && found is { } stored)
        {
            var present = JsonSerializer.Deserialize(stored.Bytes.Span, NodeJson.Default.ManagedSubscription)!;
            var positions = new Dictionary<string, StreamPosition>(present.Positions, StringComparer.Ordinal);
            foreach (var (stream, position) in client.FlushedPositions)
            {
                if (positions.ContainsKey(stream)) positions[stream] = position;
            }
            // Not saved: somebody else has written meanwhile, and what was delivered is added to that.
            if (!(await SaveAsync(present with { Positions = positions }, stored.Version, default).ConfigureAwait(false)).TryGet(out var saved) || saved) return;
        }
    }

    private async ValueTask<EngineAnswer<bool>> SaveAsync(ManagedSubscription subscription, long expected, CancellationToken cancellation)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(subscription, NodeJson.Default.ManagedSubscription);
        return (await _engine.Values.PutAsync(ManagedKey(subscription.Id), bytes, Options.SubscriptionIdle, expected, cancellation).ConfigureAwait(false))
            .Select(static version => version is not null);
    }

    private static string ManagedKey(string id) => $"managed/{id}";
}
