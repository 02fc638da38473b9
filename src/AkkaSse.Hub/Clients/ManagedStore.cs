using System.Text.Json;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Lifetime;
using AkkaSse.Hub.Nodes;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides how managed subscriptions are kept among the engine's values, for how long, and which connection holds one; given the engine,
/// the node's state and options, and the clock. Thread-safe.
/// </summary>
internal sealed class ManagedStore(IHubEngine engine, HubState state, HubOptions options, TimeProvider time)
{
    /// <summary>What a value of an engine may have.</summary>
    internal const int MaxBytes = 64 << 10;

    private static readonly StreamPosition s_longest = new(new string('z', StreamPosition.MaxEpochLength), long.MaxValue);

    /// <summary>Bytes of a subscription wherever its streams will stand.</summary>
    internal static int MostBytes(ManagedSubscription subscription) => JsonSerializer.SerializeToUtf8Bytes(
        subscription with
        {
            Positions = subscription.Streams.ToDictionary(static s => s, static _ => s_longest, StringComparer.Ordinal),
            Generation = long.MaxValue,
            // The longest name of a node.
            Node = new string('n', 64),
        }, NodeJson.Default.ManagedSubscription).Length;

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

    /// <summary>
    /// Gives a subscription to a connection of this node: nobody who held it before saves anything from now on. The subscription as it is
    /// held now and as it was before; null when it does not exist any more.
    /// </summary>
    internal async ValueTask<EngineAnswer<(ManagedSubscription Held, ManagedSubscription Before)?>> TakeAsync(
        string id, CancellationToken cancellation)
    {
        while ((await ReadAsync(id, cancellation).ConfigureAwait(false)).TryGet(out var found))
        {
            if (found.Subscription is not { } present) return new(null);
            var taken = present with { Generation = Next(present.Generation), Node = options.NodeName };
            if (!(await SaveAsync(taken, found.Version, cancellation).ConfigureAwait(false)).TryGet(out var saved)) break;
            // Not saved: another node has written meanwhile.
            if (saved) return new((taken, present));
        }
        return default;
    }

    /// <summary>A generation above one, also above those of a subscription that had the same id and is forgotten.</summary>
    internal long Next(long generation) => Math.Max(generation + 1, time.GetUtcNow().UtcTicks / TimeSpan.TicksPerMicrosecond);

    internal ValueTask<EngineAnswer<bool>> DeleteAsync(string id, CancellationToken cancellation) =>
        engine.Values.DeleteAsync(KeyOf(id), null, cancellation);

    private static string KeyOf(string id) => $"managed/{id}";
}
