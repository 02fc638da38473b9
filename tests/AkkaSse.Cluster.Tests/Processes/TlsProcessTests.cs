using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Testing;
using AkkaSse.Testing.Processes;

namespace AkkaSse.Cluster.Tests.Processes;

/// <summary>Three servers that speak TLS, and strangers at their port. All real processes on loopback.</summary>
[Collection(ProcessCollection.Name)]
[Trait("speed", "slow")]
public sealed partial class TlsProcessTests(TlsProcessTests.Lender lender) : IClassFixture<TlsProcessTests.Lender>
{
    [Fact]
    public async Task Three_nodes_with_certificates_are_one_hub()
    {
        var cluster = await lender.StartedAsync();
        await using var reader = await RawSseClient.OpenAsync(cluster.Urls[1], "/v1/streams/tls/events?since=earliest");
        await using var client = await RawSseClient.OpenAsync(cluster.Urls[1], "/v1/events?client=tls-client&stream=tls-own");
        await client.NextAsync("hub.open");
        (await PostAsync(cluster.Urls[0], "/v1/streams/tls/events", "one")).ShouldBe(HttpStatusCode.Accepted);
        (await reader.NextEventAsync()).Data.ShouldBe("one");
        (await PostAsync(cluster.Urls[2], "/v1/clients/tls-client/events", "two")).ShouldBe(HttpStatusCode.Accepted);
        (await client.NextEventAsync()).Data.ShouldBe("two");
        cluster.Output.ShouldContain("The cluster speaks TLS. This node is CN=n0");
        cluster.Output.ShouldContain("akka.ssl.tcp://");
    }

    [Fact]
    public Task Node_without_tls_neither_joins_nor_publishes_nor_reads() =>
        StrangerAsync([], "speaks TLS and this node does not, so it cannot join: set Tls.CertificateFile");

    [Fact]
    public async Task Node_of_another_authority_neither_joins_nor_publishes_nor_reads()
    {
        using var other = new TestAuthority("another authority");
        await StrangerAsync(
            Arguments(other, "x1"),
            "its certificate CN=n0 is signed by CN=test authority, and trusted is CN=another authority (Tls.CaFile)");
    }

    /// <summary>It trusts the cluster's authority, and is refused by the others alone.</summary>
    [Fact]
    public async Task Node_that_would_let_the_others_in_and_is_of_another_authority_itself_is_told_that_it_is_refused()
    {
        using var other = new TestAuthority("another authority");
        var both = other.Write("both.crt", other.Root.ExportCertificatePem() + "\n" + lender.Authority.Root.ExportCertificatePem() + "\n");
        var cluster = await lender.StartedAsync();
        await StrangerAsync([.. Arguments(other, "x2"), "--set", $"Akka:Tls:CaFile={both}"],
            "it refuses this node's certificate CN=x2; its own log says why");
        // What its attempts have the nodes log may be hidden by another test's stranger: a line per minute and address.
        using var certificate = other.Issue("x2");
        await using var line = await LineAsync("127.0.0.2");
        (await TalkAsync(line, certificate)).ShouldBe(0);
        await SaidAsync(cluster,
            $"A connection from [::ffff:127.0.0.2]:{((IPEndPoint)line.Socket.LocalEndPoint!).Port} to the cluster's port was refused: " +
            "its certificate CN=x2 is signed by CN=another authority, and trusted is CN=test authority");
    }

    [Fact]
    public async Task Node_with_an_expired_certificate_does_not_start_and_says_why()
    {
        await lender.StartedAsync();
        var now = TimeProvider.System.GetUtcNow();
        using var expired = lender.Authority.Issue("x3", from: now.AddDays(-9), to: now.AddDays(-2));
        var fault = await Should.ThrowAsync<InvalidOperationException>(
            () => NodeProcess.StartAsync("x3", lender.Stranger(Arguments(lender.Authority, "x3", expired))));
        fault.Message.ShouldContain(
            $"its certificate CN=x3 expired on {expired.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC; other nodes would refuse it.");
        fault.Message.ShouldNotContain("   at ", Case.Sensitive, "a fault of the configuration is no stack trace");
    }

    /// <summary>As a node whose certificate ends while it runs would be.</summary>
    [Fact]
    public async Task Connection_with_an_expired_certificate_is_refused()
    {
        var cluster = await lender.StartedAsync();
        var now = TimeProvider.System.GetUtcNow();
        using var expired = lender.Authority.Issue("gone", from: now.AddDays(-9), to: now.AddDays(-2));
        await using var line = await LineAsync("127.0.0.3");
        (await TalkAsync(line, expired)).ShouldBe(0);
        await SaidAsync(cluster, $"its certificate CN=gone expired on {expired.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC");
        await GoesOnAsync(cluster);
    }

