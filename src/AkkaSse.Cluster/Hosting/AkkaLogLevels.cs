using AkkaLevel = Akka.Event.LogLevel;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// At which level the application's log has a line of Akka.NET. What belongs to the ordinary coming and going of nodes is Debug: the engine
/// says it in one line for each event of the cluster, and Akka.NET in 30 to 100 for each restart and node. Every other line keeps its
/// level. Pure.
/// </summary>
internal static class AkkaLogLevels
{
    // How the lines begin that Akka.NET 1.5.74 writes while a node starts, is killed, is removed or leaves, and nothing else is wrong.
    private static readonly string[] s_ordinary =
    [
        "Association with remote system ",
        "AssociationError [",
        "Association to [",
        "Tried to associate with unreachable remote address ",
        "Tried to associate with remote address ",
        "Disassociated",
        "Remote connection to [",
    ];

    // The same, inside of a line.
    private static readonly string[] s_ordinaryParts =
    [
        "Marking node(s) as UNREACHABLE",
        "Marking node(s) as REACHABLE",
        "Marking unreachable node",
        "Marking exiting node(s) as UNREACHABLE",
        "SBR took decision",
        "Couldn't join seed nodes after",
        "Trying to register to coordinator at",
        "Probably, no seed-nodes configured and manual cluster join not performed",
        "Retry request for shard",
        "is being downed",
        "No coordinator found to register",
    ];

    /// <param name="level">Akka.NET's level of the line.</param>
    /// <param name="text">The line.</param>
    /// <param name="cause">The exception that it was logged with.</param>
    internal static LogLevel Of(AkkaLevel level, string text, Exception? cause) => level switch
    {
        AkkaLevel.DebugLevel => LogLevel.Debug,
        AkkaLevel.InfoLevel => LogLevel.Information,
        _ when IsOrdinary(text, cause) => LogLevel.Debug,
        AkkaLevel.WarningLevel => LogLevel.Warning,
        _ => LogLevel.Error,
    };

    private static bool IsOrdinary(string text, Exception? cause) =>
        (cause is null || IsOfConnection(cause))
        && (Array.Exists(s_ordinary, b => text.StartsWith(b, StringComparison.Ordinal))
            || Array.Exists(s_ordinaryParts, p => text.Contains(p, StringComparison.Ordinal)));

    // A message that is too large, or that has no serializer, is logged by the same classes, and is a fault. The types of these are not all
    // public.
    private static bool IsOfConnection(Exception cause) =>
        cause.GetType().Name is "EndpointDisassociatedException" or "EndpointAssociationException" or "InvalidAssociation";
}
