using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AkkaSse.Server.Tests.Support;
using Json.Schema;

namespace AkkaSse.Server.Tests.Deployment;

/// <summary>The Helm chart as far as it can be checked without Helm: values, schema, versions, the server's keys.</summary>
public sealed partial class ChartTests
{
    // What stands behind the keys of a list, and a value that the server takes. A key that the chart writes and that has none here fails.
    private static readonly Dictionary<string, string> s_values = new()
    {
        ["AKKASSE_HUB__NODENAME"] = "akkasse-0",
        ["AKKASSE_SERVER__ENGINE"] = "memory",
        ["AKKASSE_SERVER__DATA"] = "none",
        ["AKKASSE_SERVER__LOGFORMAT"] = "json",
        ["AKKASSE_SERVER__READINESSDELAY"] = "10s",
        ["AKKASSE_SERVER__ALLOWANONYMOUSNETWORK"] = "true",
        ["AKKASSE_SERVER__ALLOWEDHOSTS"] = "akkasse,akkasse.default.svc,*.example.com",
        ["AKKASSE_SERVER__KNOWNPROXIES"] = "10.0.0.0/8,192.168.0.5",
        ["AKKASSE_AUTH__TOKENS__0__TOKENFILE"] = "",
        ["AKKASSE_AUTH__TOKENS__0__SUBJECT"] = "shop",
        ["AKKASSE_AUTH__TOKENS__0__GRANTS"] = "publish:orders*;subscribe:orders*",
        ["AKKASSE_POSTGRES__CONNECTIONSTRING"] = "Host=db;Username=hub;Password=p;Database=hub",
        ["AKKASSE_AKKA__HOST"] = "0.0.0.0",
        ["AKKASSE_AKKA__PUBLICHOST"] = "akkasse-0.akkasse-cluster.default.svc.cluster.local",
        ["AKKASSE_AKKA__SEEDS"] = "akkasse-0.akkasse-cluster.default.svc.cluster.local:4053,akkasse-1.akkasse-cluster:4053",
        ["AKKASSE_AKKA__REQUIREDSEEDS"] = "2",
        ["AKKASSE_AKKA__TLS__CERTIFICATEFILE"] = "/tls/tls.crt",
        ["AKKASSE_AKKA__TLS__KEYFILE"] = "/tls/tls.key",
        ["AKKASSE_AKKA__TLS__CAFILE"] = "/tls/ca.crt",
    };

    public static TheoryData<string> ValueFiles => [.. Chart.ValueFiles.Select(static f => Path.GetFileName(f))];

    [Fact]
    public void Default_values_fit_the_schema_which_names_exactly_them()
    {
        Faults(Chart.Defaults()).ShouldBeEmpty();
        var schema = JsonNode.Parse(File.ReadAllText(Path.Combine(Chart.Root, "values.schema.json")))!;
        // Helm itself adds global.
        Keys(schema).Where(static k => k != "global").ShouldBe(Paths(Chart.Defaults(), schema), ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(ValueFiles))]
    public void Values_of_each_engine_fit_the_schema(string file) =>
        Faults(Chart.Merge(Chart.Defaults(), Chart.Read($"ci/{file}"))).ShouldBeEmpty();

    [Fact]
    public void There_are_values_for_each_engine() =>
        Chart.ValueFiles.Select(static f => Chart.Merge(Chart.Defaults(), Chart.Parse(File.ReadAllText(f)))["engine"]!.GetValue<string>())
            .ShouldBe(["akka", "memory", "postgres"], ignoreOrder: true);

    [Theory]
    [InlineData("engine: redis")]
    [InlineData("replica: 3")]
    [InlineData("akka: { seed: 3 }")]
    [InlineData("replicas: 2")]
    [InlineData("{ engine: postgres }")]
    [InlineData("{ engine: akka, akka: { tls: { enabled: true } } }")]
    [InlineData("auth: { tokens: [{ existingSecret: s, key: k, subject: a }] }")]
    [InlineData("auth: { tokens: [{ existingSecret: s, key: k, subject: a, grants: [\"a;b\"] }] }")]
    [InlineData("persistence: { size: large }")]
    [InlineData("terminationGracePeriodSeconds: 5")]
    public void Values_that_make_no_hub_are_refused(string values) =>
        Faults(Chart.Merge(Chart.Defaults(), Chart.Parse(values))).ShouldNotBeEmpty();

