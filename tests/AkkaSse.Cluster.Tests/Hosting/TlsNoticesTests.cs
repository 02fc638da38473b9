using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests.Hosting;

/// <summary>What strangers can do to the log. Without connections.</summary>
public sealed class TlsNoticesTests : IDisposable
{
    private static readonly TlsRefusal NoTls = new(TlsRefusalKind.NoTls, "it speaks no TLS");

    private readonly TestAuthority _authority = new();
    private readonly ManualTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly LineLog _log = new();
    private readonly TlsNotices _notices;

    public TlsNoticesTests() => _notices = new TlsNotices(_log, _time);

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void Who_comes_again_and_again_does_not_fill_the_log()
    {
        for (var port = 1; port < 50; port++) _notices.Refused($"[::ffff:10.0.0.9]:{port}", NoTls);
        _log.Lines.ShouldHaveSingleItem().ShouldContain(
            "A connection from [::ffff:10.0.0.9]:1 to the cluster's port was refused: it speaks no TLS.");
        _notices.Refused("[::ffff:10.0.0.9]:9", TlsSetup.NoCertificate);
        _log.Lines.Count().ShouldBe(2);
        for (var host = 0; host < 1_000; host++) _notices.Refused($"10.0.{host / 256}.{host % 256}:1", NoTls);
        _log.Lines.Count().ShouldBe(100);
        _time.Advance(TimeSpan.FromMinutes(1));
        _notices.Refused("[::ffff:10.0.0.9]:77", NoTls);
        _log.Lines.Count().ShouldBe(101);
    }

    [Fact]
    public void Hundred_certificates_from_one_address_are_one_line_and_the_next_address_is_still_told()
    {
        var options = _authority.Options();
        using var files = TlsFiles.Read(options, [])!;
        var setup = new TlsSetup(options, files, new TlsPeers(options, files, _time), _notices);
        for (var i = 0; i < 100; i++)
        {
            using var stranger = SelfSigned($"stranger {i}");
            setup.IsLetIn(stranger, null, $"[::ffff:10.0.0.9]:{40_000 + i}", SslPolicyErrors.None, null).ShouldBeFalse();
        }
        _log.Lines.ShouldHaveSingleItem().ShouldContain(
            "its certificate CN=stranger 0 is signed by CN=stranger 0, and trusted is CN=test authority");
        using var other = SelfSigned("other");
        setup.IsLetIn(other, null, "[::ffff:10.0.0.10]:1", SslPolicyErrors.None, null).ShouldBeFalse();
        _log.Lines.Last().ShouldContain(
            "A connection from [::ffff:10.0.0.10]:1 to the cluster's port was refused: its certificate CN=other");
    }

    [Fact]
    public void Strangers_do_not_hide_what_is_said_of_nodes()
    {
        for (var host = 0; host < 200; host++) _notices.Refused($"10.0.0.{host}:1", NoTls);
        var node = new Address("akka.ssl.tcp", "s", "h", 1);
        _notices.Unreached(node, NoTls);
        _notices.Unreached(node, NoTls);
        _log.Lines.Count(static l => l.Contains("No TLS with the node at h:1: it speaks no TLS.", StringComparison.Ordinal)).ShouldBe(1);
        _notices.Forget(node);
        _notices.Unreached(node, NoTls);
        _log.Lines.Count(static l => l.Contains("No TLS with the node at h:1", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public void Subject_of_a_stranger_writes_no_second_line_and_no_long_one()
    {
        var options = _authority.Options();
        using var files = TlsFiles.Read(options, [])!;
        var setup = new TlsSetup(options, files, new TlsPeers(options, files, _time), _notices);
        using var forger = SelfSigned("x\r\nError The cluster has ended.\u001b[2J\u2028" + new string('y', 10_000));
        forger.Subject.ShouldContain("\r\n");
        setup.IsLetIn(forger, null, "10.0.0.9:1", SslPolicyErrors.None, null).ShouldBeFalse();
        var line = _log.Lines.ShouldHaveSingleItem();
        line.ShouldContain("x??Error The cluster has ended.?[2J?yyy");
        line.Any(char.IsControl).ShouldBeFalse();
        // Subject and issuer of 200 characters each, and the sentence around them.
        line.Length.ShouldBeLessThan(700);
    }

    [Fact]
    public void Names_of_a_stranger_are_cut()
    {
        using var node = _authority.Issue(
            "n2", names: [.. Enumerable.Range(0, 100).Select(static i => $"n{i}.{new string('a', 50)}.example")]);
        TlsNames.Of(node).Length.ShouldBe(TlsText.MaxLength);
        TlsNames.Of(node).ShouldStartWith("n0.aaa");
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("CN=Müller 日本 😀", "CN=Müller 日本 😀")]
    [InlineData("a\r\nb\tc\0d\u007fe\u0085f", "a??b?c?d?e?f")]
    [InlineData("a\u2028b\u2029c\u202ed\u200be", "a?b?c?d?e")]
    public void Text_is_one_visible_line(string text, string clean) => TlsText.Clean(text).ShouldBe(clean);

    // Attributes hold no such text.
    [Fact]
    public void Half_a_character_is_none() => TlsText.Clean("a\ud83db\udc00").ShouldBe("a?b?");

    [Fact]
    public void Text_is_cut_after_two_hundred_characters_and_never_inside_of_one()
    {
        TlsText.Clean(new string('a', 200)).ShouldBe(new string('a', 200));
        TlsText.Clean(new string('a', 201)).ShouldBe(new string('a', 199) + "…");
        TlsText.Clean(new string('a', 198) + "😀").ShouldBe(new string('a', 198) + "😀");
        TlsText.Clean(new string('a', 198) + "😀b").ShouldBe(new string('a', 198) + "…");
        TlsText.Clean(new string('a', 199) + "😀").ShouldBe(new string('a', 199) + "…");
    }

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
