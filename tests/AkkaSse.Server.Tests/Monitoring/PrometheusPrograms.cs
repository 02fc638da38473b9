using System.Diagnostics;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests.Monitoring;

/// <summary>Debian's <c>prometheus</c> and <c>promtool</c>.</summary>
internal static class PrometheusPrograms
{
    /// <summary>Where they are; null when there are none, or when <c>AKKASSE_TEST_PROMETHEUS</c> is <c>none</c>.</summary>
    internal static string? Directory { get; } = Environment.GetEnvironmentVariable("AKKASSE_TEST_PROMETHEUS") switch
    {
        null or "" => File.Exists("/usr/bin/promtool") ? "/usr/bin" : null,
        "none" => null,
        var given => given,
    };

    /// <summary>Runs promtool to its end.</summary>
    internal static async Task<(int Code, string Output)> CheckAsync(string? input, params string[] arguments)
    {
        using var process = Process.Start(Info("promtool", arguments))!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var limit = Eventually.Limit();
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output + await errors);
    }

    internal static ProcessStartInfo Info(string program, IEnumerable<string> arguments) =>
        new(Path.Combine(Directory!, program), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
}

/// <summary>A test that needs Prometheus; without it it is counted as skipped, with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PrometheusFactAttribute : FactAttribute
{
    public PrometheusFactAttribute()
    {
        if (PrometheusPrograms.Directory is null)
            Skip = "No promtool found; install the package prometheus, or name its directory in AKKASSE_TEST_PROMETHEUS.";
    }
}