    [Fact]
    public async Task Strangers_that_speak_no_tls_or_have_no_certificate_learn_nothing_and_leave_nothing_behind()
    {
        var cluster = await lender.StartedAsync();
        var node = cluster.Nodes[0];
        await GoesOnAsync(cluster);
        var before = Descriptors(node);

        await using (var http = await LineAsync())
        {
            await http.WriteAsync("GET / HTTP/1.1\r\nHost: hub\r\n\r\n"u8.ToArray());
            (await ReadToEndAsync(http)).ShouldBe(0);
        }
        await using (var akka = await LineAsync())
        {
            // A frame as a node without TLS sends them: four bytes of length, then nothing that is one.
            await akka.WriteAsync(new byte[] { 32, 0, 0, 0 }.Concat(new byte[32]).ToArray());
            (await ReadToEndAsync(akka)).ShouldBe(0);
        }
        await using (var nobody = await LineAsync()) (await TalkAsync(nobody, null)).ShouldBe(0);
        // Says nothing at all: let go after the limit of handshakes.
        await using (var silent = await LineAsync()) (await ReadToEndAsync(silent)).ShouldBe(0);
        for (var i = 0; i < 50; i++)
        {
            await using var again = await LineAsync();
            await again.WriteAsync("HELO\r\n\r\n"u8.ToArray());
            (await ReadToEndAsync(again)).ShouldBe(0);
        }

        await SaidAsync(cluster, "was refused: it speaks no TLS.");
        await SaidAsync(cluster, "was refused: it shows no certificate.");
        cluster.Output.ShouldNotContain(Convert.ToHexString(Encoding.ASCII.GetBytes("GET / HTTP")), Case.Insensitive);
        node.Output.Split('\n').Count(static l => l.Contains("it speaks no TLS", StringComparison.Ordinal))
            .ShouldBeLessThan(10, "54 connections");
        await Eventually.Until(() => Descriptors(node) <= before, () => $"{before} descriptors; there are {Descriptors(node)}");
        await GoesOnAsync(cluster);
    }

