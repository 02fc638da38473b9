namespace AkkaSse.Storage.Tests.Support;

/// <summary>Counts: full with AKKASSE_SOAK=1, fewer otherwise.</summary>
internal static class Soak
{
    private static readonly bool s_full = Environment.GetEnvironmentVariable("AKKASSE_SOAK") == "1";

    internal static int Of(int full, int quick) => s_full ? full : quick;
}
