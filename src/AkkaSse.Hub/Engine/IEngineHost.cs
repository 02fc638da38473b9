namespace AkkaSse.Hub.Engine;

/// <summary>What an engine may call on its node. Thread-safe; never blocks.</summary>
public interface IEngineHost
{
    /// <summary>The node's options, validated.</summary>
    HubOptions Options { get; }

    /// <summary>The only clock.</summary>
    TimeProvider Time { get; }

    /// <summary>Told after <see cref="IHubEngine.State"/> has changed.</summary>
    void OnStateChanged(EngineState state);

    /// <summary>
    /// Told after the start and before the state was ever Ready, perhaps several times: it will not be until somebody changes what the
    /// reason says. The engine goes on trying.
    /// </summary>
    void OnRefused(EngineStartException reason)
    {
    }

    /// <summary>
    /// A claim that this node holds was given to another connection or has ended; its connection is closed when the generation is still the
    /// same.
    /// </summary>
    void OnClaimLost(string zone, string client, long generation, CloseReason reason);

    /// <summary>A request from a node (itself included). Returns the reply.</summary>
    ValueTask<ReadOnlyMemory<byte>> OnRequestAsync(string node, ReadOnlyMemory<byte> message, CancellationToken cancellation);
}