    /// <summary>The others go on connecting to the address of a member that has ended.</summary>
    [Fact]
    public async Task Stranger_at_the_address_of_a_member_is_not_let_in_and_the_member_comes_back()
    {
        using var authority = new TestAuthority();
        using var other = new TestAuthority("another authority");
        var of = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var name in new[] { "n0", "n1", "n2" }) of[name] = Arguments(authority, name);
        var right = of["n2"];
        await using var cluster = await AkkaProcesses.StartAsync(3, 0, name => of[name]);
        foreach (var (wrong, says) in new[] { (Array.Empty<string>(), "speaks TLS and this node does not"),
            (Arguments(other, "n2"), "is signed by CN=test authority, and trusted is CN=another authority") })
        {
            await cluster.KillAsync(2);
            of["n2"] = wrong;
            await cluster.StartNodeAsync("n2");
            await Eventually.Until(
                () => cluster.Nodes[2].Output.Contains(says, StringComparison.Ordinal), () => $"'{says}'\n{cluster.Output}");
            foreach (var url in cluster.Urls.Take(2))
                await Eventually.Until(async () => await PostAsync(url, "/v1/streams/on/events", "x") == HttpStatusCode.Accepted,
                    () => $"publishes through the two\n{cluster.Output}");
            (await PostAsync(cluster.Urls[2], "/v1/streams/on/events", "stranger")).ShouldBe(HttpStatusCode.ServiceUnavailable);
            await cluster.KillAsync(2);
            of["n2"] = right;
            await cluster.StartReadyNodeAsync("n2");
            await Eventually.Until(async () => await PostAsync(cluster.Urls[2], "/v1/streams/on/events", "back") == HttpStatusCode.Accepted,
                () => $"publishes through the third\n{cluster.Output}");
        }
    }

    // Started beside the cluster, whose seeds it knows: says why it is not let in, and the cluster goes on.
    private async Task StrangerAsync(string[] arguments, string says)
    {
        var cluster = await lender.StartedAsync();
        await using var reader = await RawSseClient.OpenAsync(cluster.Urls[0], "/v1/streams/secret/events?since=latest");
        (await PostAsync(cluster.Urls[0], "/v1/streams/secret/events", "not for strangers")).ShouldBe(HttpStatusCode.Accepted);
        (await reader.NextEventAsync()).Data.ShouldBe("not for strangers");
        await using var stranger = await NodeProcess.StartAsync("stranger", lender.Stranger(arguments));
        await Eventually.Until(() => stranger.Output.Contains(says, StringComparison.Ordinal), () => $"'{says}'\n{stranger.Output}");

        (await PostAsync(stranger.Url, "/v1/streams/secret/events", "of a stranger")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        using var http = new HttpClient();
        using var history = await http.GetAsync(new Uri(stranger.Url, "/v1/streams/secret/history"));
        history.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await history.Content.ReadAsStringAsync()).ShouldNotContain("not for strangers");
        (await http.GetAsync(new Uri(stranger.Url, "/healthz/ready"))).IsSuccessStatusCode.ShouldBeFalse();
        (await http.GetStringAsync(new Uri(cluster.Urls[0], "/v1/cluster"))).ShouldNotContain("stranger");
        (await PostAsync(cluster.Urls[2], "/v1/streams/secret/events", "of a node")).ShouldBe(HttpStatusCode.Accepted);
        (await reader.NextEventAsync()).Data.ShouldBe("of a node");
        await GoesOnAsync(cluster);
    }

    private static async Task GoesOnAsync(NodeCluster cluster)
    {
        await using var reader = await RawSseClient.OpenAsync(cluster.Urls[1], "/v1/streams/goes-on/events?since=latest");
        (await PostAsync(cluster.Urls[0], "/v1/streams/goes-on/events", "on")).ShouldBe(HttpStatusCode.Accepted);
        (await reader.NextEventAsync()).Data.ShouldBe("on");
        using var http = new HttpClient();
        foreach (var url in cluster.Urls)
            await Eventually.Until(async () => (await http.GetAsync(new Uri(url, "/healthz/ready"))).IsSuccessStatusCode,
                () => $"{url} to be ready\n{cluster.Output}");
    }

    private static Task SaidAsync(NodeCluster cluster, string sentence) =>
        Eventually.Until(() => cluster.Output.Contains(sentence, StringComparison.Ordinal), () => $"'{sentence}'\n{cluster.Output}");

    private static async Task<HttpStatusCode> PostAsync(Uri node, string path, string data)
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsync(new Uri(node, path), new StringContent(data));
        return answer.StatusCode;
    }

    // From an address of the loopback network: nodes log a line per minute and address, so a test that reads one has an address of its own.
    private async Task<NetworkStream> LineAsync(string from = "127.0.0.1")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, lender.Ports[0]);
        return new NetworkStream(socket, ownsSocket: true);
    }

    // What came before the end; a reset is an end too.
    private static async Task<int> ReadToEndAsync(NetworkStream line)
    {
        var buffer = new byte[4_096];
        var count = 0;
        using var limit = Eventually.Limit();
        try
        {
            for (int read; (read = await line.ReadAsync(buffer, limit.Token)) > 0;) count += read;
        }
        catch (IOException)
        {
        }
        return count;
    }

    // What comes over TLS before the end, which is the handshake's failure or comes right after it.
    private static async Task<int> TalkAsync(NetworkStream line, X509Certificate2? certificate)
    {
        using var limit = Eventually.Limit();
        await using var tls = new SslStream(line, leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "127.0.0.1",
                ClientCertificates = certificate is null ? null : [certificate],
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
            }, limit.Token);
            return await tls.ReadAsync(new byte[1], limit.Token);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            return 0;
        }
    }

    private static int Descriptors(NodeProcess node) => Directory.GetFiles($"/proc/{node.Pid}/fd").Length;

    private static string[] Arguments(TestAuthority authority, string name, X509Certificate2? certificate = null)
    {
        using var issued = certificate is null ? authority.Issue(name) : null;
        var (file, key) = authority.Files(name, certificate ?? issued!);
        return ["--set", $"Akka:Tls:CertificateFile={file}", "--set", $"Akka:Tls:KeyFile={key}", "--set",
            $"Akka:Tls:CaFile={authority.CaFile}"];
    }

    [GeneratedRegex(@"listens for the cluster at akka\.ssl\.tcp://akkasse@127\.0\.0\.1:([0-9]+)")]
    private static partial Regex ClusterPort();

    /// <summary>Three nodes for all tests that leave them as they were.</summary>
    public sealed class Lender : IAsyncLifetime
    {
        // A stranger that says nothing is let go after 15 s by default.
        private const string Hocon = "Akka:Hocon=akka.remote.handshake-timeout = 5s";

        private NodeCluster? _nodes;

        internal TestAuthority Authority { get; } = new();

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync()
        {
            if (_nodes is { } nodes) await nodes.DisposeAsync();
            Authority.Dispose();
        }

        /// <summary>Where they listen for each other.</summary>
        internal IReadOnlyList<int> Ports { get; private set; } = [];

        internal async Task<NodeCluster> StartedAsync()
        {
            if (_nodes is not null) return _nodes;
            _nodes = await AkkaProcesses.StartAsync(3, 0, name => [.. Arguments(Authority, name), "--set", Hocon]);
            Ports = [.. _nodes.Nodes.Select(static n => int.Parse(ClusterPort().Match(n.Output).Groups[1].Value, null))];
            return _nodes;
        }

        /// <summary>A further node, which knows the seeds.</summary>
        internal NodeStart Stranger(string[] arguments) =>
            new(["--urls", "http://127.0.0.1:0", "--engine", "akka", "--akka-port", "0", .. Ports.SelectMany(
                static p => new[] { "--akka-seed", $"127.0.0.1:{p}" }), .. arguments]);
    }
}
