using System.Security.Cryptography.X509Certificates;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests.Hosting;

/// <summary>Who is let in, and what is said of the others. Without connections.</summary>
public sealed class TlsPeersTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly ManualTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void Node_of_the_same_authority_is_let_in_in_both_directions()
    {
        using var node = _authority.Issue("n2", names: ["n2.example", "10.0.0.2"]);
        Fault(node, TlsRole.Server, "n2.example").ShouldBeNull();
        Fault(node, TlsRole.Server, "10.0.0.2").ShouldBeNull();
        Fault(node, TlsRole.Client).ShouldBeNull();
    }

    [Fact]
    public void Certificate_of_nobody_known_is_refused_whatever_it_says()
    {
        using var other = new TestAuthority();
        using var foreign = other.Issue("n2");
        Fault(foreign, TlsRole.Client).ShouldNotBeNull().ShouldStartWith(
            "is signed by CN=test authority, and trusted is CN=test authority");
        // Its authority sent along makes it no better.
        Fault(foreign, TlsRole.Client, sent: [other.Root]).ShouldNotBeNull();
        Fault(other.Root, TlsRole.Client).ShouldNotBeNull();
        // A node's certificate is no authority.
        using var node = _authority.Issue("n2");
        using var below = _authority.Issue(
            "below", issuer: _authority.Issue("pretender", isAuthority: true, to: TimeProvider.System.GetUtcNow().AddYears(1)));
        Fault(below, TlsRole.Client).ShouldNotBeNull("its issuer is unknown here");
    }

    [Fact]
    public void Certificate_that_a_node_signed_with_its_own_is_refused()
    {
        using var node = _authority.Issue("n2");
        using var key = node.GetECDsaPrivateKey()!;
        var request = new CertificateRequest("CN=below", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        using var below = request.Create(node.SubjectName, X509SignatureGenerator.CreateForECDsa(key), TimeProvider.System.GetUtcNow()
            .AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1), [1]);
        Fault(below, TlsRole.Client, sent: [node]).ShouldNotBeNull();
    }

    [Fact]
    public void Usage_counts_by_direction()
    {
        using var server = _authority.Issue("s", usages: [TestAuthority.ServerUsage]);
        Fault(server, TlsRole.Server, "127.0.0.1").ShouldBeNull();
        Fault(server, TlsRole.Client).ShouldBe("is not for a TLS client (extended key usage); nodes are both, serverAuth and clientAuth");
        using var client = _authority.Issue("c", usages: [TestAuthority.ClientUsage]);
        Fault(client, TlsRole.Server, "127.0.0.1").ShouldNotBeNull().ShouldStartWith("is not for a TLS server");
    }

    [Fact]
    public void Dates_count_at_the_moment_of_the_connection()
    {
        using var node = _authority.Issue("n2", to: _time.GetUtcNow().AddHours(2));
        Fault(node, TlsRole.Client).ShouldBeNull();
        _time.Advance(TimeSpan.FromHours(3));
        Fault(node, TlsRole.Client).ShouldBe($"expired on {TlsPeers.Date(node.NotAfter)}");
    }

    [Fact]
    public void Authority_that_expired_is_told_as_such()
    {
        using var old = new TestAuthority("old authority", _time.GetUtcNow().AddHours(2));
        using var node = old.Issue("n2", to: _time.GetUtcNow().AddHours(1));
        var options = old.Options(node);
        _time.Advance(TimeSpan.FromHours(3));
        using var files = TlsFiles.Read(options, [])!;
        new TlsPeers(options, files, _time).Fault(node, [], TlsRole.Client, null).ShouldNotBeNull().ShouldContain("expired on");
    }

    [Theory]
    [InlineData("n1.hub.example", "n1.hub.example", true)]
    [InlineData("n1.hub.example", "N1.HUB.EXAMPLE", true)]
    [InlineData("*.hub.example", "n1.hub.example", true)]
    [InlineData("n1.hub.example", "*.hub.example", true)]
    [InlineData("*.hub.example", "*.hub.example", true)]
    [InlineData("n1.hub.example", "n2.hub.example", false)]
    [InlineData("n1.hub.example.evil.example", "*.hub.example", false)]
    [InlineData("a.n1.hub.example", "*.hub.example", false)]
    [InlineData("hub.example", "*.hub.example", false)]
    [InlineData("nhub.example", "*.hub.example", false)]
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    public void Allowed_names_are_alternative_names(string has, string allowed, bool isAllowed)
    {
        using var node = _authority.Issue(allowed.Trim('*', '.'), names: [has]);
        TlsNames.IsAllowed(node, ["else.example", allowed]).ShouldBe(isAllowed);
        TlsNames.IsAllowed(node, []).ShouldBeTrue();
    }

    [Fact]
    public void Host_names_and_allowed_names_are_asked_for_as_the_options_say()
    {
        using var node = _authority.Issue("n2", names: ["n2.example"]);
        Fault(node, TlsRole.Server, "n3.example").ShouldBe("is for n2.example and not for 'n3.example' (Tls.CheckHostNames)");
        Fault(node, TlsRole.Server, "n3.example", static o => o.CheckHostNames = false).ShouldBeNull();
        Fault(node, TlsRole.Client, null, static o => o.AllowedNames = ["n1.example"]).ShouldBe(
            "is for n2.example, and Tls.AllowedNames has none of these");
        Fault(node, TlsRole.Client, null, static o => o.AllowedNames = ["*.example"]).ShouldBeNull();
    }

    [Fact]
    public void Revocation_that_cannot_be_looked_up_is_refused_only_where_it_is_asked_for()
    {
        using var node = _authority.Issue("n2");
        Fault(node, TlsRole.Client).ShouldBeNull();
        Fault(node, TlsRole.Client, null, static o => o.CheckRevocation = true).ShouldBe(
            "cannot be looked up in a revocation list (Tls.CheckRevocation)");
    }

    [Fact]
    public void Expiry_is_told_each_day_of_the_last_two_weeks_and_afterwards()
    {
        var log = new LineLog();
        using var certificate = _authority.Issue("n1", to: _time.GetUtcNow().AddDays(16));
        using var tls = TlsNode.Start(_authority.Options(certificate), log, _time)!;
        log.Lines.ShouldHaveSingleItem().ShouldContain(
            $"The cluster speaks TLS. This node is CN=n1, valid until {TlsPeers.Date(certificate.NotAfter)}, signed by CN=test authority");
        _time.Advance(TimeSpan.FromDays(1));
        log.Lines.Count().ShouldBe(1);
        for (var day = 0; day < 3; day++) _time.Advance(TimeSpan.FromDays(1));
        log.Lines.Count(static l => l.Contains("of this node expires on", StringComparison.Ordinal)).ShouldBe(3);
        for (var day = 0; day < 13; day++) _time.Advance(TimeSpan.FromDays(1));
        log.Lines.Last().ShouldContain("of this node expired on");
    }

    [Fact]
    public void Expiry_that_is_near_is_told_at_the_start_itself_and_a_timer_that_is_late_does_not_touch_what_was_disposed()
    {
        var log = new LineLog();
        var time = new HeldTimer();
        using var certificate = _authority.Issue("n1", to: TimeProvider.System.GetUtcNow().AddDays(3));
        var tls = TlsNode.Start(_authority.Options(certificate), log, time)!;
        log.Lines.Last().ShouldContain("The certificate CN=n1 of this node expires on");

        tls.Dispose();
        // As one that the pool had begun when the node ended: what it throws would end the process.
        time.Fire();
        log.Lines.Count(static l => l.Contains("CN=n1 of this node expires on", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Theory]
    [InlineData("127.0.0.1", null, false)]
    [InlineData("localhost", null, false)]
    [InlineData("::1", null, false)]
    [InlineData("10.0.0.1", null, true)]
    [InlineData("0.0.0.0", null, true)]
    [InlineData("hub-0.hub", null, true)]
    [InlineData("10.0.0.1", "akka.remote.dot-netty.tcp.enable-ssl = on", false)]
    public void Port_that_is_open_to_others_without_tls_is_warned_of(string host, string? hocon, bool warns)
    {
        var log = new LineLog();
        var options = new AkkaClusterOptions { Host = host, Hocon = hocon };
        TlsNode.Warn(ClusterHocon.Compose(options), "Set Tls.CertificateFile", log);
        log.Lines.Count(l => l.Contains($"Whoever reaches {host}:4053 can publish and read everything", StringComparison.Ordinal))
            .ShouldBe(warns ? 1 : 0);
    }

    [Fact]
    public void Port_with_tls_is_not_warned_of()
    {
        var log = new LineLog();
        var options = new AkkaClusterOptions { Host = "10.0.0.1", Tls = _authority.Options() };
        TlsNode.Warn(ClusterHocon.Compose(options), "Set Tls.CertificateFile", log);
        log.Lines.ShouldBeEmpty();
    }

    private string? Fault(
        X509Certificate2 certificate, TlsRole role, string? host = null, Action<AkkaTlsOptions>? change = null,
        IEnumerable<X509Certificate2>? sent = null)
    {
        var options = _authority.Options();
        change?.Invoke(options);
        using var files = TlsFiles.Read(options, [])!;
        return new TlsPeers(options, files, _time).Fault(certificate, sent ?? [], role, host);
    }

    // The system's clock, with one timer that fires when it is told to, also after it was disposed.
    private sealed class HeldTimer : TimeProvider, ITimer
    {
        private Action? _fire;

        public void Fire() => _fire.ShouldNotBeNull()();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _fire.ShouldBeNull("there is one");
            _fire = () => callback(state);
            return this;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
