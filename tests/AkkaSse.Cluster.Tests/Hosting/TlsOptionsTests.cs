using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Cluster.Tests.Support;

namespace AkkaSse.Cluster.Tests.Hosting;

/// <summary>Every mistake in the keys of TLS is told at start, by its key.</summary>
public sealed class TlsOptionsTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void Nothing_set_is_off_and_a_certificate_with_its_authority_is_on_and_strict()
    {
        new AkkaTlsOptions().IsOn.ShouldBeFalse();
        Faults(new AkkaTlsOptions()).ShouldBeEmpty();

        var options = _authority.Options();
        Faults(options).ShouldBeEmpty();
        (options.IsOn, options.RequirePeerCertificate, options.CheckHostNames, options.SystemTrust, options.CheckRevocation).ShouldBe(
            (true, true, true, false, false));
        new AkkaClusterOptions { Tls = options }.Validate().ShouldBeEmpty();
    }

    [Fact]
    public void Key_without_a_certificate_is_no_cluster_without_tls()
    {
        foreach (var (name, options) in new (string, AkkaTlsOptions)[]
        {
            ("KeyFile", new() { KeyFile = "k" }), ("Password", new() { Password = "p" }), ("PasswordFile", new() { PasswordFile = "p" }),
                ("CaFile", new() { CaFile = "c" }), ("SystemTrust", new() { SystemTrust = true }),
            ("RequirePeerCertificate", new() { RequirePeerCertificate = false }), ("CheckHostNames", new() { CheckHostNames = false }),
                ("AllowedNames", new() { AllowedNames = ["n"] }), ("CheckRevocation", new() { CheckRevocation = true }),
        })
            Faults(options).ShouldHaveSingleItem().ShouldBe(
                $"Tls.{name} is set without Tls.CertificateFile, which turns TLS on; both are needed, or neither.");
    }

    [Fact]
    public void Trust_is_said_explicitly()
    {
        Fault(o => o.CaFile = null).ShouldStartWith("Tls.CaFile is needed");
        Fault(o => o.SystemTrust = true).ShouldStartWith("Tls.SystemTrust is true beside Tls.CaFile");
        Fault(o => (o.CaFile, o.SystemTrust) = (null, true)).ShouldStartWith("Tls.SystemTrust is true without Tls.AllowedNames");
        // The certificate itself is of none of the system's authorities.
        Fault(o => (o.CaFile, o.SystemTrust, o.AllowedNames) = (null, true, ["127.0.0.1"])).ShouldContain(
            "trusted is the system's authorities");
    }

    [Fact]
    public void Files_that_are_missing_or_hold_something_else_are_named()
    {
        Fault(o => o.CertificateFile = "/does/not/exist").ShouldStartWith(
            "Tls.CertificateFile is '/does/not/exist', which cannot be read: ");
        Fault(o => o.KeyFile = "/does/not/exist").ShouldStartWith("Tls.KeyFile is '/does/not/exist', which cannot be read: ");
        Fault(o => o.CaFile = "/does/not/exist").ShouldStartWith("Tls.CaFile is '/does/not/exist', which cannot be read: ");
        Fault(o => o.PasswordFile = "/does/not/exist").ShouldStartWith("Tls.PasswordFile is '/does/not/exist', which cannot be read: ");
        var nonsense = _authority.Write("nonsense", "nonsense");
        Fault(o => o.CertificateFile = nonsense).ShouldStartWith($"Tls.KeyFile is '");
        Fault(o => (o.CertificateFile, o.KeyFile) = (nonsense, null)).ShouldStartWith(
            $"Tls.CertificateFile is '{nonsense}', which cannot be read: ");
        Fault(o => o.KeyFile = nonsense).ShouldContain("which has no private key");
        Fault(o => o.CaFile = nonsense).ShouldContain("which has 0 certificates and no root among them");
        Fault(o => o.CaFile = o.CertificateFile).ShouldContain("which has 1 certificates and no root among them");
    }

    [Fact]
    public void Key_is_there_and_fits()
    {
        Fault(o => o.KeyFile = null).ShouldEndWith(
            "which has no private key; a PEM key is allowed in it, or a file of its own in Tls.KeyFile.");
        var other = _authority.Files("other", _authority.Issue("other")).Key;
        Fault(o => o.KeyFile = other).ShouldStartWith($"Tls.KeyFile is '{other}', whose key cannot be used with the certificate in '");
        var empty = _authority.Write("empty.pem", "-----BEGIN NOTHING-----\n-----END NOTHING-----\n");
        Fault(o => o.CertificateFile = empty).ShouldContain("which has no certificate");
    }

    [Fact]
    public void One_file_may_hold_certificate_key_and_the_authority_between()
    {
        using var between = _authority.Issue("between", isAuthority: true);
        using var node = _authority.Issue("node", issuer: between);
        var key = node.GetECDsaPrivateKey()!;
        var all = _authority.Write(
            "all.pem", $"{key.ExportPkcs8PrivateKeyPem()}\n{node.ExportCertificatePem()}\n{between.ExportCertificatePem()}\n");
        Faults(new AkkaTlsOptions { CertificateFile = all, CaFile = _authority.CaFile }).ShouldBeEmpty();

        var leaf = _authority.Files("leaf", node);
        Faults(new AkkaTlsOptions { CertificateFile = leaf.Certificate, KeyFile = leaf.Key, CaFile = _authority.CaFile })
            .ShouldHaveSingleItem().ShouldContain("is signed by CN=between, and trusted is CN=test authority");
        var bundle = _authority.Write("bundle.pem", $"{_authority.Root.ExportCertificatePem()}\n{between.ExportCertificatePem()}\n");
        Faults(new AkkaTlsOptions { CertificateFile = leaf.Certificate, KeyFile = leaf.Key, CaFile = bundle }).ShouldBeEmpty();
    }

    [Fact]
    public void Encrypted_key_and_pkcs12_need_their_password_which_is_never_told()
    {
        using var node = _authority.Issue("node");
        var password = _authority.Write("password", "s3cret-word\n");
        var pbe = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1_000);
        var key = _authority.Write("encrypted.key", node.GetECDsaPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem("s3cret-word", pbe));
        Faults(With(o => (o.CertificateFile, o.KeyFile, o.PasswordFile) = (_authority.Files("n", node).Certificate, key, password)))
            .ShouldBeEmpty();
        Fault(o => o.KeyFile = key).ShouldEndWith("its password is needed, in Tls.PasswordFile or Tls.Password.");
        Fault(o => (o.KeyFile, o.Password) = (key, "wr0ng-word")).ShouldNotContain("wr0ng-word");

        var p12 = _authority.Write("node.p12", node.Export(X509ContentType.Pkcs12, "s3cret-word"));
        Faults(With(o => (o.CertificateFile, o.KeyFile, o.Password) = (p12, null, "s3cret-word"))).ShouldBeEmpty();
        Fault(o => (o.CertificateFile, o.KeyFile) = (p12, null)).ShouldStartWith($"Tls.CertificateFile is '{p12}', which cannot be read: ");
        Fault(o => (o.CertificateFile, o.KeyFile, o.Password) = (p12, null, "wr0ng-word")).ShouldNotContain("wr0ng-word");
        Fault(o => (o.CertificateFile, o.Password) = (p12, "s3cret-word")).ShouldEndWith("PKCS#12 has its key in it.");
        Fault(o => (o.Password, o.PasswordFile) = ("a", password)).ShouldStartWith("Tls.PasswordFile is set beside Tls.Password");
        var publicOnly = _authority.Write("public.p12", new X509Certificate2Collection(
            X509CertificateLoader.LoadCertificate(node.RawData)).Export(X509ContentType.Pkcs12)!);
        Fault(o => (o.CertificateFile, o.KeyFile) = (publicOnly, null)).ShouldContain("which has no private key");
    }

    [Fact]
    public void Certificate_that_others_would_refuse_is_refused_at_home()
    {
        var now = TimeProvider.System.GetUtcNow();
        Refused(_authority.Issue("late", to: now.AddHours(-1), from: now.AddDays(-2))).ShouldContain(
            $"its certificate CN=late expired on {TlsPeers.Date(now.AddHours(-1).UtcDateTime)}; other nodes would refuse it.");
        Refused(_authority.Issue("early", from: now.AddDays(1))).ShouldContain("CN=early is not valid before");
        Refused(_authority.Issue("server", usages: [TestAuthority.ServerUsage])).ShouldContain(
            "CN=server is not for a TLS client (extended key usage)");
        Refused(_authority.Issue("client", usages: [TestAuthority.ClientUsage])).ShouldContain(
            "CN=client is not for a TLS server (extended key usage)");
        Refused(_authority.Issue("elsewhere", names: ["a.example", "10.0.0.1"])).ShouldContain(
            "is for a.example, 10.0.0.1 and not for '127.0.0.1', by which other nodes reach this one");
        Refused(_authority.Issue("127.0.0.1", names: [])).ShouldContain("is for no name and not for '127.0.0.1'");
        using var other = new TestAuthority("another authority");
        Refused(other.Issue("foreign")).ShouldContain(
            "CN=foreign is signed by CN=another authority, and trusted is CN=test authority (Tls.CaFile)");
        // The same name, another key.
        using var twin = new TestAuthority();
        Refused(twin.Issue("twin")).ShouldContain("CN=twin is signed by CN=test authority, and trusted is");
    }

    [Fact]
    public void Names_are_names_and_the_node_has_one_of_them()
    {
        Fault(o => o.AllowedNames = ["a b"]).ShouldBe("Tls.AllowedNames has 'a b'; host names, addresses and *.domain are allowed.");
        Fault(o => o.AllowedNames = ["*"]).ShouldStartWith("Tls.AllowedNames has '*'");
        Fault(o => o.AllowedNames = ["n1.example"]).ShouldContain("is for 127.0.0.1, and Tls.AllowedNames has none of these");
        Faults(With(static o => o.AllowedNames = ["n1.example", "127.0.0.1"])).ShouldBeEmpty();
        Faults(_authority.Options(_authority.Issue("x", names: ["a.example"])), o => o.CheckHostNames = false).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("akka.remote.dot-netty.tcp.enable-ssl = off", "akka.remote.dot-netty.tcp.enable-ssl")]
    [InlineData("akka.remote.dot-netty.tcp.ssl.suppress-validation = on", "akka.remote.dot-netty.tcp.ssl")]
    [InlineData("akka.remote.dot-netty.tcp.transport-class = x", "akka.remote.dot-netty.tcp.transport-class")]
    [InlineData("akka.remote.enabled-transports = []", "akka.remote.enabled-transports")]
    [InlineData("akka.remote.helios.tcp.enable-ssl = off", "akka.remote.helios")]
    public void Hocon_that_says_another_thing_is_refused_beside_the_keys(string hocon, string path)
    {
        new AkkaClusterOptions { Tls = _authority.Options(), Hocon = hocon }.Validate().ShouldHaveSingleItem().ShouldBe(
            $"Tls.CertificateFile is set, and HOCON of yours sets {path}; one of them is allowed.");
        new AkkaClusterOptions { Tls = _authority.Options(), HoconFile = _authority.Write("h.hocon", hocon) }.Validate()
            .ShouldHaveSingleItem().ShouldContain(path);
        new AkkaClusterOptions { Hocon = hocon }.Validate().ShouldBeEmpty("without the keys it is as before");
    }

    [Fact]
    public void Configuration_speaks_tls_by_the_keys_or_by_hocon_and_has_no_password()
    {
        var config = ClusterHocon.Compose(new AkkaClusterOptions { Tls = With(static o => o.Password = "s3cret-word") });
        TlsHocon.IsOn(config).ShouldBeTrue();
        config.GetString("akka.remote.dot-netty.tcp.transport-class").ShouldStartWith(typeof(TlsTransport).FullName!);
        config.ToString(true).ShouldNotContain("s3cret-word");
        TlsHocon.IsOn(ClusterHocon.Compose(new AkkaClusterOptions { Hocon = "akka.remote.dot-netty.tcp.enable-ssl = on" })).ShouldBeTrue();
        TlsHocon.IsOn(ClusterHocon.Compose(new AkkaClusterOptions())).ShouldBeFalse();
    }

    /// <summary>An application that embeds the library has properties and no such keys; the server translates what Validate says.</summary>
    [Fact]
    public void Library_says_nothing_of_the_servers_configuration_keys()
    {
        using var file = new PEReader(File.OpenRead(typeof(AkkaTlsOptions).Assembly.Location));
        var metadata = file.GetMetadataReader();
        var texts = new List<string>();
        for (var text = MetadataTokens.UserStringHandle(1); !text.IsNil; text = metadata.GetNextHandle(text))
            texts.Add(metadata.GetUserString(text));
        texts.ShouldContain(static t => t.Contains("(Tls.CaFile)", StringComparison.Ordinal), "all string literals are here");
        texts.Where(static t => t.Contains("Akka:", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private AkkaTlsOptions With(Action<AkkaTlsOptions> change)
    {
        var options = _authority.Options();
        change(options);
        return options;
    }

    private string Fault(Action<AkkaTlsOptions> change) => Faults(With(change)).ShouldHaveSingleItem();

    private string Refused(X509Certificate2 certificate)
    {
        using (certificate)
        {
            var fault = Faults(_authority.Options(certificate)).ShouldHaveSingleItem();
            fault.ShouldStartWith("Tls.CertificateFile is '");
            return fault;
        }
    }

    private static List<string> Faults(AkkaTlsOptions options, Action<AkkaTlsOptions>? change = null)
    {
        change?.Invoke(options);
        return [.. options.Validate("127.0.0.1", [])];
    }
}
