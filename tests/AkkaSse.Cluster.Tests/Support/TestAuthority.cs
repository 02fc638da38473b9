using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AkkaSse.Cluster.Tests.Support;

/// <summary>An authority for tests, with its certificates as files in a directory of its own. Disposing removes them.</summary>
internal sealed class TestAuthority : IDisposable
{
    internal const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    internal const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("akkasse-tls-");
    private readonly X509Certificate2 _root;

    internal TestAuthority(string name = "test authority", DateTimeOffset? end = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _root = Authority(name, key).CreateSelfSigned(Now.AddYears(-3), end ?? Now.AddYears(10));
        CaFile = Write("ca.crt", _root.ExportCertificatePem());
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    internal string CaFile { get; }

    internal X509Certificate2 Root => _root;

    /// <summary>A certificate with its key, of this authority or another one that has a key.</summary>
    internal X509Certificate2 Issue(
        string name, string[]? names = null, DateTimeOffset? from = null, DateTimeOffset? to = null, string[]? usages = null,
        X509Certificate2? issuer = null, bool isAuthority = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = isAuthority ? Authority(name, key) : new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        if (!isAuthority)
        {
            var alternative = new SubjectAlternativeNameBuilder();
            foreach (var one in names ?? ["127.0.0.1"])
            {
                if (IPAddress.TryParse(one, out var address)) alternative.AddIpAddress(address);
                else alternative.AddDnsName(one);
            }
            if (names is not []) request.CertificateExtensions.Add(alternative.Build());
            request.CertificateExtensions.Add(
                new X509EnhancedKeyUsageExtension(
                [.. (usages ?? [ServerUsage, ClientUsage]).Select(static u => new Oid(u))], critical: false));
        }
        using var issued = request.Create(
            issuer ?? _root, from ?? Now.AddDays(-1), to ?? Now.AddYears(1), RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }

    /// <summary>A certificate and its key as PEM files; their paths.</summary>
    internal (string Certificate, string Key) Files(string name, X509Certificate2 certificate) =>
        (Write($"{name}.crt", certificate.ExportCertificatePem()), Write(
            $"{name}.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()));

    /// <summary>Options of a node with such a certificate.</summary>
    internal AkkaTlsOptions Options(X509Certificate2? certificate = null)
    {
        var (file, key) = Files("node", certificate ?? Issue("node"));
        return new AkkaTlsOptions { CertificateFile = file, KeyFile = key, CaFile = CaFile };
    }

    internal string Write(string name, string text)
    {
        var path = Path.Combine(_directory.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    internal string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(_directory.FullName, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose()
    {
        _root.Dispose();
        _directory.Delete(recursive: true);
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        return request;
    }
}
