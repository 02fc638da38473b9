namespace AkkaSse.Cluster;

/// <summary>
/// Says who may speak to the cluster's port at all, by TLS between the nodes. It is off while <see cref="CertificateFile"/> is null; once that is set, a node is let in only with a certificate that chains to <see cref="CaFile"/>, in whichever
/// direction the connection was made. Files are read once, at start; a file that cannot be read or does not fit is a fault of <see cref="AkkaClusterOptions.Validate"/>, and so is any of these properties that is set without
/// <see cref="CertificateFile"/>.
/// </summary>
/// <remarks>All nodes of a cluster have it on or all have it off. Not thread-safe; read once at start.</remarks>
public sealed class AkkaTlsOptions
{
    /// <summary>
    /// The path of this node's certificate: PEM with the certificate first, then intermediate ones if there are any, and the key unless <see cref="KeyFile"/> has it; or PKCS#12 with both. It is used as server and as
    /// client, so an extended key usage must name both. The default is null, which means no TLS. A certificate that other nodes with the same options would refuse is a fault.
    /// </summary>
    public string? CertificateFile { get; set; }

    /// <summary>The path of the certificate's private key as PEM, RSA or ECDSA. The default is null: the key is in <see cref="CertificateFile"/>. A key of another certificate is a fault, and so is this property beside PKCS#12.</summary>
    public string? KeyFile { get; set; }

    /// <summary>
    /// The password of the PKCS#12 file or of the encrypted key. The default is null: there is none. It is never logged; <see cref="PasswordFile"/> keeps it out of the configuration too. A password that does not fit is a
    /// fault, and so is this property beside <see cref="PasswordFile"/>.
    /// </summary>
    public string? Password { get; set; }

    /// <summary>The path of a text file with the password of the PKCS#12 file or of the encrypted key; a line end after it does not count. The default is null: there is none.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>
    /// The path of the authorities whose certificates are let in: PEM, one or more, at least one of them a root. Nothing else is trusted, not the system's authorities either. Take one that signs for this cluster alone, or
    /// say <see cref="AllowedNames"/> besides. The default is null, which is a fault when TLS is on without <see cref="SystemTrust"/>.
    /// </summary>
    public string? CaFile { get; set; }

    /// <summary>Whether the system's authorities are trusted in place of <see cref="CaFile"/>. The default is false. They sign for everybody, so true without <see cref="AllowedNames"/> is a fault, and so is true beside <see cref="CaFile"/>.</summary>
    public bool SystemTrust { get; set; }

    /// <summary>Whether whoever connects must show a certificate. The default is true. False only encrypts: whoever reaches the port can publish and read everything.</summary>
    public bool RequirePeerCertificate { get; set; } = true;

    /// <summary>Whether the certificate of a node that is connected to must be for the host by which it is reached. The default is true. This node's own certificate is checked for <see cref="AkkaClusterOptions.PublicHost"/>.</summary>
    public bool CheckHostNames { get; set; } = true;

    /// <summary>
    /// The names of which a node's certificate must have one among its alternative names, in both directions: host names, addresses, or <c>*.domain</c> for one label. The default is empty: whoever has a certificate of
    /// <see cref="CaFile"/> is let in. Anything else than such a name is a fault, and so is a list with none of this node's own names.
    /// </summary>
    public IList<string> AllowedNames { get; set; } = [];

    /// <summary>
    /// Whether certificates are looked up in their authority's revocation lists, over the network, at each new connection and for 2 s at most. The default is false: authorities of one's own seldom publish any, and a list that cannot be fetched
    /// cuts the nodes off from each other.
    /// </summary>
    public bool CheckRevocation { get; set; }

    /// <summary>Whether nodes speak TLS.</summary>
    internal bool IsOn => CertificateFile is not null;

    /// <summary>Lists every fault as one sentence that begins with "Tls.Property " and says what is wrong and what is allowed.</summary>
    /// <param name="host">The host by which other nodes reach this one.</param>
    /// <param name="hocon">The user's own HOCON texts; null where there is none.</param>
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
