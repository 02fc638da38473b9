namespace AkkaSse.LoadRig.Load;

/// <summary>What a measured phase took.</summary>
internal sealed record PhaseResult
{
    /// <summary>Deliveries that the connected readers were owed.</summary>
    internal required long Expected { get; init; }

    /// <summary>Events that the server acknowledged.</summary>
    internal required long Accepted { get; init; }

    /// <summary>From the first send (or the first reconnect) to the last delivery.</summary>
    internal required double Seconds { get; init; }

    internal required double ServerCpuSeconds { get; init; }

    internal required long ServerBytes { get; init; }

    internal required double RigCpuSeconds { get; init; }

    internal required long Receives { get; init; }

    internal required long ReceivedBytes { get; init; }
}

/// <summary>What connected readers were owed and have not.</summary>
/// <param name="Silent">Events that nothing was said of.</param>
/// <param name="Told">Events that the server named as missed.</param>
/// <param name="Gaps">How often it did.</param>
internal readonly record struct Losses(long Silent, long Told, int Gaps);
