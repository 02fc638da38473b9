using System.Text.RegularExpressions;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Server.Tests;

public sealed partial class ConfigurationTests
{
    private const int ConfigurationFault = 78;
    private const int UsageFault = 2;

    [Fact]
    [Trait("parity", "CFG-19")]
    public async Task Every_fault_is_named_at_once_with_key_value_and_what_is_allowed()
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program,
            ["--retain-events", "0", "--heartbeat", "soon", "--set", "Hub:WriteTolerence=2", "--compatibility", "r3labs,gopher",
            "--log-format", "xml"]);

        code.ShouldBe(ConfigurationFault);
        output.ShouldContain("Hub:StreamDefaults:MaxEvents is 0; 1 to 100000000 are allowed.");
        output.ShouldContain("Hub:Heartbeat is 'soon' (from command line); a duration like 500ms, 15s");
        output.ShouldContain("Hub:WriteTolerence is not a key (from command line); did you mean WriteTolerance?");
        output.ShouldContain("Server:CompatibilityEndpoints has 'gopher'; r3labs, davidsbond, ctrlx are allowed");
        output.ShouldContain("Server:LogFormat is 'xml' (from command line); text, json is allowed.");
        output.ShouldNotContain("   at ", Case.Sensitive, "a fault of the configuration is no stack trace");
    }

    [Theory]
    [Trait("parity", "CFG-20")]
    [InlineData("Hub:MaxConnections=0", "Hub:MaxConnections is 0; at least 1 is needed, or null.")]
    [InlineData("Hub:WriteTimeout=0s", "Hub:WriteTimeout is 0s; 10ms to 10m are allowed, or explicitly infinite.")]
    [InlineData("Hub:Heartbeat=500ms", "Hub:Heartbeat is 500ms; 0 (off) or 1s to 1h are allowed.")]
    [InlineData("Hub:MaxEventBytes=1GiB", "Hub:MaxEventBytes is 1073741824; 1 to 67108864 are allowed.")]
    [InlineData("Hub:DuplicateClients=7",
        "Hub:DuplicateClients is '7' (from command line); replaceSamePrincipal, reject, replace is allowed.")]
    [InlineData("Hub:StreamDefaults:SlowReader=queue",
        "Hub:StreamDefaults:SlowReader is 'queue' (from command line); skip, disconnect, conflate, wait is allowed.")]
    [InlineData("Server:Otlp=collector", "Server:Otlp is not a url; an http or https url")]
    [InlineData("Server:CorsOrigins=https://a.example/path", "Server:CorsOrigins has 'https://a.example/path'; an origin like")]
    [InlineData("Server:AllowedHosts=http://hub.example",
        "Server:AllowedHosts has 'http://hub.example'; a name or address without scheme and port")]
    [InlineData("Server:KnownProxies=10.0.0.0/33",
        "Server:KnownProxies has '10.0.0.0/33'; an address like 10.0.0.5 or a network like 10.0.0.0/8 is allowed.")]
    [InlineData("Server:CorsHeaders=trace parent",
        "Server:CorsHeaders has 'trace parent'; the name of a header like traceparent is allowed.")]
    [InlineData("Server:CorsCredentials=true", "Server:CorsCredentials is true without Server:CorsOrigins")]
    [InlineData("Publishes=5", "Publishes is not a section (from command line)")]
    [InlineData("Logging:LogLevel:Default=loud", "Logging:LogLevel:Default is 'loud'")]
    public async Task A_value_out_of_range_is_refused_and_not_adjusted(string setting, string fault)
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["--set", setting]);

        code.ShouldBe(ConfigurationFault);
        output.ShouldContain(fault);
    }

    [Fact]
    public async Task The_postgres_engine_needs_a_connection_string_and_never_shows_one()
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["--engine", "postgres"]);
        code.ShouldBe(ConfigurationFault);
        output.ShouldContain("Postgres:ConnectionString is empty");

        (code, output) = await ProgramProcess.RunAsync(
            TestServer.Program, ["--engine", "postgres", "--postgres", "Password=s3cret-word;Port=none"]);
        code.ShouldBe(ConfigurationFault);
        output.ShouldNotContain("s3cret-word");

        (code, output) = await ProgramProcess.RunAsync(
            TestServer.Program, ["config", "--engine", "postgres", "--postgres", "Host=db;Password=s3cret-word"]);
        code.ShouldBe(0);
        output.ShouldContain("Postgres:ConnectionString");
        output.ShouldNotContain("s3cret-word");
    }

    [Fact]
    public async Task Faults_of_the_akka_engine_are_told_by_their_keys()
    {
        var (code, output) = await ProgramProcess.RunAsync(
            TestServer.Program, ["--engine", "akka", "--akka-seed", "no host", "--akka-hocon", "/does/not/exist", "--set",
            "Akka:Backups=9"]);

        code.ShouldBe(ConfigurationFault);
        output.ShouldContain("Akka:Seeds has 'no host'; host:port is allowed");
        output.ShouldContain("Akka:HoconFile is '/does/not/exist', which cannot be read");
        output.ShouldContain("Akka:Backups is 9; 0 to 6 are allowed");
    }

    [Fact]
    public async Task Faults_of_tls_are_told_by_their_keys_and_its_password_is_never_shown()
    {
        string[] password = ["--engine", "akka", "--set", "Akka:Tls:Password=s3cret-word"];
        var (code, output) = await ProgramProcess.RunAsync(
            TestServer.Program, [.. password, "--set", "Akka:Tls:CertificateFile=/does/not/exist", "--set", "Akka:Tls:CaFile=/nor/this"]);
        code.ShouldBe(ConfigurationFault);
        output.ShouldContain("Akka:Tls:CertificateFile is '/does/not/exist', which cannot be read: ");
        output.ShouldContain("Akka:Tls:CaFile is '/nor/this', which cannot be read: ");
        output.ShouldNotContain("s3cret-word");

        (code, output) = await ProgramProcess.RunAsync(TestServer.Program, password);
        code.ShouldBe(ConfigurationFault);
        output.ShouldContain("Akka:Tls:Password is set without Tls.CertificateFile, which turns TLS on");
        output.ShouldNotContain("s3cret-word");

        (code, output) = await ProgramProcess.RunAsync(
            TestServer.Program, ["config", "--engine", "memory", "--set", "Akka:Tls:Password=s3cret-word"]);
        code.ShouldBe(0, output);
        Line(output, "Akka:Tls:Password").ShouldBe(["Akka:Tls:Password", "********", "command line"]);
        Line(output, "Akka:Tls:CheckHostNames").ShouldBe(["Akka:Tls:CheckHostNames", "true", "default"]);
        output.ShouldNotContain("s3cret-word");
    }

    /// <summary>
    /// What the files for containers set must be keys of this server. Whatever engine they ask for, every build reads the keys of all.
    /// </summary>
    [Theory]
    [InlineData("compose.yaml", 1)]
    [InlineData("compose.postgres.yml", 4)]
    [InlineData("compose.akka.yml", 7)]
    [InlineData("compose.akka.tls.yml", 3)]
    [InlineData("kubernetes/statefulset.yaml", 8)]
    [InlineData("kubernetes/tls/statefulset-patch.yaml", 3)]
    public async Task Variables_of_the_deployment_files_are_taken(string file, int least)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "../../../../../docker", file));
        var variables = new Dictionary<string, string>();
        foreach (Match match in DeploymentVariable().Matches(text))
            variables[match.Groups[1].Value] = KubernetesReference().Replace(match.Groups[2].Value, "x");
        variables.Count.ShouldBeGreaterThanOrEqualTo(least);

        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["config", "--engine", "memory"], variables);
        code.ShouldBe(0, output);
        foreach (var name in variables.Keys.Where(static n => n != "AKKASSE_SERVER__ENGINE"))
        {
            var key = name["AKKASSE_".Length..].Replace("__", ":", StringComparison.Ordinal);
            output.Split('\n').ShouldContain(l => l.StartsWith(key + " ", StringComparison.OrdinalIgnoreCase)
                && l.TrimEnd().EndsWith("environment, AKKASSE_", StringComparison.Ordinal), $"{key} in\n{output}");
        }
    }

    [Theory]
    [InlineData("Hub is one value (from command line); it is a section", "--set", "Hub=1-s3cret")]
    [InlineData("Server is one value", "--set", "Server=1-s3cret")]
    [InlineData("Akka is one value", "--set", "Akka=1-s3cret")]
    [InlineData("Auth is one value", "--set", "Auth=1-s3cret")]
    [InlineData("Postgres is one value", "--set", "Postgres=Host=db;Password=1-s3cret")]
    [InlineData("Server:Otlp is not a url", "--set", "Server:Otlp=user:1-s3cret@host")]
    [InlineData("a port of 0 to 65535", "--urls", "http://127.0.0.1:99999")]
    public async Task Value_in_place_of_a_section_and_a_port_that_does_not_exist_are_faults(string fault, params string[] arguments)
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["--warm-up", "0", .. arguments]);

        code.ShouldBe(ConfigurationFault);
        output.ShouldContain(fault);
        output.ShouldNotContain("1-s3cret");
    }

    [Theory]
    [InlineData("Postgres:ConnectionString", "Host=db;Password=1-s3cret", "********")]
    [InlineData("Postgres:ListenConnectionString", "Host=db;Password=1-s3cret", "********")]
    [InlineData("Akka:Hocon", "a.b = 1-s3cret", "(text)")]
    public async Task Secret_of_the_configuration_is_not_shown(string key, string value, string shown)
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["config", "--engine", "memory", "--set", $"{key}={value}"]);

        code.ShouldBe(0, output);
        Line(output, key)[1].ShouldBe(shown);
        output.ShouldNotContain("1-s3cret");
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://host.example:0")]
    [InlineData("http://127.0.0.1:0;http://10.0.0.1:0")]
    public async Task Without_authentication_only_loopback_is_served(string urls)
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["--urls", urls]);

        code.ShouldBe(ConfigurationFault);
        output.ShouldContain("without authentication only loopback is allowed");
        output.ShouldContain("Auth:Tokens");
    }

    [Fact]
    public async Task Ports_for_all_addresses_count_as_network_too()
    {
        var (code, output) = await ProgramProcess.RunAsync(
            TestServer.Program, [], new Dictionary<string, string> { ["ASPNETCORE_HTTP_PORTS"] = "8080" });

        code.ShouldBe(ConfigurationFault);
        output.ShouldContain("http_ports is 'http://*:8080' (from environment, ASPNETCORE_)");
    }

    [Fact]
    public async Task An_unknown_switch_is_a_usage_fault()
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["--hearbeat", "5s"]);

        code.ShouldBe(UsageFault);
        output.ShouldContain("--hearbeat");
        output.ShouldContain("--help");
    }

    [Fact]
    public async Task The_command_line_wins_over_the_environment_and_that_over_files()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, """{ "Hub": { "Heartbeat": "2s", "Retry": "2s", "DrainWindow": "2s" } }""");
            var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["config", "--config", file, "--heartbeat", "4s"],
                new Dictionary<string, string> { ["AKKASSE_HUB__HEARTBEAT"] = "3s", ["AKKASSE_HUB__RETRY"] = "3s" });

            code.ShouldBe(0);
            Line(output, "Hub:Heartbeat").ShouldBe(["Hub:Heartbeat", "4s", "command line"]);
            Line(output, "Hub:Retry").ShouldBe(["Hub:Retry", "3s", "environment, AKKASSE_"]);
            Line(output, "Hub:DrainWindow").ShouldBe(["Hub:DrainWindow", "2s", file]);
            Line(output, "Hub:WriteTimeout").ShouldBe(["Hub:WriteTimeout", "5s", "default"]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("AKKASSE_AKKA__SEEDS__0=e:1", "", "e:1", "environment, AKKASSE_")]
    [InlineData("AKKASSE_AKKA__SEEDS=e:1,e:2", "", "e:1, e:2", "environment, AKKASSE_")]
    [InlineData("AKKASSE_AKKA__SEEDS=none", "", "none", "environment, AKKASSE_")]
    [InlineData("AKKASSE_AKKA__SEEDS=e:1", "Akka:Seeds:0=c:1 Akka:Seeds:1=c:2", "c:1, c:2", "command line")]
    [InlineData("AKKASSE_AKKA__SEEDS__0=e:1", "Akka:Seeds=c:1", "c:1", "command line")]
    [InlineData("AKKASSE_AKKA__SEEDS__1=e:2 AKKASSE_AKKA__SEEDS__0=e:1", "", "e:1, e:2", "environment, AKKASSE_")]
    public async Task List_of_a_later_source_takes_the_place_of_an_earlier_one_as_a_whole(
        string variables, string settings, string seeds, string source)
    {
        foreach (var inFile in new[] { "[\"f:1\", \"f:2\", \"f:3\"]", "\"f:1;f:2;f:3\"" })
        {
            var file = Path.GetTempFileName();
            try
            {
                await File.WriteAllTextAsync(file, $$"""{ "Akka": { "Seeds": {{inFile}} } }""");
                var (code, output) = await ProgramProcess.RunAsync(
                    TestServer.Program,
                    ["config", "--config", file, .. settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(
                        static s => new[] { "--set", s })],
                    variables.Split(' ').Select(static v => v.Split('=', 2)).ToDictionary(static v => v[0], static v => v[1]));
                code.ShouldBe(0, output);
                string.Join(' ', Line(output, "Akka:Seeds")[1..]).Split(' ', StringSplitOptions.RemoveEmptyEntries).ShouldBe(
                    $"{seeds} {source}".Split(' '), output);
            }
            finally
            {
                File.Delete(file);
            }
        }
    }

    [Theory]
    [InlineData("Akka:Seeds is '' (from environment, AKKASSE_); values are allowed, with ';' between them, or none.",
        "AKKASSE_AKKA__SEEDS=")]
    [InlineData("Akka:Seeds is ' ; ' (from environment, AKKASSE_)", "AKKASSE_AKKA__SEEDS= ; ")]
    [InlineData("Akka:Seeds is '' (from command line)", "", "--set", "Akka:Seeds=")]
    [InlineData("--akka-seed is empty; HOST[:PORT] is allowed, or none.", "", "--akka-seed", "")]
    [InlineData("--akka-seed is empty", "", "--akka-seed", "h:1", "--akka-seed", " ")]
    [InlineData("Akka:Seeds is one value and has numbered ones below it (from command line); one of both is allowed.", "", "--set",
        "Akka:Seeds=h:1", "--set", "Akka:Seeds:0=h:2")]
    public async Task List_that_is_empty_or_said_twice_is_a_fault(string fault, string variable, params string[] arguments)
    {
        var (code, output) = await ProgramProcess.RunAsync(
            TestServer.Program, ["config", "--engine", "akka", .. arguments],
            variable.Length == 0 ? null : new Dictionary<string, string> { [variable.Split('=')[0]] = variable.Split('=', 2)[1] });

        code.ShouldBe(ConfigurationFault, output);
        output.ShouldContain(fault);
    }

    [Theory]
    [InlineData("memory", "akka", "--akka-seed", "h:1")]
    [InlineData("memory", "akka", "--akka-port", "5")]
    [InlineData("postgres", "akka", "--akka-hocon", "f", "--postgres", "Host=db")]
    [InlineData("memory", "postgres", "--postgres", "Host=db")]
    public async Task Switch_of_an_engine_that_is_not_chosen_is_a_fault(string engine, string other, params string[] arguments)
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["config", "--engine", engine, .. arguments]);

        code.ShouldBe(ConfigurationFault, output);
        output.ShouldContain($"{arguments[0]} is given, but the engine is {engine}, which has no use for it; --engine {other} has.");
    }

    [Fact]
    public async Task Config_masks_secrets()
    {
        const string secret = "a-very-secret-token-1";
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["config"], Tokens(secret, "ci", "all"));

        code.ShouldBe(0);
        output.ShouldNotContain(secret);
        output.ShouldContain("Auth:Tokens:0:Subject");
    }

    [Fact]
    public async Task A_token_that_is_too_short_is_refused_without_being_shown()
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, [], Tokens("shorty", "ci", "fly:*"));

        code.ShouldBe(ConfigurationFault);
        output.ShouldNotContain("shorty");
        output.ShouldContain("Auth:Tokens:0:Token holds 6 characters; at least 16");
        output.ShouldContain("Auth:Tokens:0:Grants has 'fly:*'");
    }

    [Fact]
    public async Task An_unknown_section_and_a_broken_file_are_named()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, """{ "Hubb": { "Heartbeat": "2s" } }""");
            var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["config", "--config", file]);
            code.ShouldBe(ConfigurationFault);
            output.ShouldContain($"Hubb is not a section (from {file})");

            await File.WriteAllTextAsync(file, """{ "Hub": """);
            (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["config", "--config", file]);
            code.ShouldBe(ConfigurationFault);
            output.ShouldContain(Path.GetFileName(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Credentials_for_every_origin_are_a_fault_and_no_failed_start()
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["--cors-origin", "*", "--cors-credentials"]);

        code.ShouldBe(ConfigurationFault);
        output.ShouldContain("Server:CorsCredentials is true with '*' in Server:CorsOrigins");
    }

    [Fact]
    public async Task Help_names_every_switch_and_unit()
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["--help"]);

        code.ShouldBe(0);
        foreach (var option in CommandLine.ServerOption.All) output.ShouldContain(option.Name);
        output.ShouldContain("Times are written 500ms, 15s");
        output.ShouldContain("bytes as 1048576 or 1MiB");
        output.ShouldContain("[http://localhost:8080]");
    }

    [Fact]
    public async Task Version_is_that_of_the_build()
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["version"]);

        code.ShouldBe(0);
        Version.TryParse(output.Trim(), out _).ShouldBeTrue(output);
    }

    internal static Dictionary<string, string> Tokens(string token, string subject, params string[] grants)
    {
        var variables = new Dictionary<string, string>
        {
            ["AKKASSE_AUTH__TOKENS__0__TOKEN"] = token,
            ["AKKASSE_AUTH__TOKENS__0__SUBJECT"] = subject,
        };
        for (var i = 0; i < grants.Length; i++) variables[$"AKKASSE_AUTH__TOKENS__0__GRANTS__{i}"] = grants[i];
        return variables;
    }

    // "NAME: value" of Compose, "name: NAME, value: value" of Kubernetes, there on one line or two.
    [GeneratedRegex("""^[^#\n]*?(AKKASSE_\w+)(?:: |,\s+value: |\s+value: )"?([^"\n]*?)"?(?: })?$""", RegexOptions.Multiline)]
    private static partial Regex DeploymentVariable();

    // $(POD_NAME): filled in by the cluster.
    [GeneratedRegex(@"\$\(\w+\)")]
    private static partial Regex KubernetesReference();

    private static string[] Line(string output, string key) =>
        output.Split('\n').Single(l => l.StartsWith(key + " ", StringComparison.Ordinal)).Split(
            ' ', 3, StringSplitOptions.RemoveEmptyEntries).Select(p => p.Trim()).ToArray();
}
