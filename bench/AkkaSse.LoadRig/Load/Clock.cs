using System.Diagnostics;

namespace AkkaSse.LoadRig.Load;

/// <summary>The rig's clock: nanoseconds, monotonic, the same for senders and readers because both are one process.</summary>
internal static class Clock
{
    private static readonly double PerTick = 1e9 / Stopwatch.Frequency;

    internal static long Now => (long)(Stopwatch.GetTimestamp() * PerTick);

    internal static long Nanoseconds(double seconds) => (long)(seconds * 1e9);
}
