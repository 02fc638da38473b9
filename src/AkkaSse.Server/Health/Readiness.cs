using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Server.Health;

/// <summary>Whether this node should get work, and whether it should be restarted. Thread-safe.</summary>
internal sealed class Readiness(IHubEdge hub, TimeProvider time)
{
    // A start that takes longer than this is stuck: only then does a restart help.
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly long _created = time.GetTimestamp();
    private volatile bool _stopping;

    /// <summary>Readiness fails from now on.</summary>
    internal void Stop() => _stopping = true;

    /// <summary>Fails fast: any reason not to send new work here.</summary>
    internal string? WhyNotReady() => (_stopping, hub.Phase, hub.EngineState) switch
    {
        (true, _, _) or (_, HubPhase.Draining, _) => "draining",
        (_, HubPhase.Created, _) => "starting",
        (_, HubPhase.Stopped, _) => "stopped",
        (_, _, EngineState.Starting) => "engine-starting",
        (_, _, EngineState.Down) => "engine-down",
        _ => null,
    };

    /// <summary>
    /// Fails slowly: an engine that is away is no reason, because a restart would cut every reader and bring the engine back no sooner.
    /// </summary>
    internal string? WhyNotAlive() => hub.Phase switch
    {
        HubPhase.Stopped when !_stopping => "stopped",
        HubPhase.Created when time.GetElapsedTime(_created) > StartLimit => "stuck-in-start",
        _ => null,
    };
}
