using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Gives the transport what HOCON should not hold: the certificate, who is let in, and where to log who was not. Thread-safe.
/// </summary>
internal sealed class TlsSetup(AkkaTlsOptions options, TlsFiles files, TlsPeers peers, TlsNotices notices) : Setup
{
    internal static readonly TlsRefusal NoCertificate = new(TlsRefusalKind.NoCertificate, "it shows no certificate");

    private int _transports;

    internal TlsNotices Notices => notices;

    /// <summary>This node's own certificate, with its key.</summary>
    internal X509Certificate2 Certificate => files.Certificate;

    /// <summary>What Akka.NET's own transport takes.</summary>
    internal DotNettySslSetup DotNetty =>
        new(files.Certificate, suppressValidation: false, options.RequirePeerCertificate, options.CheckHostNames, IsLetIn);

    /// <summary>
    /// How many ActorSystems of transports with this setup have begun and not ended: one of a node that runs, none of one that ended or
    /// failed to start.
    /// </summary>
    internal int Transports => Volatile.Read(ref _transports);

    /// <summary>Counts the ActorSystem of a transport until it has ended.</summary>
    internal void Count(ActorSystem transport)
    {
        Interlocked.Increment(ref _transports);
        _ = transport.WhenTerminated.ContinueWith(_ => Interlocked.Decrement(ref _transports), CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Whether a connection may go on. Logs why when it may not.</summary>
    /// <param name="certificate">What the other side showed, null for nothing.</param>
    /// <param name="chain">What it sent besides, null for nothing.</param>
    /// <param name="peer">Of a node that is connected to its address (<c>ssl.tcp://name@host:port</c>), of whoever connects the endpoint of
    /// the socket (<c>[::ffff:10.0.0.1]:40000</c>).</param>
    /// <param name="errors">What the platform thinks of it, which does not count.</param>
    /// <param name="log">The transport's log, which is not used.</param>
    internal bool IsLetIn(X509Certificate2? certificate, X509Chain? chain, string peer, SslPolicyErrors errors, ILoggingAdapter? log)
    {
        var node = peer.Contains("://", StringComparison.Ordinal) ? Address.Parse(peer) : null;
        var refusal = NoCertificate;
        if (certificate is not null)
        {
            var sent = chain?.ChainPolicy.ExtraStore ?? [];
            if (peers.Fault(certificate, sent, node is null ? TlsRole.Client : TlsRole.Server, node?.Host.Trim('[', ']')) is not { } fault)
                return true;
            refusal = new TlsRefusal(TlsRefusalKind.WrongCertificate, $"its certificate {TlsText.Clean(certificate.Subject)} {fault}");
        }
        if (node is not null) notices.Unreached(node, refusal);
        else notices.Refused(peer, refusal);
        return false;
    }
}
