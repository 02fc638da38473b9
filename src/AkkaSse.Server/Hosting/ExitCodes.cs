namespace AkkaSse.Server.Hosting;

/// <summary>The exit codes, after <c>sysexits.h</c> where it has one.</summary>
internal static class ExitCodes
{
    internal const int Ok = 0;

    /// <summary>
    /// It could not start, or ran and failed: an address or a node name in use, a database that refuses, an unreachable server.
    /// </summary>
    internal const int Failed = 1;

    /// <summary>The command line was not understood.</summary>
    internal const int Usage = 2;

    /// <summary>EX_CONFIG: the configuration has faults; each is named on standard error.</summary>
    internal const int Configuration = 78;
}
