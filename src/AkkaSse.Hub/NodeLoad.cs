using AkkaSse.Hub.Engine;

namespace AkkaSse.Hub;

/// <summary>What this node carries now. A snapshot.</summary>
public sealed record NodeLoad
{
    /// <summary>The node's name.</summary>
    public required string Node { get; init; }

    /// <summary>Its phase.</summary>
    public required HubPhase Phase { get; init; }

    /// <summary>The engine's name.</summary>
    public required string Engine { get; init; }

    /// <summary>The engine's state.</summary>
    public required EngineState EngineState { get; init; }

    /// <summary>Open connections.</summary>
    public int Connections { get; init; }

    /// <summary>Streams with a log or readers on this node.</summary>
    public int Streams { get; init; }

    /// <summary>Events appended through this node since its start.</summary>
    public long Published { get; init; }

    /// <summary>Bytes of all logs on this node.</summary>
    public long LogBytes { get; init; }

    /// <summary>Live actors: streams, lanes and clients. 0 when nothing is connected and no stream is attached.</summary>
    public int Actors { get; init; }
}
