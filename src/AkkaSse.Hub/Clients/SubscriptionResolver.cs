using AkkaSse.Hub.Lifetime;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides which streams a connection reads: those of its request or of its managed subscription, with the stored changes of its client;
/// given the store of subscriptions, their connections, the stored changes, and the node's state and name. Thread-safe.
/// </summary>
internal sealed class SubscriptionResolver(
    ManagedStore store, ManagedConnections managed, StoredChanges changes, HubState state, string node)
{
    internal async ValueTask<ResolvedStreams> ResolveAsync(SubscribeRequest request, CancellationToken cancellation)
    {
        ManagedSubscription? subscription = null;
        if (request.ManagedSubscription is { } id)
        {
            // A connection that is about to be replaced has delivered more than was last saved, here or elsewhere.
            await managed.SavePositionsAsync(id).ConfigureAwait(false);
            var answer = await store.GetAsync(id, cancellation).ConfigureAwait(false);
            if (answer.TryGet(out var held) && held is { Node: { } holder } && holder != node)
            {
                await managed.SaveElsewhereAsync(held).ConfigureAwait(false);
                answer = await store.GetAsync(id, cancellation).ConfigureAwait(false);
            }
            if (!answer.TryGet(out subscription))
                return Unavailable("Nobody can say now whether the subscription exists.");
            if (subscription is null || (subscription.Subject is not null && subscription.Subject != request.Subject))
                return new(Missing(id));
        }
        var streams = subscription is null
            ? Distinct(request.Streams)
            : [.. subscription.Streams.Select(static s => new StreamSubscription(s))];
        var isChanged = false;
        if (request is { ClientId: not null, Ids: WireIds.Token }
            && !(await changes.ApplyAsync(request, streams, cancellation).ConfigureAwait(false)).TryGet(out isChanged))
            return Unavailable("Nobody can say now what the client has subscribed to.");
        return new(null) { Streams = streams, Managed = subscription, IsChanged = isChanged };
    }

    /// <summary>Gives a managed subscription to the connection; the refusal, or what it holds and held before.</summary>
    internal async ValueTask<(Admission? Refused, ManagedSubscription? Held, ManagedSubscription? Before)> TakeAsync(
        string id, CancellationToken cancellation)
    {
        if (!(await store.TakeAsync(id, cancellation).ConfigureAwait(false)).TryGet(out var answer))
            return (Unavailable("Nobody can say now whether the subscription exists.").Refused, null, null);
        return answer is { } taken ? (null, taken.Held, taken.Before) : (Missing(id), null, null);
    }

    private static Admission Missing(string id) =>
        new(AdmissionStatus.NoSubscription) { Error = $"The subscription '{id}' does not exist." };

    private ResolvedStreams Unavailable(string error) =>
        new(new Admission(AdmissionStatus.Unavailable) { Error = error, RetryAfter = state.RefusalRetry() });

    private static List<StreamSubscription> Distinct(IReadOnlyList<StreamSubscription> streams)
    {
        var distinct = new List<StreamSubscription>(streams.Count);
        foreach (var s in streams)
        {
            if (!distinct.Exists(x => x.Stream == s.Stream)) distinct.Add(s);
        }
        return distinct;
    }
}

/// <summary>What a connection reads, or why it may not.</summary>
/// <param name="Refused">The refusal; null when there is none.</param>
internal readonly record struct ResolvedStreams(Admission? Refused)
{
    /// <summary>The streams, each once.</summary>
    internal List<StreamSubscription> Streams { get; init; } = [];

    /// <summary>The managed subscription; null for none.</summary>
    internal ManagedSubscription? Managed { get; init; }

    /// <summary>True when a stored change took part.</summary>
    internal bool IsChanged { get; init; }
}
