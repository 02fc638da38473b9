using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Logs each refused connection and each node that was not reached, in one line. Whoever tries again and again does not fill the log: each
/// address is logged once per minute and <see cref="TlsRefusalKind"/>, whatever it shows, so at most six times a minute. Within a minute at
/// most 100 such lines are logged of refused connections, and 100 of nodes that were not reached; beyond that nothing is logged until a
/// line is a minute old. The two are counted apart, so that strangers at the port do not hide what this node has to say of the nodes that
/// it connects to. Thread-safe.
/// </summary>
internal sealed class TlsNotices(ILogger logger, TimeProvider time)
{
    private const int MaxLines = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    // When each was logged, as a timestamp of the clock.
    private readonly Dictionary<(string Host, TlsRefusalKind Kind), long> _refused = [];
    private readonly Dictionary<(string Place, TlsRefusalKind Kind), long> _unreached = [];

    /// <summary>
    /// Logs that somebody connected and was refused, unless its address was logged for the same kind of reason within the last minute.
    /// </summary>
    /// <param name="peer">The address and port of the other side, as sockets write them: <c>[::ffff:10.0.0.1]:40000</c>.</param>
    /// <param name="refusal">Why it was refused.</param>
    internal void Refused(string peer, TlsRefusal refusal)
    {
        // Ports differ from one attempt to the next.
        if (IsNews(_refused, HostOf(peer), refusal.Kind)) Log.PeerRefused(logger, peer, refusal.Reason);
    }

    /// <summary>
    /// Logs that this node connected to another one and no TLS came of it, unless that node was logged for the same kind of reason within
    /// the last minute.
    /// </summary>
    /// <param name="node">The node that this one connected to.</param>
    /// <param name="refusal">Why no TLS came of it.</param>
    internal void Unreached(Address node, TlsRefusal refusal)
    {
        if (IsNews(_unreached, PlaceOf(node), refusal.Kind)) Log.PeerUnreached(logger, PlaceOf(node), refusal.Reason);
    }

    /// <summary>Forgets what was logged of a node that was not reached, so that the next attempt is logged again.</summary>
    internal void Forget(Address node)
    {
        lock (_gate)
        {
            foreach (var kind in Enum.GetValues<TlsRefusalKind>()) _unreached.Remove((PlaceOf(node), kind));
        }
    }

    /// <summary>Logs a fault of the transport that concerns no single connection. Such faults are logged each time.</summary>
    /// <param name="fault">The exception, null when there is none.</param>
    /// <param name="text">What the transport said of it.</param>
    internal void Fault(Exception? fault, string text) => Log.TransportFault(logger, fault, text);

    private bool IsNews(Dictionary<(string, TlsRefusalKind), long> logged, string where, TlsRefusalKind kind)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            foreach (var (what, at) in logged)
            {
                if (time.GetElapsedTime(at, now) >= Pause) logged.Remove(what);
            }
            return logged.Count < MaxLines && logged.TryAdd((where, kind), now);
        }
    }

    private static string PlaceOf(Address node) => $"{node.Host}:{node.Port}";

    private static string HostOf(string peer) => peer.LastIndexOf(':') is > 0 and var colon ? peer[..colon] : peer;
}
