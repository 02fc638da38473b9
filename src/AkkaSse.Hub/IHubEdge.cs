using AkkaSse.Hub.Engine;

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

    /// <summary>How long a refused newcomer should wait: the hub's retry plus up to the drain window at random.</summary>
    TimeSpan RefusalRetry();
}