    [Fact]
    public void Chart_has_the_version_of_the_server()
    {
        var chart = Chart.Read("Chart.yaml");
        var version = VersionElement().Match(File.ReadAllText(Path.Combine(BuildOutput.Root, "Directory.Build.props"))).Groups[1].Value;
        chart["version"]!.GetValue<string>().ShouldBe(version);
        chart["appVersion"]!.GetValue<string>().ShouldBe(version);
    }

    [Fact]
    public async Task Every_key_that_the_chart_writes_is_bound_by_the_server()
    {
        var written = Chart.Templates.SelectMany(static f => Variable().Matches(File.ReadAllText(f)))
            .Select(static m => Braces().Replace(m.Groups[1].Value, "0")).Distinct().ToList();
        written.ShouldBe(s_values.Keys, ignoreOrder: true, "what stands in the templates, and what this test gives the server");

        var secret = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(secret, "0123456789abcdef0123456789abcdef");
            var variables = new Dictionary<string, string>(s_values) { ["AKKASSE_AUTH__TOKENS__0__TOKENFILE"] = secret };
            var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["config"], variables);
            code.ShouldBe(0, output);
            foreach (var name in written)
            {
                var key = name["AKKASSE_".Length..].Replace("__", ":", StringComparison.Ordinal);
                output.Split('\n').ShouldContain(l => l.StartsWith(key + " ", StringComparison.OrdinalIgnoreCase)
                    && l.TrimEnd().EndsWith("environment, AKKASSE_", StringComparison.Ordinal), $"{key} in\n{output}");
            }
        }
        finally
        {
            File.Delete(secret);
        }
    }

    [Theory]
    [MemberData(nameof(ValueFiles))]
    public async Task Configuration_and_extra_variables_of_the_examples_are_taken(string file)
    {
        var values = Chart.Merge(Chart.Defaults(), Chart.Read($"ci/{file}"));
        var config = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(config, values["config"]!.ToJsonString());
            var variables = values["extraEnv"]!.AsArray().ToDictionary(
                static v => v!["name"]!.GetValue<string>(), static v => v!["value"]!.GetValue<string>());
            var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["config", "--config", config], variables);
            code.ShouldBe(0, output);
        }
        finally
        {
            File.Delete(config);
        }
    }

    private static List<string> Faults(JsonObject values)
    {
        var schema = JsonSchema.FromText(File.ReadAllText(Path.Combine(Chart.Root, "values.schema.json")));
        var element = JsonSerializer.SerializeToElement(values);
        var result = schema.Evaluate(element, new EvaluationOptions { OutputFormat = OutputFormat.List });
        return result.IsValid ? [] : [.. (result.Details ?? []).Where(static d => !d.IsValid).Select(
            static d => $"{d.InstanceLocation}: {string.Join("; ", d.Errors?.Values.ToList() ?? [])}")];
    }

    // The keys that the schema names, down to where anything is allowed.
    private static IEnumerable<string> Keys(JsonNode schema, string path = "") =>
        (schema["properties"] as JsonObject ?? []).SelectMany(
            p => Keys(p.Value!, $"{path}.{p.Key}").DefaultIfEmpty($"{path}.{p.Key}"[1..]));

    private static IEnumerable<string> Paths(JsonObject values, JsonNode? schema, string path = "") => values.SelectMany(
        v => v.Value is JsonObject section && schema?["properties"]?[v.Key]?["properties"] is JsonObject
            ? Paths(section, schema["properties"]![v.Key], $"{path}.{v.Key}")
            : [$"{path}.{v.Key}"[1..]]);

    [GeneratedRegex(@"<Version>(.*)</Version>")]
    private static partial Regex VersionElement();

    [GeneratedRegex(@"\b(AKKASSE_(?:[A-Z0-9_]|\{\{.*?\}\})+)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\{\{.*?\}\}")]
    private static partial Regex Braces();
}
