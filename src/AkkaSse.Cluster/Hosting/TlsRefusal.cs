namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Why a connection with TLS did not come about, as one of a few kinds. <see cref="TlsNotices"/> counts by it and never by the text, which
/// a stranger can vary at will.
/// </summary>
internal enum TlsRefusalKind
{
    /// <summary>The other side showed no certificate.</summary>
    NoCertificate,

    /// <summary>The other side's certificate is not let in.</summary>
    WrongCertificate,

    /// <summary>The other side refuses this node's certificate, or agrees on no version or cipher.</summary>
    RefusedByPeer,

    /// <summary>What the other side sent is no TLS.</summary>
    NoTls,

    /// <summary>The other side ended the connection before TLS was agreed on.</summary>
    Ended,

    /// <summary>The handshake failed otherwise.</summary>
    Other,
}

/// <summary>Why a connection with TLS did not come about.</summary>
/// <param name="Kind">What kind of reason it is.</param>
/// <param name="Reason">The reason as a clause without a full stop, such as "it speaks no TLS". Whatever of it the other side chose has
/// gone through <see cref="TlsText.Clean"/>.</param>
internal readonly record struct TlsRefusal(TlsRefusalKind Kind, string Reason);
