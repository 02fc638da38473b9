using System.Net;
using System.Net.Sockets;

namespace AkkaSse.Testing;

/// <summary>Ports of loopback that nobody has at the moment, for servers that keep theirs over a restart.</summary>
public static class FreePort
{
    /// <summary>One.</summary>
    public static int Next() => Take(1)[0];

    /// <summary>Several, held together until all are known, so that none is given twice.</summary>
    public static IReadOnlyList<int> Take(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(static _ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(static l => l.Start());
        var ports = listeners.ConvertAll(static l => ((IPEndPoint)l.LocalEndpoint).Port);
        listeners.ForEach(static l => l.Stop());
        return ports;
    }
}
