namespace AkkaSse.Hub.Engine;

/// <summary>Whether an engine can do its work.</summary>
public enum EngineState
{
    /// <summary>Not connected yet; subscribers are accepted and wait.</summary>
    Starting,

    /// <summary>Everything works.</summary>
    Ready,

    /// <summary>Works, with less redundancy or more delay than promised.</summary>
    Degraded,

    /// <summary>Away: publishes fail fast; connections stay open with heartbeats; subscribers are refused and find another node.</summary>
    Down,
}
