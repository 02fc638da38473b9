using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Akka.Actor;

namespace AkkaSse.Cluster.Hosting;

/// <summary>Why a seed that takes connections answers nothing: whether it speaks TLS where this node does not.</summary>
internal static class TlsProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>Says so when it does. Asked only of seeds that have been silent for seconds: one without TLS logs an error about the question.</summary>
    internal static async Task ExplainAsync(ClusterNode node, Address seed, CancellationToken cancellation)
    {
        if (node.Self.Address.Protocol == "akka.tcp" && await SpeaksTlsAsync(seed, cancellation).ConfigureAwait(false)) Log.SeedSpeaksTls(node.Logger, seed.ToString());
    }

    private static async Task<bool> SpeaksTlsAsync(Address seed, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        var shown = false;
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(seed.Host!, seed.Port!.Value, limit.Token).ConfigureAwait(false);
            using var stream = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false);
            // Nothing is sent over it and nobody is trusted: a certificate is all that is asked for.
            var options = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    shown = certificate is not null;
                    return false;
                },
            };
            await stream.AuthenticateAsClientAsync(options, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            // Refused above, or no TLS.
        }
        return shown;
    }
}
