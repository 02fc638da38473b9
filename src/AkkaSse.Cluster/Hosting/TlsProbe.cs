using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Akka.Actor;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Why a seed that takes connections answers nothing, where the reason is TLS. The transport does not know: with TLS 1.2 a server that
/// refuses a certificate ends the connection after the handshake.
/// </summary>
internal static class TlsProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>Says so. Asked only of seeds that have been silent for seconds: one without TLS logs an error about the question.</summary>
    internal static async Task ExplainAsync(ClusterNode node, Address seed, CancellationToken cancellation)
    {
        var tls = node.System.Settings.Setup.Get<TlsSetup>() is { HasValue: true } given ? given.Value : null;
        if (tls is null && node.Self.Address.Protocol != "akka.tcp") return;
        var (shown, refused) = await TryAsync(seed, tls, cancellation).ConfigureAwait(false);
        if (tls is null)
        {
            if (shown) Log.SeedSpeaksTls(node.Logger, seed.ToString());
            return;
        }
        if (refused)
            tls.Notices.Unreached(
                seed, new TlsRefusal(
                TlsRefusalKind.RefusedByPeer, $"it refuses this node's certificate {tls.Certificate.Subject}; its own log says why"));
        // The next ActorSystem's attempts are told anew: what else is logged of a seed that is not reached goes on and on.
        tls.Notices.Forget(seed);
    }

    // Whether a certificate was shown, and whether the connection was ended after the handshake.
    private static async Task<(bool Shown, bool Refused)> TryAsync(Address seed, TlsSetup? tls, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        bool shown = false, agreed = false;
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(seed.Host!, seed.Port!.Value, limit.Token).ConfigureAwait(false);
            using var stream = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false);
            var options = new SslClientAuthenticationOptions
            {
                ClientCertificates = tls is null ? null : [tls.Certificate],
                LocalCertificateSelectionCallback = tls is null ? null : (_, _, _, _, _) => tls.Certificate,
                // Nothing is sent, and nothing that comes is looked at: a stranger's answer does no harm. Without TLS of its own this node
                // asks for the certificate alone.
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    shown = certificate is not null;
                    return tls is not null;
                },
            };
            await stream.AuthenticateAsClientAsync(options, limit.Token).ConfigureAwait(false);
            agreed = true;
            // A node that lets this one in waits for what it has to say.
            _ = await stream.ReadAsync(new byte[1], limit.Token).ConfigureAwait(false);
            return (shown, true);
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException)
        {
            return (shown, agreed);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (shown, false);
        }
    }
}
