using System.Net;
using System.Net.Sockets;
using Akka.Actor;

namespace AkkaSse.Cluster.Hosting;

/// <summary>What a member's port answers to a connection attempt.</summary>
internal enum PortState
{
    /// <summary>Nothing that proves anything: no answer within the limit, no route, no such name.</summary>
    Unknown,

    /// <summary>Something listens. A process that is frozen or busy listens too: its kernel takes connections.</summary>
    Open,

    /// <summary>The host says that nothing listens, several times in a row.</summary>
    Refused,
}

/// <summary>Looks whether a process still listens at an address.</summary>
internal static class PortProbe
{
    // A process that starts again at once does not listen for some 100 ms; one refusal alone might also be of a connection that came while
    // a listener was replaced.
    private const int Attempts = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // As long as a host in the same network needs for an answer, many times over. A silent network is left to the failure detector.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    internal static async Task<PortState> LookAsync(Address address, CancellationToken cancellation)
    {
        if (address is not { Host: { } host, Port: { } port }) return PortState.Unknown;
        for (var attempt = 1; ; attempt++)
        {
            var state = await TryAsync(host, port, cancellation).ConfigureAwait(false);
            if (state != PortState.Refused || attempt == Attempts) return state;
            await Task.Delay(Pause, cancellation).ConfigureAwait(false);
        }
    }

    // A name may have several addresses: only when all of them refuse is nothing there.
    private static async Task<PortState> TryAsync(string host, int port, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        var all = PortState.Unknown;
        try
        {
            foreach (var address in await Dns.GetHostAddressesAsync(host, limit.Token).ConfigureAwait(false))
            {
                var state = await ConnectAsync(address, port, limit.Token).ConfigureAwait(false);
                if (state != PortState.Refused) return state;
                all = PortState.Refused;
            }
            return all;
        }
        catch (SocketException)
        {
            // No such name.
            return PortState.Unknown;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return PortState.Unknown;
        }
    }

    private static async Task<PortState> ConnectAsync(IPAddress address, int port, CancellationToken limit)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(address, port, limit).ConfigureAwait(false);
            return PortState.Open;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused ? PortState.Refused : PortState.Unknown;
        }
    }
}
