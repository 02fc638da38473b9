using System.Collections.Concurrent;
using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster.Hosting;

/// <summary>Tells who was not let in and why, in a sentence each. Who asks again and again, or from many addresses, does not fill the log: one line per minute and address, for 100 addresses. Thread-safe.</summary>
internal sealed class TlsNotices(ILogger logger, TimeProvider time)
{
    private const int MaxSources = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, long> _told = new(StringComparer.Ordinal);

    /// <summary>Somebody connected, and was refused.</summary>
    /// <param name="peer">Address and port, as sockets write them.</param>
    /// <param name="reason">The end of a sentence.</param>
    internal void Refused(string peer, string reason)
    {
        // Ports differ from one attempt to the next.
        if (IsNews($"{HostOf(peer)} {reason}")) Log.PeerRefused(logger, peer, reason);
    }

    /// <summary>A node was connected to, and no TLS came of it.</summary>
    internal void Unreached(Address node, string reason)
    {
        if (IsNews($"{PlaceOf(node)} {reason}")) Log.PeerUnreached(logger, PlaceOf(node), reason);
    }

    /// <summary>What was said of a node is news again.</summary>
    internal void Forget(Address node)
    {
        foreach (var told in _told.Keys)
        {
            if (told.StartsWith(PlaceOf(node) + " ", StringComparison.Ordinal)) _told.TryRemove(told, out _);
        }
    }

    /// <summary>Another fault of the transport, which concerns no single connection.</summary>
    internal void Fault(Exception? fault, string text) => Log.TransportFault(logger, fault, text);

    private bool IsNews(string what)
    {
        var now = time.GetTimestamp();
        foreach (var (told, at) in _told)
        {
            if (time.GetElapsedTime(at, now) >= Pause) _told.TryRemove(told, out _);
        }
        return _told.Count < MaxSources && _told.TryAdd(what, now);
    }

    private static string PlaceOf(Address node) => $"{node.Host}:{node.Port}";

    private static string HostOf(string peer) => peer.LastIndexOf(':') is > 0 and var colon ? peer[..colon] : peer;
}
