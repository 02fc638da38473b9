using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;

namespace AkkaSse.Hub;

/// <summary>What a thin edge needs of the hub besides <see cref="ISseHub"/>. Thread-safe.</summary>
public interface IHubEdge
{
    /// <summary>The hub itself.</summary>
    ISseHub Hub { get; }

    /// <summary>The node's options; not changed after the start.</summary>
    HubOptions Options { get; }

    /// <summary>The node's phase.</summary>
    HubPhase Phase { get; }

    /// <summary>The engine's state.</summary>
    EngineState EngineState { get; }

    /// <summary>What this node carries now.</summary>
    NodeLoad Load { get; }

    /// <summary>
    /// Decides whether a connection may run, registers its client id and fixes its start positions. The edge authorises before it calls,
    /// and then either runs the connection or disposes it.
    /// </summary>
    ValueTask<Admission> ConnectAsync(SubscribeRequest request, CancellationToken cancellation);

    /// <summary>The cluster's nodes.</summary>
    ValueTask<NodeList> NodesAsync(CancellationToken cancellation);

    /// <summary>The load of a node; null when it does not answer within 2 s.</summary>
    ValueTask<NodeLoad?> LoadOfAsync(string node, CancellationToken cancellation);

    /// <summary>Creates or changes a managed subscription.</summary>
    ValueTask<ManagedSubscriptionResult> PutSubscriptionAsync(ManagedSubscription subscription, CancellationToken cancellation);

    /// <summary>A managed subscription, or null when there is none.</summary>
    ValueTask<EngineAnswer<ManagedSubscription?>> GetSubscriptionAsync(string id, CancellationToken cancellation);

    /// <summary>Ends a managed subscription and its connection. False when it did not exist.</summary>
    ValueTask<EngineAnswer<bool>> DeleteSubscriptionAsync(string id, string? subject, CancellationToken cancellation);

    /// <summary>
    /// Ends connections of this node. It does not wait until they have ended; a connection that is being admitted meanwhile may be missed.
    /// </summary>
    /// <param name="which">Asked for each connection with what it was admitted for; must not block.</param>
    /// <param name="reason">What the readers are told, as <c>hub.end</c>.</param>
    /// <returns>How many were told to end.</returns>
    int EndConnections(Func<SubscribeRequest, bool> which, CloseReason reason);

    /// <summary>
    /// Small state that the nodes share, for what the edge itself has to remember. A key begins with a prefix of its owner
    /// (<c>ticket/…</c>); <c>ban/</c>, <c>managed/</c> and <c>changes/</c> are the hub's.
    /// </summary>
    IKeyValueEngine Values { get; }

    /// <summary>
    /// Makes the stream <see cref="HubNames.AuditStream"/>, or gives it these options. Nobody else can: calls on streams refuse its name.
    /// </summary>
    /// <returns><see cref="CreateStreamStatus.Unavailable"/> while the hub is not up or the engine is away; nothing was changed.</returns>
    ValueTask<CreateStreamResult> CreateAuditAsync(StreamOptions options, CancellationToken cancellation);

    /// <summary>Appends to <see cref="HubNames.AuditStream"/>, in order.</summary>
    /// <param name="events">Valid by the protocol's rules.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <returns>
    /// How many of them are there, counted from the first; those behind may be appended again. When an answer was lost, some of those may
    /// be there already. 0 while the hub is not up. Without <see cref="CreateAuditAsync"/> before it the stream gets
    /// <see cref="HubOptions.ZoneStreams"/>.
    /// </returns>
    ValueTask<int> AppendToAuditAsync(IReadOnlyList<SseEvent> events, CancellationToken cancellation);

    /// <summary>How long a refused newcomer should wait: the hub's retry plus up to the drain window at random.</summary>
    TimeSpan RefusalRetry();
}
