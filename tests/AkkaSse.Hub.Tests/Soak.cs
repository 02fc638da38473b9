namespace AkkaSse.Hub.Tests;

/// <summary>Counts: full with AKKASSE_SOAK=1, fewer otherwise.</summary>
internal static class Soak
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("AKKASSE_SOAK") == "1";

    internal static int Of(int full, int quick) => Full ? full : quick;
}
