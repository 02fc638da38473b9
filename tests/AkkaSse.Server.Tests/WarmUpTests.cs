using System.Text.Json;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests;

/// <summary>The warm-up before the server listens leaves compiled code and nothing else.</summary>
[Trait("speed", "slow")]
public sealed class WarmUpTests
{
    [Fact]
    public Task Warm_up_leaves_no_stream_no_client_no_count_and_no_log_line() => NothingIsLeftAsync();

    [Fact]
    public Task Warm_up_of_a_cluster_leaves_nothing_either() => NothingIsLeftAsync("--engine", "akka", "--akka-port", "0");

    [Fact]
    public async Task Time_out_of_bounds_is_refused()
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["config", "--warm-up", "2m"]);
        code.ShouldBe(78);
        output.ShouldContain("Server:WarmUp is");
        output.ShouldContain("0s to 1m are allowed");
    }

    private static async Task NothingIsLeftAsync(params string[] arguments)
    {
        await using var server = await TestServer.StartAsync(
            0, new Dictionary<string, string> { ["AKKASSE_SERVER__WARMUP"] = "200ms" }, null, ["--log-level", "debug", .. arguments]);
        await Eventually.Until(async () => (await server.Http.GetAsync("/healthz/ready")).IsSuccessStatusCode,
            () => $"the server to be ready\n{server.Process.Output}");
        JsonDocument.Parse(await server.Http.GetStringAsync("/v1/cluster")).RootElement.GetProperty("nodes").GetArrayLength().ShouldBe(1);
        JsonDocument.Parse(await server.Http.GetStringAsync("/v1/streams")).RootElement.GetProperty("streams").GetArrayLength().ShouldBe(0);
        JsonDocument.Parse(await server.Http.GetStringAsync("/v1/clients")).RootElement.GetProperty("clients").GetArrayLength().ShouldBe(0);
        var metrics = await server.Http.GetStringAsync("/metrics");
        metrics.ShouldContain("akkasse_ready");
        foreach (var counted in metrics.Split('\n').Where(
            static l => l.StartsWith("akkasse_", StringComparison.Ordinal) && (l.Contains("connects", StringComparison.Ordinal)
            || l.Contains("published", StringComparison.Ordinal) || l.Contains("delivered", StringComparison.Ordinal))))
            counted.ShouldEndWith(" 0");
        // The line that announces it names the switch.
        string.Join('\n', server.Process.Output.Split('\n').Skip(1)).ShouldNotContain("warm-up");
        server.Process.Output.ShouldNotContain("The warm-up failed");
        server.Process.Output.ShouldContain("warms up before it listens");
        (await server.PublishAsync("a", "x")).EnsureSuccessStatusCode();
    }
}
