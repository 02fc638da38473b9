using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AkkaSse.Cluster.Hosting;

/// <summary>What a certificate is used for.</summary>
internal enum TlsRole
{
    /// <summary>By the node that is connected to.</summary>
    Server,

    /// <summary>By the node that connects.</summary>
    Client,
}

/// <summary>
/// Decides whose certificate is let in, and says in one line why not: what a stranger chose of that line, subject, issuer and names, is
/// cleaned and cut (<see cref="TlsText.Clean"/>). Thread-safe.
/// </summary>
internal sealed class TlsPeers(AkkaTlsOptions options, TlsFiles files, TimeProvider time)
{
    private const X509ChainStatusFlags Unsigned =
        X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid;
    private const X509ChainStatusFlags Unknown = X509ChainStatusFlags.RevocationStatusUnknown | X509ChainStatusFlags.OfflineRevocation;

    // In a handshake, on the thread of other connections too.
    private static readonly TimeSpan RevocationLimit = TimeSpan.FromSeconds(2);

    /// <summary>The subjects of the authorities that are trusted, for people.</summary>
    internal string Authorities =>
        files.Roots is null ? "the system's authorities" : string.Join(" or ", files.Roots.Select(static r => r.Subject));

    /// <summary>
    /// Tells why a peer's certificate is not let in, as what follows the words "its certificate …". Null when it is let in.
    /// </summary>
    /// <param name="certificate">The peer's certificate.</param>
    /// <param name="sent">The further certificates that the peer sent.</param>
    /// <param name="role">What the peer is in this connection.</param>
    /// <param name="host">The host by which a server was reached; null for a client, whose host is not checked.</param>
    internal string? Fault(X509Certificate2 certificate, IEnumerable<X509Certificate2> sent, TlsRole role, string? host)
    {
        if (ChainFault(certificate, sent, role) is { } fault) return fault;
        if (host is not null && options.CheckHostNames && !TlsNames.Covers(certificate, host))
            return $"is for {TlsNames.Of(certificate)} and not for '{host}' (Tls.CheckHostNames)";
        return TlsNames.IsAllowed(certificate, options.AllowedNames)
            ? null
            : $"is for {TlsNames.Of(certificate)}, and Tls.AllowedNames has none of these";
    }

    /// <summary>Tells the same as <see cref="Fault"/>, of signatures, dates, usage and revocation alone.</summary>
    internal string? ChainFault(X509Certificate2 certificate, IEnumerable<X509Certificate2> sent, TlsRole role)
    {
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        if (files.Roots is { } roots)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(roots);
        }
        policy.ExtraStore.AddRange(files.Intermediates);
        foreach (var further in sent) policy.ExtraStore.Add(further);
        policy.ApplicationPolicy.Add(new Oid(role == TlsRole.Server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2"));
        policy.RevocationMode = options.CheckRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck;
        policy.RevocationFlag = X509RevocationFlag.ExcludeRoot;
        policy.UrlRetrievalTimeout = RevocationLimit;
        // A stranger's certificate must not make this node fetch what it names.
        policy.DisableCertificateDownloads = true;
        var now = time.GetUtcNow();
        policy.VerificationTime = now.UtcDateTime.ToLocalTime();
        if (chain.Build(certificate)) return null;
        var status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, s) => all | s.Status);
        if ((status & Unsigned) != 0) return $"is signed by {TlsText.Clean(certificate.Issuer)}, and trusted is {Authorities} (Tls.CaFile)";
        if ((status & X509ChainStatusFlags.NotTimeValid) != 0)
        {
            var outside = chain.ChainElements.Select(static e => e.Certificate).FirstOrDefault(
                c => c.NotAfter.ToUniversalTime() < now || c.NotBefore.ToUniversalTime() > now) ?? certificate;
            var whose = outside.RawData.AsSpan().SequenceEqual(certificate.RawData)
                ? ""
                : $"has an authority, {TlsText.Clean(outside.Subject)}, that ";
            return outside.NotAfter.ToUniversalTime() < now
                ? $"{whose}expired on {Date(outside.NotAfter)}"
                : $"{whose}is not valid before {Date(outside.NotBefore)}; the clock says {Date(now.UtcDateTime)}";
        }
        if ((status & X509ChainStatusFlags.NotValidForUsage) != 0)
            return $"is not for a TLS {(role == TlsRole.Server ? "server" : "client")} (extended key usage); nodes are both, serverAuth " +
                "and clientAuth";
        if ((status & X509ChainStatusFlags.Revoked) != 0) return "is revoked";
        if ((status & Unknown) != 0) return "cannot be looked up in a revocation list (Tls.CheckRevocation)";
        return $"is not valid: {TlsText.Clean(string.Join(' ', chain.ChainStatus.Select(static s => s.StatusInformation.Trim())))}";
    }

    /// <summary>Writes a moment for people, in UTC and to the minute.</summary>
    internal static string Date(DateTime moment) =>
        moment.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture);
}
