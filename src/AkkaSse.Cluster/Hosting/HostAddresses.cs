using System.Net;
using System.Net.Sockets;

namespace AkkaSse.Cluster.Hosting;

/// <summary>Whether two names of hosts mean the same host.</summary>
internal static class HostAddresses
{
    // A resolver that is slower says nothing that could be waited for.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>True when they have an address in common; false also when one of them has none that is known now.</summary>
    internal static async Task<bool> AreSameAsync(string one, string other, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(one, limit.Token).ConfigureAwait(false);
            return addresses.Intersect(await Dns.GetHostAddressesAsync(other, limit.Token).ConfigureAwait(false)).Any();
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
