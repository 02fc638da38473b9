namespace AkkaSse.Hub.Lifetime;

/// <summary>Decides in which phase the node is, and how long a refused caller waits; given the node's options. Thread-safe.</summary>
internal sealed class HubState(HubOptions options)
{
    private int _phase;

    internal HubPhase Phase => (HubPhase)Volatile.Read(ref _phase);

    /// <summary>True while calls are served: from the start to the stop, the drain included.</summary>
    internal bool IsUp => Phase is HubPhase.Running or HubPhase.Draining;

    /// <summary>The hub's retry plus up to the drain window at random, so that refused clients do not come back together.</summary>
    internal TimeSpan RefusalRetry() => options.Retry + (options.DrainWindow * Random.Shared.NextDouble());

    internal void Enter(HubPhase phase) => Volatile.Write(ref _phase, (int)phase);

    /// <summary>From running to draining; false in any other phase.</summary>
    internal bool TryDrain() =>
        Interlocked.CompareExchange(ref _phase, (int)HubPhase.Draining, (int)HubPhase.Running) == (int)HubPhase.Running;
}
