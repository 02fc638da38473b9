using System.Diagnostics;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests.Deployment;

/// <summary>What Helm makes of the chart, where Helm is installed.</summary>
public sealed class HelmTests
{
    // In the order of the examples: what each of them makes.
    private static readonly Dictionary<string, string[]> s_kinds = new()
    {
        ["akka-values.yaml"] = ["Certificate", "Certificate", "Issuer", "Issuer", "NetworkPolicy", "PodDisruptionBudget", "Service",
            "Service", "ServiceAccount", "StatefulSet"],
        ["memory-values.yaml"] = ["ConfigMap", "Service", "Service", "ServiceAccount", "ServiceMonitor", "StatefulSet"],
        ["postgres-values.yaml"] = ["Deployment", "PodDisruptionBudget", "Service", "ServiceAccount"],
    };

    public static TheoryData<string> ValueFiles => [.. s_kinds.Keys];

    [HelmTheory]
    [MemberData(nameof(ValueFiles))]
    public async Task Chart_is_rendered_and_has_no_fault(string file)
    {
        var values = Path.Combine(Chart.Root, "ci", file);
        var (linted, faults) = await HelmAsync("lint", "--strict", Chart.Root, "--values", values);
        linted.ShouldBe(0, faults);

        var (code, output) = await HelmAsync("template", "hub", Chart.Root, "--values", values);

        code.ShouldBe(0, output);
        output.Split('\n').Where(static l => l.StartsWith("kind: ", StringComparison.Ordinal)).Select(static l => l[6..].Trim())
            .ShouldBe(s_kinds[file], ignoreOrder: true);
        if (file == "akka-values.yaml") output.ShouldContain("hub-akkasse-2.hub-akkasse-cluster.default.svc.cluster.local:4053\n");
    }

    [HelmTheory]
    [InlineData("Nobody could be told from anybody")]
    [InlineData("replicas", "--set", "auth.allowAnonymousNetwork=true,replicas=2")]
    public async Task Values_that_make_no_hub_are_refused(string fault, params string[] arguments)
    {
        var (code, output) = await HelmAsync(["template", "hub", Chart.Root, .. arguments]);
        code.ShouldNotBe(0);
        output.ShouldContain(fault);
    }

    private static async Task<(int Code, string Output)> HelmAsync(params string[] arguments)
    {
        using var helm = Process.Start(new ProcessStartInfo("helm", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, errors) = (helm.StandardOutput.ReadToEndAsync(), helm.StandardError.ReadToEndAsync());
        await Eventually.Within(Task.WhenAll(output, errors), $"the end of helm {string.Join(' ', arguments)}");
        await helm.WaitForExitAsync();
        return (helm.ExitCode, await output + await errors);
    }

    private sealed class HelmTheoryAttribute : TheoryAttribute
    {
        public HelmTheoryAttribute() => Skip = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(
            static folder => File.Exists(Path.Combine(folder, "helm"))) ? null! : "helm is missing";
    }
}
