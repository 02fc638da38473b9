namespace AkkaSse.Postgres.Tests.Support;

/// <summary>Counts: full with AKKASSE_SOAK=1, fewer otherwise.</summary>
internal static class Soak
{
    internal static bool Full { get; } = Environment.GetEnvironmentVariable("AKKASSE_SOAK") == "1";

    internal static int Of(int full, int quick) => Full ? full : quick;
}
