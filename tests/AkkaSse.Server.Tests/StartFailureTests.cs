using System.Net;
using System.Net.Sockets;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Hosting;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests;

/// <summary>A server that cannot start ends with one sentence: what, where, and which key decides about it.</summary>
[Trait("speed", "slow")]
public sealed class StartFailureTests
{
    private const int Failed = 1;
    private const int ConfigurationFault = 78;

    // An address of TEST-NET-1: no machine has it.
    private const string NotOfThisMachine = "192.0.2.1";

    [Fact]
    public async Task Url_that_another_server_has()
    {
        await using var server = await TestServer.StartAsync();
        await ShouldFailAsync(
            Failed, ["--urls", server.Url.ToString()], $"127.0.0.1:{server.Url.Port}: address already in use by another process", "urls",
            "--urls");
    }

    [Theory]
    [InlineData($"{NotOfThisMachine}:8080 cannot be listened on: ", "The key is urls, the switch --urls.", "--allow-anonymous-network",
        "--urls", $"http://{NotOfThisMachine}:8080")]
    [InlineData("/no/such/directory/hub.sock cannot be listened on: ", "--urls", "--urls", "http://unix:/no/such/directory/hub.sock")]
    [InlineData("No server certificate was specified for HTTPS on https://127.0.0.1:0", "The key is urls, the switch --urls.", "--urls",
        "https://127.0.0.1:0")]
    [InlineData("/no/such/file.pfx", "", "--urls", "https://127.0.0.1:0", "--set", "Kestrel:Certificates:Default:Path=/no/such/file.pfx")]
    [InlineData($"The cluster's port {NotOfThisMachine}:4053 cannot be listened on: ", "The key is Akka:Host, the switch --akka-host.",
        "--urls", "http://127.0.0.1:0", "--engine", "akka", "--akka-host", NotOfThisMachine)]
    [InlineData("MaxEventBytes is 33554432", "are allowed", "--urls", "http://127.0.0.1:0", "--engine", "akka", "--akka-port", "0", "--set",
        "Hub:MaxEventBytes=32MiB")]
    public Task Outside_that_refuses_is_told_in_a_sentence(string what, string key, params string[] arguments) =>
        ShouldFailAsync(Failed, arguments, what, key);

    [Theory]
    [InlineData("127.0.0.1:80 cannot be listened on: Permission denied. Listen on", true)]
    [InlineData("Failed to bind to address http://localhost:80: Permission denied. Listen on", false)]
    public void Port_without_the_right_to_it(string sentence, bool isOneAddress)
    {
        // As Kestrel throws it for an address, and for localhost, which is two. Tests may run as a user who may bind every port.
        var denied = new SocketException((int)SocketError.AccessDenied);
        StartFailures.KeepEndpoint(denied, new IPEndPoint(IPAddress.Loopback, 80));
        Exception fault = isOneAddress
            ? denied
            : new IOException("Failed to bind to address http://localhost:80.", new AggregateException(denied, denied));
        var settings = EffectiveSettings.Read(
            ConfigurationTree.Load(null, new Dictionary<string, string?> { ["urls"] = "http://localhost:80" }));

        var message = StartFailures.Of(fault, settings).Message;

        message.ShouldStartWith(sentence);
        message.ShouldEndWith("The key is urls, the switch --urls.");
    }

    [Fact]
    public async Task Port_of_the_cluster_that_another_process_has()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        await ShouldFailAsync(Failed, ["--urls", "http://127.0.0.1:0", "--engine", "akka", "--akka-port", $"{port}"],
            $"The cluster's port 127.0.0.1:{port} cannot be listened on: ", "The key is Akka:Port, the switch --akka-port.");
    }

    [Theory]
    [InlineData("akka { cluster {", ConfigurationFault, "Akka:HoconFile cannot be read: ")]
    [InlineData("akka.cluster.downing-provider-class = \"No.Such.Provider, Nowhere\"", Failed,
        "The key is Akka:HoconFile, the switch --akka-hocon.")]
    [InlineData("akkasse.sharding.least-shard-allocation-strategy.rebalance-absolute-limit = many", Failed,
        "The key is Akka:HoconFile, the switch --akka-hocon.")]
    [InlineData("akka.remote.retry-gate-closed-for = soon", Failed, "The key is Akka:HoconFile, the switch --akka-hocon.")]
    [InlineData("akka.actor.default-dispatcher.type = NoSuchDispatcher", Failed, "The key is Akka:HoconFile, the switch --akka-hocon.")]
    public async Task Hocon_that_akka_does_not_take(string hocon, int code, string key)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, hocon);
            await ShouldFailAsync(
                code, ["--urls", "http://127.0.0.1:0", "--engine", "akka", "--akka-port", "0", "--akka-hocon", file], key);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public Task Hocon_file_that_is_none() =>
        ShouldFailAsync(ConfigurationFault, ["--engine", "akka", "--akka-hocon", Path.GetTempPath()],
            $"Akka:HoconFile is '{Path.GetTempPath()}', which cannot be read: ");

    [Fact]
    public async Task Signal_during_the_start_ends_it_as_asked()
    {
        // A database that takes connections and says nothing holds up the start.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var server = ProgramProcess.Start(TestServer.Program, ["--urls", "http://127.0.0.1:0", "--engine", "postgres"],
            new Dictionary<string, string>
            {
                ["AKKASSE_POSTGRES__CONNECTIONSTRING"] =
                    $"Host=127.0.0.1;Port={((IPEndPoint)silent.LocalEndpoint).Port};Username=u;Database=d",
                ["AKKASSE_SERVER__WARMUP"] = "0s",
            });
        using var connection = await Eventually.Within(silent.AcceptTcpClientAsync(), "the server to connect");

        server.Terminate();

        (await server.ExitAsync()).ShouldBe(0, server.Output);
    }

    private static async Task ShouldFailAsync(int expected, string[] arguments, params string[] parts)
    {
        var (code, output) = await ProgramProcess.RunAsync(
            TestServer.Program, arguments, new Dictionary<string, string> { ["AKKASSE_SERVER__WARMUP"] = "0s" });

        code.ShouldBe(expected, output);
        var sentence = output.Split('\n').Where(static l => l.StartsWith("akkasse: ", StringComparison.Ordinal))
            .ShouldHaveSingleItem(output);
        foreach (var part in parts) sentence.ShouldContain(part, Case.Sensitive, output);
        output.ShouldNotContain("   at ");
        output.ShouldNotContain("Unhandled exception");
    }
}
