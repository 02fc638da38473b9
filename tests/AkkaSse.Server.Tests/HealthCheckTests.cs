using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests;

/// <summary><c>healthcheck</c>, which images and scripts call.</summary>
[Trait("speed", "slow")]
public sealed partial class HealthCheckTests
{
    private static readonly string s_docker = Path.Combine(BuildOutput.Root, "docker");

    public static TheoryData<string> ComposeFiles => ["compose.yaml", "compose.akka.yml", "compose.postgres.yml"];

    [Fact]
    public async Task Server_that_is_ready_is_found_by_its_url_and_by_its_configuration()
    {
        await using var server = await TestServer.StartAsync();

        (await CheckAsync([server.Url.ToString()])).ShouldBe((0, "ready"));
        // As the image says it: all addresses of the machine.
        (await CheckAsync([], ("AKKASSE_URLS", $"http://*:{server.Url.Port}"))).ShouldBe((0, "ready"));
        // A proxy of the environment is for what is elsewhere.
        (await CheckAsync([], ("ASPNETCORE_HTTP_PORTS", $"{server.Url.Port}"), ("http_proxy", "http://127.0.0.1:1")))
            .ShouldBe((0, "ready"));
    }

    [Fact]
    public async Task Server_on_a_unix_socket_is_found_by_the_file_that_configures_it()
    {
        var folder = Directory.CreateTempSubdirectory("akkasse-health-").FullName;
        try
        {
            var file = Path.Combine(folder, "hub.json");
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { urls = $"http://unix:{folder}/s" }));
            (await CheckAsync(["--config", file])).Code.ShouldBe(1);

            var (server, _) = await ProgramProcess.ListenAsync(
                TestServer.Program, ["--urls", $"http://127.0.0.1:0;http://unix:{folder}/s", "--warm-up", "0"]);
            await using (server) (await CheckAsync(["--config", file])).ShouldBe((0, "ready"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Server_that_drains_is_not_ready_and_the_check_says_why()
    {
        await using var server = await TestServer.StartAsync("--set", "Server:ReadinessDelay=10m");
        server.Process.Terminate();
        await Eventually.Until(async () => (await server.Http.GetAsync("/healthz/ready")).StatusCode == HttpStatusCode.ServiceUnavailable,
            "readiness fails");

        (await CheckAsync([server.Url.ToString()])).ShouldBe((1, "akkasse: not ready: draining"));
    }

    [Fact]
    public async Task Peer_that_is_silent_is_waited_for_no_longer_than_asked()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        var (code, output) = await CheckAsync([$"http://{silent.LocalEndpoint}", "--timeout", "300ms"]);

        code.ShouldBe(1);
        output.ShouldBe($"akkasse: http://{silent.LocalEndpoint}/ has not answered in 300ms");
    }

    [Theory]
    [InlineData(1, "http://127.0.0.1:1/ does not answer", "http://127.0.0.1:1")]
    [InlineData(2, "'ftp://x' is not a url", "ftp://x")]
    [InlineData(2, "--timeout is 'soon'", "http://127.0.0.1:1", "--timeout", "soon")]
    [InlineData(78, "--config is 'nowhere.json'", "--config", "nowhere.json")]
    public async Task Check_that_cannot_be_made_says_so_in_a_sentence(int exit, string fault, params string[] arguments)
    {
        var (code, output) = await CheckAsync(arguments);
        code.ShouldBe(exit, output);
        output.ShouldContain(fault);
        output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Port_that_the_system_chooses_has_to_be_named()
    {
        var (code, output) = await CheckAsync([], ("AKKASSE_URLS", "http://127.0.0.1:0"));
        code.ShouldBe(78);
        output.ShouldContain("urls is 'http://127.0.0.1:0', where the system chooses the port");
    }

    [Fact]
    public void Image_checks_the_server_with_the_server() =>
        Instruction("HEALTHCHECK").ShouldBe([.. Instruction("ENTRYPOINT"), "healthcheck"]);

    [Theory]
    [MemberData(nameof(ComposeFiles))]
    public void Compose_checks_each_node_with_the_server(string file)
    {
        var tests = ComposeTest().Matches(File.ReadAllText(Path.Combine(s_docker, file))).Select(
            static m => JsonSerializer.Deserialize<string[]>(m.Groups[1].Value)!);
        string[] command = ["CMD", .. Instruction("ENTRYPOINT"), "healthcheck"];
        tests.ShouldContain(t => t.SequenceEqual(command));
    }

    // The words of the command that stands in an instruction of the image.
    private static string[] Instruction(string name) => JsonSerializer.Deserialize<string[]>(
        Command().Matches(File.ReadAllText(Path.Combine(s_docker, "Dockerfile"))).Single(m => m.Groups[1].Value == name).Groups[3].Value)!;

    private static Task<(int Code, string Output)> CheckAsync(string[] arguments, params (string Key, string Value)[] environment)
    {
        // What the test is not about: a busy machine takes longer than a supervisor would wait.
        string[] patience = arguments.Contains("--timeout") ? [] : ["--timeout", "10m"];
        return ProgramProcess.RunAsync(TestServer.Program, ["healthcheck", .. arguments, .. patience],
            environment.ToDictionary(static e => e.Key, static e => e.Value));
    }

    [GeneratedRegex("""^(ENTRYPOINT|HEALTHCHECK)( .* CMD)? (\[.*\])$""", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex("""^\s+test: (\[.*\])$""", RegexOptions.Multiline)]
    private static partial Regex ComposeTest();
}
