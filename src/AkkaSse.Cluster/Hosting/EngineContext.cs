using AkkaSse.Hub.Engine;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster.Hosting;

/// <summary>What all components share for as long as the engine lives. Thread-safe.</summary>
internal sealed class EngineContext(AkkaEngineOptions options, IEngineHost host, ILogger logger)
{
    private int _state = (int)EngineState.Starting;
    private volatile ClusterNode? _node;
    private volatile bool _leaving;
    private volatile bool _over;

    internal AkkaEngineOptions Options => options;

    /// <summary>Largest message between nodes in bytes.</summary>
    internal required int MaxFrameBytes { get; init; }

    /// <summary>Whether the ActorSystem is the engine's own, and its membership the engine's to decide.</summary>
    internal required bool OwnsSystem { get; init; }

    internal IEngineHost Host => host;

    internal ILogger Logger => logger;

    internal TimeProvider Time => host.Time;

    internal string NodeName => host.Options.NodeName;

    internal EngineState State
    {
        get => (EngineState)Volatile.Read(ref _state);
        set => Interlocked.Exchange(ref _state, (int)value);
    }

    /// <summary>Publishes and claims are answered "unavailable" at once while this is false.</summary>
    internal bool IsServing => State is EngineState.Ready or EngineState.Degraded;

    /// <summary>This node is leaving the cluster, and has said so to the others. Set once.</summary>
    internal bool IsLeaving
    {
        get => _leaving;
        set => _leaving = value;
    }

    /// <summary>The engine has ended: no ActorSystem follows. Set once.</summary>
    internal bool IsOver
    {
        get => _over;
        set => _over = value;
    }

    /// <summary>This node is leaving, and no node stays that could hold what is published now: all are leaving at once.</summary>
    internal bool LeavesNothingBehind => _leaving && Node?.View.HasSuccessor != true;

    /// <summary>The ActorSystem that runs now; null between two of them and at the end.</summary>
    internal ClusterNode? Node
    {
        get => _node;
        set => _node = value;
    }

    internal EngineState Exchange(EngineState state) => (EngineState)Interlocked.Exchange(ref _state, (int)state);
}
