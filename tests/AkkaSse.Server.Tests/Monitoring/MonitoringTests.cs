using System.Text.Json;
using System.Text.RegularExpressions;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests.Monitoring;

/// <summary>What Prometheus and its tools say of the metrics, the rules and the dashboard that come with the hub.</summary>
[Trait("speed", "slow")]
public sealed partial class MonitoringTests
{
    private static readonly string s_files = Path.Combine(BuildOutput.Root, "docker", "monitoring");

    [PrometheusFact]
    [Trait("parity", "OBS-06")]
    public async Task Promtool_finds_nothing_to_say_about_the_metrics()
    {
        await using var node = await BusyNode.StartAsync();

        var text = await node.Http.GetStringAsync("/metrics");
        var (code, output) = await PrometheusPrograms.CheckAsync(text, "check", "metrics");

        output.ShouldBe("", text);
        code.ShouldBe(0);
        text.ShouldContain("akkasse_events_published_total{namespace=\"chat/\"} ");
        text.ShouldNotContain("otel_scope");
    }

    [PrometheusFact]
    public async Task Promtool_takes_the_configuration_and_the_rules()
    {
        foreach (var (what, file) in new[] { ("config", "prometheus.yml"), ("rules", "alerts.yml") })
        {
            var (code, output) = await PrometheusPrograms.CheckAsync(null, "check", what, Path.Combine(s_files, file));
            code.ShouldBe(0, output);
        }
    }

    [PrometheusFact]
    public async Task Each_alert_fires_for_what_it_is_about_and_a_quiet_hub_fires_none()
    {
        var tests = Path.Combine(BuildOutput.Root, "tests", "AkkaSse.Server.Tests", "Monitoring", "alerts.test.yml");
        var (code, output) = await PrometheusPrograms.CheckAsync(null, "test", "rules", tests);
        code.ShouldBe(0, output);
        var tested = File.ReadAllText(tests);
        foreach (var (name, _) in Alerts()) tested.ShouldContain($"alertname=\"{name}\"");
    }

    [PrometheusFact]
    public async Task Every_query_of_the_dashboard_and_of_the_alerts_has_data_of_a_real_node()
    {
        var queries = Panels().Concat(Alerts().Select(static a => a.Measured)).ToArray();
        queries.Length.ShouldBeGreaterThan(30);
        await using var node = await BusyNode.StartAsync();
        await using var prometheus = await PrometheusServer.StartAsync(node.Url);

        foreach (var query in queries)
        {
            await Eventually.Until(
                async () => await prometheus.CountAsync(query) > 0, () => $"data of {query}\n{prometheus.Output}");
        }
    }

    [Fact]
    public void Each_alert_has_a_paragraph_that_says_what_to_do()
    {
        var guide = File.ReadAllText(Path.Combine(BuildOutput.Root, "docs", "observability.md"));
        var rules = File.ReadAllText(Path.Combine(s_files, "alerts.yml"));
        foreach (var (name, _) in Alerts())
        {
            guide.ShouldContain($"\n### {name}\n");
            rules.ShouldContain($"runbook: docs/observability.md#{name.ToLowerInvariant()}\n");
        }
        Headings().Matches(guide).Select(static m => m.Groups[1].Value).ShouldBe(Alerts().Select(static a => a.Name), ignoreOrder: true);
    }

    // With the variables of the dashboard as "All", and a range that has several of the test's scrapes in it.
    private static IEnumerable<string> Panels() =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(s_files, "dashboard.json"))).RootElement.GetProperty("panels").EnumerateArray()
            .Where(static p => p.TryGetProperty("targets", out _)).SelectMany(static p => p.GetProperty("targets").EnumerateArray())
            .Select(static t => t.GetProperty("expr").GetString()!.Replace("$__rate_interval", "20s", StringComparison.Ordinal)
                .Replace("$job", ".*", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal));

    // What an alert compares: the comparison itself has data only when it fires.
    private static IEnumerable<(string Name, string Measured)> Alerts() =>
        Rules().Matches(File.ReadAllText(Path.Combine(s_files, "alerts.yml")))
            .Select(static m => (m.Groups["name"].Value, m.Groups["measured"].Value));

    [GeneratedRegex(@"- alert: (?<name>\w+)\n(?: +#[^\n]*\n)* +expr: (?<measured>[^\n]+) (?:==|>|<) [0-9.]+\n")]
    private static partial Regex Rules();

    [GeneratedRegex(@"\n### (AkkaSse\w+)\n")]
    private static partial Regex Headings();
}
