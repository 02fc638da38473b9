namespace AkkaSse.Cluster;

/// <summary>
/// TLS between the nodes of a cluster. It is off while <see cref="CertificateFile"/> is null. When it is on, a node is let in only with a
/// certificate that chains to <see cref="CaFile"/>, in both directions. The engine reads the files once, at its start. A file that cannot
/// be read or does not fit is a fault of <see cref="AkkaClusterOptions.Validate"/>, and so is each of these properties without
/// <see cref="CertificateFile"/>.
/// </summary>
/// <remarks>All nodes of a cluster have TLS on, or all have it off. Not thread-safe; not to be changed after the start.</remarks>
public sealed class AkkaTlsOptions
{
    /// <summary>
    /// The path of this node's certificate. Default null: no TLS. PEM has the certificate first, then intermediate ones, and the key unless
    /// <see cref="KeyFile"/> has it; PKCS#12 has both. The node uses it as server and as client: an extended key usage must name both. A
    /// certificate that nodes with the same options refuse is a fault.
    /// </summary>
    public string? CertificateFile { get; set; }

    /// <summary>
    /// The path of the certificate's private key: PEM, RSA or ECDSA. Default null: the key is in <see cref="CertificateFile"/>. The key of
    /// another certificate is a fault, and so is this property with PKCS#12.
    /// </summary>
    public string? KeyFile { get; set; }

    /// <summary>
    /// The password of the PKCS#12 file or of the encrypted key. Default null: none. It is never logged; <see cref="PasswordFile"/> keeps
    /// it out of the configuration too. A password that does not fit is a fault, and so is this property with <see cref="PasswordFile"/>.
    /// </summary>
    public string? Password { get; set; }

    /// <summary>
    /// The path of a text file with the password of the PKCS#12 file or of the encrypted key. Default null: none. A line end after the
    /// password does not count.
    /// </summary>
    public string? PasswordFile { get; set; }

    /// <summary>
    /// The path of the authorities whose certificates are let in: PEM, at least one of them a root. Default null, which is a fault when TLS
    /// is on without <see cref="SystemTrust"/>. The node trusts no other authority. Take an authority that signs for this cluster alone, or
    /// set <see cref="AllowedNames"/> too.
    /// </summary>
    public string? CaFile { get; set; }

    /// <summary>
    /// Whether the node trusts the authorities of the system in place of <see cref="CaFile"/>. Default false. These authorities sign for
    /// everybody: true without <see cref="AllowedNames"/> is a fault, and so is true with <see cref="CaFile"/>.
    /// </summary>
    public bool SystemTrust { get; set; }

    /// <summary>
    /// Whether a node that connects must show a certificate. Default true. False only encrypts: everybody who reaches the port can publish
    /// and read.
    /// </summary>
    public bool RequirePeerCertificate { get; set; } = true;

    /// <summary>
    /// Whether the certificate of a node must be for the host to which this node connects. Default true. The certificate of this node is
    /// checked for <see cref="AkkaClusterOptions.PublicHost"/>.
    /// </summary>
    public bool CheckHostNames { get; set; } = true;

    /// <summary>
    /// The names of which the certificate of a node must have one among its alternative names, in both directions: host names, addresses,
    /// or <c>*.domain</c> for one label. Default empty: every certificate of <see cref="CaFile"/> is let in. A list with none of this
    /// node's own names is a fault.
    /// </summary>
    public IList<string> AllowedNames { get; set; } = [];

    /// <summary>
    /// Whether the node looks certificates up in their authority's revocation lists, over the network, at each new connection, for at most
    /// 2 s. Default false: few private authorities publish a list, and a list that cannot be fetched cuts the nodes off from each other.
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
        if (AllowedNames is null) return ["Tls.AllowedNames is null; a list is needed, an empty one for every certificate of Tls.CaFile."];
        if (!IsOn)
        {
            string?[] others =
            [
                KeyFile is null ? null : nameof(KeyFile), Password is null ? null : nameof(Password),
                PasswordFile is null ? null : nameof(PasswordFile), CaFile is null ? null : nameof(CaFile),
                SystemTrust ? nameof(SystemTrust) : null, AllowedNames.Count == 0 ? null : nameof(AllowedNames),
                CheckRevocation ? nameof(CheckRevocation) : null,
                RequirePeerCertificate ? null : nameof(RequirePeerCertificate), CheckHostNames ? null : nameof(CheckHostNames),
            ];
            // Half of a configuration is a mistake, and a cluster without TLS is not what it asks for.
            return others.OfType<string>().Select(static name =>
                $"Tls.{name} is set without Tls.CertificateFile, which turns TLS on; both are needed, or neither.");
        }
        if (CaFile is null && !SystemTrust)
            faults.Add("Tls.CaFile is needed: the authorities (PEM) that sign the certificates of this cluster. "
                + "Tls.SystemTrust=true trusts those of the system instead.");
        if (CaFile is not null && SystemTrust) faults.Add("Tls.SystemTrust is true beside Tls.CaFile; one of them is allowed.");
        else if (SystemTrust && AllowedNames.Count == 0)
            faults.Add("Tls.SystemTrust is true without Tls.AllowedNames; the names of the nodes are needed, "
                + "because the system's authorities sign for everybody.");
        if (Password is not null && PasswordFile is not null)
            faults.Add("Tls.PasswordFile is set beside Tls.Password; one of them is allowed.");
        foreach (var name in AllowedNames)
        {
            if (!Hosting.TlsNames.IsName(name))
                faults.Add($"Tls.AllowedNames has '{name}'; host names, addresses and *.domain are allowed.");
        }
        if (Hosting.TlsHocon.Conflict(hocon) is { } path)
            faults.Add($"Tls.CertificateFile is set, and HOCON of yours sets {path}; one of them is allowed.");
        // What is wrong above would be told again, in other words.
        if (faults.Count > 0) return faults;
        using var files = Hosting.TlsFiles.Read(this, faults);
        if (files is not null) faults.AddRange(files.OwnFaults(this, host));
        return faults;
    }
}
