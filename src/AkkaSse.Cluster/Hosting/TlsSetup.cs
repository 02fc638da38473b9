using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;

namespace AkkaSse.Cluster.Hosting;

/// <summary>Gives the transport what HOCON should not hold: the certificate, who is let in, and where to say who was not. Thread-safe.</summary>
internal sealed class TlsSetup(AkkaTlsOptions options, TlsFiles files, TlsPeers peers, TlsNotices notices) : Setup
{
    internal TlsNotices Notices => notices;

    /// <summary>This node's own.</summary>
    internal X509Certificate2 Certificate => files.Certificate;

    /// <summary>What Akka.NET's own transport takes.</summary>
    internal DotNettySslSetup DotNetty => new(files.Certificate, suppressValidation: false, options.RequirePeerCertificate, options.CheckHostNames, IsLetIn);

    // Called for a node that is connected to with its address (ssl.tcp://name@host:port), and for whoever connects with the endpoint of the socket ([::ffff:10.0.0.1]:40000).
    private bool IsLetIn(X509Certificate2? certificate, X509Chain? chain, string peer, SslPolicyErrors errors, ILoggingAdapter log)
    {
        var node = peer.Contains("://", StringComparison.Ordinal) ? Address.Parse(peer) : null;
        var reason = "it shows no certificate";
        if (certificate is not null)
        {
            var sent = chain?.ChainPolicy.ExtraStore ?? [];
            if (peers.Fault(certificate, sent, node is null ? TlsRole.Client : TlsRole.Server, node?.Host.Trim('[', ']')) is not { } fault) return true;
            reason = $"its certificate {certificate.Subject} {fault}";
        }
        if (node is not null) notices.Unreached(node, reason);
        else notices.Refused(peer, reason);
        return false;
    }
}
