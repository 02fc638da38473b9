namespace AkkaSse.LoadRig.Load;

/// <summary>What a measured phase took.</summary>
internal sealed record PhaseResult
{
    /// <summary>Deliveries that the connected readers were owed.</summary>
    internal required long Expected { get; init; }

    /// <summary>From the first send (or the first reconnect) to the last delivery.</summary>
    internal required double Seconds { get; init; }

    internal required double ServerCpuSeconds { get; init; }

    internal required long ServerBytes { get; init; }

    internal required double RigCpuSeconds { get; init; }

    internal required long Receives { get; init; }

    internal required long ReceivedBytes { get; init; }

    /// <summary>Per connected healthy reader: how many events its stream accepted.</summary>
    internal required IReadOnlyList<long> AcceptedPerReader { get; init; }
}
