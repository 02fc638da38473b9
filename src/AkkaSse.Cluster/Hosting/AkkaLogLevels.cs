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
    private static readonly string[] s_ordinary = ["Tried to associate with unreachable remote address ", "Disassociated"];

    // A coordinator of shards was to begin while the node ended; with the exception that its start threw.
    private const string Ending = "Cluster node must not be terminated";

    // Lines that tell of the end of a connection for any reason: a message without a serializer or of too many bytes among them.
    private static readonly string[] s_connection = ["Association with remote system ", "AssociationError ["];

    // The reasons of the ordinary ones.
    private static readonly string[] s_ends = ["Disassociated", "InvalidAssociation", "Association failed", "refused", "reset"];

    // Inside of a line.
    private static readonly string[] s_ordinaryParts =
    [
        "Marking node(s) as UNREACHABLE",
        "Marking node(s) as REACHABLE",
        "Marking exiting node(s) as UNREACHABLE",
        "SBR took decision Akka.Cluster.SBR.DownUnreachable",
        "Couldn't join seed nodes after",
    ];

    // Shards without a coordinator: for moments at every start and after every loss of the oldest node.
    private static readonly string[] s_waiting = [
        "Trying to register to coordinator at", "Retry request for shard", "No coordinator found to register"];

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

    /// <summary>Whether the line says that shards wait for their coordinator: ordinary for seconds, and not for longer.</summary>
    internal static bool IsWaiting(string text) => Array.Exists(s_waiting, p => text.Contains(p, StringComparison.Ordinal));

    private static bool IsOrdinary(string text, Exception? cause) =>
        text.StartsWith(Ending, StringComparison.Ordinal)
        || (cause is null || IsOfConnection(cause))
        && (Array.Exists(s_ordinary, b => text.StartsWith(b, StringComparison.Ordinal))
            || Array.Exists(s_ordinaryParts, p => text.Contains(p, StringComparison.Ordinal))
            || (Array.Exists(s_connection, b => text.StartsWith(b, StringComparison.Ordinal))
                && Array.Exists(s_ends, p => text.Contains(p, StringComparison.Ordinal))));

    // A message that is too large, or that has no serializer, is logged by the same classes, and is a fault. The types of these are not all
    // public.
    private static bool IsOfConnection(Exception cause) =>
        cause.GetType().Name is "EndpointDisassociatedException" or "EndpointAssociationException" or "InvalidAssociation";
}
