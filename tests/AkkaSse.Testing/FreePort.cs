using System.Net;
using System.Net.Sockets;

namespace AkkaSse.Testing;

/// <summary>Ports of loopback that nobody has at the moment, for servers that keep theirs over a restart.</summary>
/// <remarks>
/// They lie below the range (from 32768 on Linux, from 49152 elsewhere) out of which a system gives ports to outgoing connections and to
/// listeners on port 0. A port of that range can be gone before the server of the test listens on it, or while the server restarts.
/// </remarks>
public static class FreePort
{
    private const int First = 15_000;
    private const int Beyond = 32_000;

    private static readonly HashSet<int> s_given = [];

    /// <summary>One.</summary>
    public static int Next() => Take(1)[0];

    /// <summary>Several. None is given twice in a process.</summary>
    /// <exception cref="InvalidOperationException">No port of the range is free.</exception>
    public static IReadOnlyList<int> Take(int count)
    {
        var ports = new List<int>(count);
        var offset = Random.Shared.Next(Beyond - First);
        for (var i = 0; i < Beyond - First && ports.Count < count; i++)
        {
            var port = First + ((offset + i) % (Beyond - First));
            if (IsFree(port) && Claim(port)) ports.Add(port);
        }
        return ports.Count == count
            ? ports : throw new InvalidOperationException($"Of the ports {First} to {Beyond - 1} not even {count} are free.");
    }

    private static bool Claim(int port)
    {
        lock (s_given) return s_given.Add(port);
    }

    private static bool IsFree(int port)
    {
        // Of any address: a server may listen on all.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
    }
}
