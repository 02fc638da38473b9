using System.Text.Json;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Lifetime;
using AkkaSse.Hub.Nodes;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides how managed subscriptions are kept among the engine's values, and for how long; given the engine, and the node's state and
/// options. Thread-safe.
/// </summary>
internal sealed class ManagedStore(IHubEngine engine, HubState state, HubOptions options)
{
    /// <summary>A subscription, or null when there is none.</summary>
    internal async ValueTask<EngineAnswer<ManagedSubscription?>> GetAsync(string id, CancellationToken cancellation) =>
        state.IsUp ? (await ReadAsync(id, cancellation).ConfigureAwait(false)).Select(static found => found.Subscription) : default;

    /// <summary>A subscription and its version; null and 0 when there is none.</summary>
    internal async ValueTask<EngineAnswer<(ManagedSubscription? Subscription, long Version)>> ReadAsync(
        string id, CancellationToken cancellation) =>
        (await engine.Values.GetAsync(KeyOf(id), cancellation).ConfigureAwait(false)).Select(static found => found is { } stored
            ? (JsonSerializer.Deserialize(stored.Bytes.Span, NodeJson.Default.ManagedSubscription), stored.Version)
            : default);

    /// <summary>Stores a subscription. False when the stored version is another than the one expected.</summary>
    internal async ValueTask<EngineAnswer<bool>> SaveAsync(ManagedSubscription subscription, long expected, CancellationToken cancellation)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(subscription, NodeJson.Default.ManagedSubscription);
        var key = KeyOf(subscription.Id);
        return (await engine.Values.PutAsync(key, bytes, options.SubscriptionIdle, expected, cancellation).ConfigureAwait(false))
            .Select(static version => version is not null);
    }

    internal ValueTask<EngineAnswer<bool>> DeleteAsync(string id, CancellationToken cancellation) =>
        engine.Values.DeleteAsync(KeyOf(id), null, cancellation);

    private static string KeyOf(string id) => $"managed/{id}";
}
