namespace AkkaSse.Cluster;

/// <summary>
/// TLS between nodes: who may speak to the cluster's port at all. Off while <see cref="CertificateFile"/> is null; once it is set, a node is let in only with a certificate that chains to <see cref="CaFile"/>, in whichever
/// direction the connection was made. Files are read once, at start.
/// </summary>
/// <remarks>All nodes of a cluster have it on or all have it off. Not thread-safe; read once at start.</remarks>
public sealed class AkkaTlsOptions
{
    /// <summary>
    /// This node's certificate: PEM with the certificate first, then intermediate ones if there are any, and the key unless <see cref="KeyFile"/> has it; or PKCS#12 with both. It is used as server and as client, so an
    /// extended key usage must name both. Null, the default: no TLS.
    /// </summary>
    public string? CertificateFile { get; set; }

    /// <summary>The private key of the certificate as PEM, RSA or ECDSA; null, the default: it is in <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Of a PKCS#12 file or an encrypted key. Null, the default: none. <see cref="PasswordFile"/> keeps it out of the configuration.</summary>
    public string? Password { get; set; }

    /// <summary>A file with that password; a line end after it does not count. Null, the default: none.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>
    /// The authorities whose certificates are let in: PEM, one or more, at least one of them a root. Nothing else is trusted, not the system's authorities either. Take one that signs for this cluster alone, or say
    /// <see cref="AllowedNames"/> besides.
    /// </summary>
    public string? CaFile { get; set; }

    /// <summary>True trusts the system's authorities in place of <see cref="CaFile"/>. They sign for everybody, so it needs <see cref="AllowedNames"/>. Default false.</summary>
    public bool SystemTrust { get; set; }

    /// <summary>Whether who connects must show a certificate. Default true. False only encrypts: whoever reaches the port can publish and read everything.</summary>
    public bool RequirePeerCertificate { get; set; } = true;

    /// <summary>Whether the certificate of a node that is connected to must be for the host by which it is reached. Default true.</summary>
    public bool CheckHostNames { get; set; } = true;

    /// <summary>
    /// Names of which a node's certificate must have one among its alternative names, in both directions: host names, addresses, or <c>*.domain</c> for one label. Empty, the default: whoever
    /// <see cref="CaFile"/> has signed is let in.
    /// </summary>
    public IList<string> AllowedNames { get; set; } = [];

    /// <summary>
    /// Whether certificates are looked up in their authority's revocation lists, over the network, at each new connection. Default false: authorities of one's own seldom publish any, and a list that cannot be fetched
    /// cuts the nodes off from each other.
    /// </summary>
    public bool CheckRevocation { get; set; }

    /// <summary>Whether nodes speak TLS.</summary>
    internal bool IsOn => CertificateFile is not null;

    /// <summary>Lists every fault as "Tls.Property: what is wrong and what is allowed".</summary>
    /// <param name="host">How other nodes reach this one.</param>
    /// <param name="hocon">The user's own, null where there is none.</param>
    internal IEnumerable<string> Validate(string host, IEnumerable<string?> hocon)
    {
        var faults = new List<string>();
        if (!IsOn)
        {
            string?[] others =
            [
                KeyFile is null ? null : nameof(KeyFile), Password is null ? null : nameof(Password), PasswordFile is null ? null : nameof(PasswordFile), CaFile is null ? null : nameof(CaFile),
                SystemTrust ? nameof(SystemTrust) : null, AllowedNames.Count == 0 ? null : nameof(AllowedNames), CheckRevocation ? nameof(CheckRevocation) : null,
                RequirePeerCertificate ? null : nameof(RequirePeerCertificate), CheckHostNames ? null : nameof(CheckHostNames),
            ];
            // Half of a configuration is a mistake, and a cluster without TLS is not what it asks for.
            return others.OfType<string>().Select(static name => $"Tls.{name} is set without Tls.CertificateFile, which turns TLS on; both are needed, or neither.");
        }
        if (CaFile is null && !SystemTrust) faults.Add("Tls.CaFile is needed: the authorities (PEM) that sign the certificates of this cluster. Tls.SystemTrust=true trusts those of the system instead.");
        if (CaFile is not null && SystemTrust) faults.Add("Tls.SystemTrust is true beside Tls.CaFile; one of them is allowed.");
        else if (SystemTrust && AllowedNames.Count == 0) faults.Add("Tls.SystemTrust is true without Tls.AllowedNames; the names of the nodes are needed, because the system's authorities sign for everybody.");
        if (Password is not null && PasswordFile is not null) faults.Add("Tls.PasswordFile is set beside Tls.Password; one of them is allowed.");
        foreach (var name in AllowedNames)
        {
            if (!Hosting.TlsNames.IsName(name)) faults.Add($"Tls.AllowedNames has '{name}'; host names, addresses and *.domain are allowed.");
        }
        if (Hosting.TlsHocon.Conflict(hocon) is { } path) faults.Add($"Tls.CertificateFile is set, and HOCON of yours sets {path}; one of them is allowed.");
        // What is wrong above would be told again, in other words.
        if (faults.Count > 0) return faults;
        using var files = Hosting.TlsFiles.Read(this, faults);
        if (files is not null) faults.AddRange(files.OwnFaults(this, host));
        return faults;
    }
}
