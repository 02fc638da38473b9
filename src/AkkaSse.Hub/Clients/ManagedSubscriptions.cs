using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Lifetime;
using AkkaSse.Hub.Nodes;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides whether a managed subscription may be created, changed or ended, and ends its connection on every node; given the engine, the
/// node's state and options, the time that a caller waits, the store of subscriptions and the calls to nodes. Thread-safe.
/// </summary>
internal sealed class ManagedSubscriptions(
    IHubEngine engine, HubState state, HubOptions options, OpenLimit limit, ManagedStore store, NodeCalls calls)
{
    private static readonly TimeSpan ShortestHeartbeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestHeartbeat = TimeSpan.FromHours(1);

    internal async ValueTask<ManagedSubscriptionResult> PutAsync(ManagedSubscription subscription, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(subscription);
        if (!state.IsUp) return Unavailable("The hub is not running.");
        if (Check(subscription) is { } fault) return new ManagedSubscriptionResult(ManagedSubscriptionStatus.Invalid, fault);
        string[] streams = [.. subscription.Streams.Distinct(StringComparer.Ordinal)];
        foreach (var stream in streams)
        {
            if (options.CheckStreamName(stream) is { } name) return new ManagedSubscriptionResult(ManagedSubscriptionStatus.Invalid, name);
        }
        if (ManagedStore.MostBytes(subscription with { Streams = streams }) is > ManagedStore.MaxBytes and var most)
        {
            return new ManagedSubscriptionResult(ManagedSubscriptionStatus.Invalid,
                $"The names of the streams are too long together: with its positions the subscription could have {most} bytes; "
                + $"{ManagedStore.MaxBytes} are kept.");
        }
        // The subscription begins now: what is published between creating and connecting is not lost.
        var wait = limit.Begin();
        var now = await Task.WhenAll(streams.Select(s => wait.AskAsync(engine.Streams.GetAsync(s, cancellation)).AsTask()))
            .ConfigureAwait(false);
        foreach (var (i, stream) in streams.Index())
        {
            if (now[i].TryGet(out var info) && info is null && !options.AutoCreate)
                return new ManagedSubscriptionResult(ManagedSubscriptionStatus.NoStream, $"The stream '{stream}' does not exist.");
        }
        while (true)
        {
            if (!(await wait.AskAsync(store.ReadAsync(subscription.Id, cancellation)).ConfigureAwait(false)).TryGet(out var stored))
                return Unavailable("Nobody can say now whether the subscription exists; nothing was changed.");
            var previous = stored.Subscription;
            if (previous is not null && previous.Subject != subscription.Subject)
            {
                return new ManagedSubscriptionResult(ManagedSubscriptionStatus.Conflict,
                    $"The subscription '{subscription.Id}' belongs to somebody else.");
            }
            var positions = new Dictionary<string, StreamPosition>(StringComparer.Ordinal);
            foreach (var (i, stream) in streams.Index())
            {
                // A stream that stays in the subscription goes on from where it is.
                if (previous?.Positions.TryGetValue(stream, out var position) == true) positions[stream] = position;
                else if (!now[i].TryGet(out var info))
                    return Unavailable($"Nobody can say now where the stream '{stream}' stands; nothing was changed.");
                else positions[stream] = info is null ? StreamPosition.BeforeFirst : new StreamPosition(info.Epoch, info.Head);
            }
            var next = subscription with
            {
                Streams = streams,
                Positions = positions,
                // One that was forgotten may still have a connection that did not hear of it.
                Generation = previous?.Generation ?? store.Next(0),
                Node = previous?.Node,
            };
            if (!(await wait.AskAsync(store.SaveAsync(next, stored.Version, cancellation)).ConfigureAwait(false)).TryGet(out var saved))
                return Unavailable("Nobody can say whether the subscription was stored; repeat it.");
            // Another caller was faster.
            if (!saved) continue;
            // A connection reads the set it began with; the new set is for the next one.
            if (previous is not null && !previous.Streams.SequenceEqual(next.Streams))
                await EndConnectionsAsync(subscription.Id, cancellation).ConfigureAwait(false);
            return new ManagedSubscriptionResult(previous is null ? ManagedSubscriptionStatus.Created : ManagedSubscriptionStatus.Updated);
        }
    }

    internal ValueTask<EngineAnswer<ManagedSubscription?>> GetAsync(string id, CancellationToken cancellation) =>
        limit.Begin().AskAsync(store.GetAsync(id, cancellation));

    /// <summary>Ends a subscription and its connection. False when it did not exist, or belongs to another subject.</summary>
    internal async ValueTask<EngineAnswer<bool>> DeleteAsync(string id, string? subject, CancellationToken cancellation)
    {
        if (!(await store.GetAsync(id, cancellation).ConfigureAwait(false)).TryGet(out var present)) return default;
        if (present is null || (present.Subject is not null && present.Subject != subject)) return new(false);
        var deleted = await store.DeleteAsync(id, cancellation).ConfigureAwait(false);
        if (deleted.TryGet(out var done) && done) await EndConnectionsAsync(id, cancellation).ConfigureAwait(false);
        return deleted;
    }

    private string? Check(ManagedSubscription subscription)
    {
        if (HubNames.Check(subscription.Id) is { } fault) return fault;
        var max = options.MaxManagedStreams();
        if (subscription.Streams.Count < 1 || subscription.Streams.Count > max)
            return $"{subscription.Streams.Count} streams are asked for; 1 to {max} are allowed.";
        return subscription.Heartbeat is { } beat && (beat < ShortestHeartbeat || beat > LongestHeartbeat)
            ? $"The keepalive interval is {Durations.Format(beat)}; 1s to 1h are allowed."
            : null;
    }

    private async ValueTask EndConnectionsAsync(string id, CancellationToken cancellation)
    {
        var request = new NodeRequest { Kind = NodeRequest.EndManaged, Client = id };
        // At once: each node that does not answer takes 2 s.
        var nodes = await engine.Nodes.ListAsync(cancellation).ConfigureAwait(false);
        await Task.WhenAll(nodes.Select(n => calls.AskAsync(n.Name, request, cancellation).AsTask())).ConfigureAwait(false);
    }

    private static ManagedSubscriptionResult Unavailable(string error) => new(ManagedSubscriptionStatus.Unavailable, error);
}
