using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace AkkaSse.Cluster.Hosting;

/// <summary>What the files of <see cref="AkkaTlsOptions"/> hold.</summary>
/// <param name="Certificate">This node's, with its key.</param>
/// <param name="Roots">The authorities that are trusted; null: the system's.</param>
/// <param name="Intermediates">Authorities between: of a peer's chain DotNetty sends the first certificate alone.</param>
internal sealed record TlsFiles(X509Certificate2 Certificate, X509Certificate2Collection? Roots, X509Certificate2Collection Intermediates)
    : IDisposable
{
    /// <summary>Null when something cannot be read; then the faults say what.</summary>
    internal static TlsFiles? Read(AkkaTlsOptions options, List<string> faults)
    {
        var before = faults.Count;
        var password = Try("PasswordFile", options.PasswordFile, static file => File.ReadAllText(file).TrimEnd('\r', '\n'), faults)
            ?? options.Password;
        var authorities = Try("CaFile", options.CaFile, static file =>
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(File.ReadAllText(file));
            return all;
        }, faults);
        if (authorities?.Any(IsRoot) == false)
            faults.Add($"Tls.CaFile is '{options.CaFile}', which has {authorities.Count} certificates and no root among them; PEM with " +
                "at least one certificate that is its own issuer is allowed.");
        var own = ReadOwn(options, password, faults);
        if (faults.Count > before)
        {
            foreach (var certificate in (IEnumerable<X509Certificate2>)[.. authorities ?? [], .. own ?? []]) certificate.Dispose();
            return null;
        }
        X509Certificate2Collection between = [.. own!.Skip(1), .. authorities?.Where(static a => !IsRoot(a)) ?? []];
        return new TlsFiles(own![0], authorities is null ? null : [.. authorities.Where(IsRoot)], between);
    }

    /// <summary>What other nodes with the same options would refuse this one for: told at its start, and not by its silence.</summary>
    internal IEnumerable<string> OwnFaults(AkkaTlsOptions options, string host)
    {
        var file = $"Tls.CertificateFile is '{options.CertificateFile}', but its certificate {Certificate.Subject}";
        var peers = new TlsPeers(options, this, TimeProvider.System);
        var fault = peers.ChainFault(Certificate, [], TlsRole.Server) ?? peers.ChainFault(Certificate, [], TlsRole.Client);
        if (fault is not null) yield return $"{file} {fault}; other nodes would refuse it.";
        if (options.CheckHostNames && !TlsNames.Covers(Certificate, host))
            yield return $"{file} is for {TlsNames.Of(Certificate)} and not for '{host}', by which other nodes reach this one; a " +
                "certificate with that alternative name is allowed, or another PublicHost, or Tls.CheckHostNames=false.";
        if (!TlsNames.IsAllowed(Certificate, options.AllowedNames))
            yield return $"{file} is for {TlsNames.Of(Certificate)}, and Tls.AllowedNames has none of these; other nodes would refuse it.";
    }

    public void Dispose()
    {
        foreach (var certificate in (IEnumerable<X509Certificate2>)[Certificate, .. Roots ?? [], .. Intermediates]) certificate.Dispose();
    }

    private static bool IsRoot(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    private static T? Try<T>(string name, string? file, Func<string, T> read, List<string> faults)
        where T : class
    {
        if (file is null) return null;
        try
        {
            return read(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException
            or CryptographicException)
        {
            faults.Add($"Tls.{name} is '{file}', which cannot be read: {e.Message}");
            return null;
        }
    }

    // The node's own certificate first. Null with a fault.
    private static X509Certificate2Collection? ReadOwn(AkkaTlsOptions options, string? password, List<string> faults)
    {
        var before = faults.Count;
        var bytes = Try("CertificateFile", options.CertificateFile, File.ReadAllBytes, faults);
        var keyText = Try("KeyFile", options.KeyFile, File.ReadAllText, faults);
        if (faults.Count > before || bytes is null) return null;
        var own = bytes.AsSpan().IndexOf("-----BEGIN "u8) >= 0
            ? Pem(options, Encoding.UTF8.GetString(bytes), keyText, password, faults)
            : Pkcs12(options, bytes, password, faults);
        if (own is null) return null;
        using var rsa = own[0].GetRSAPrivateKey();
        using var ecdsa = own[0].GetECDsaPrivateKey();
        if (rsa is not null || ecdsa is not null) return own;
        faults.Add($"Tls.CertificateFile is '{options.CertificateFile}', whose key is " +
            $"{own[0].PublicKey.Oid.FriendlyName}; RSA and ECDSA are allowed.");
        return null;
    }

    private static X509Certificate2Collection? Pem(
        AkkaTlsOptions options, string text, string? keyText, string? password, List<string> faults)
    {
        var keyFile = keyText is null ? $"Tls.CertificateFile is '{options.CertificateFile}'" : $"Tls.KeyFile is '{options.KeyFile}'";
        var key = keyText ?? text;
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(text);
            if (all.Count == 0)
            {
                faults.Add($"Tls.CertificateFile is '{options.CertificateFile}', which has no certificate; PEM or PKCS#12 is allowed.");
                return null;
            }
            if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            {
                faults.Add($"{keyFile}, which has no private key; a PEM key is " +
                    $"allowed{(keyText is null ? " in it, or a file of its own in Tls.KeyFile" : "")}.");
                return null;
            }
            var encrypted = key.Contains("BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal);
            if (encrypted && password is null)
            {
                faults.Add($"{keyFile}, whose key is encrypted; its password is needed, in Tls.PasswordFile or Tls.Password.");
                return null;
            }
            var first = all[0];
            all[0] = Usable(encrypted
                ? X509Certificate2.CreateFromEncryptedPem(text, key, password)
                : X509Certificate2.CreateFromPem(text, key));
            first.Dispose();
            return all;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // The password is in no such message.
            faults.Add($"{keyFile}, whose key cannot be used with the certificate in " +
                $"'{options.CertificateFile}': {e.Message} The first certificate of the file and its own key are allowed.");
            return null;
        }
    }

    private static X509Certificate2Collection? Pkcs12(AkkaTlsOptions options, byte[] bytes, string? password, List<string> faults)
    {
        if (options.KeyFile is not null)
        {
            faults.Add($"Tls.KeyFile is '{options.KeyFile}', but Tls.CertificateFile is no PEM; PKCS#12 has its key in it.");
            return null;
        }
        try
        {
            var all = X509CertificateLoader.LoadPkcs12Collection(bytes, password);
            if (all.FirstOrDefault(static c => c.HasPrivateKey) is { } own) return [own, .. all.Where(c => c != own)];
            faults.Add($"Tls.CertificateFile is '{options.CertificateFile}', which has no private key; PKCS#12 with a certificate and " +
                "its key is allowed.");
        }
        catch (CryptographicException e)
        {
            faults.Add($"Tls.CertificateFile is '{options.CertificateFile}', which cannot be read: {e.Message} PEM is allowed, or " +
                "PKCS#12 with its password in Tls.PasswordFile or Tls.Password.");
        }
        return null;
    }

    // Windows gives no key that is only in memory to its TLS.
    private static X509Certificate2 Usable(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows()) return certificate;
        using (certificate) return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
