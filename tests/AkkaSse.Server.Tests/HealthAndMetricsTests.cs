using System.Net;
using System.Text.RegularExpressions;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Server.Tests;

[Trait("detach", "both")]
public sealed partial class HealthAndMetricsTests
{
    [Fact]
    [Trait("parity", "OBS-07")]
    public async Task Health_says_phase_and_engine()
    {
        await using var server = await TestServer.StartAsync();

        foreach (var path in (string[])["/healthz/live", "/healthz/ready"])
        {
            using var response = await server.Http.GetAsync(path);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            var body = await response.Content.ReadAsStringAsync();
            body.ShouldContain("\"status\":\"ok\"");
            body.ShouldContain("\"phase\":\"running\"");
            body.ShouldContain("\"engineState\":\"ready\"");
        }
    }

    [Fact]
    [Trait("parity", "OBS-06")]
    public async Task Metrics_are_prometheus_text_that_counts_and_names_no_stream_or_client()
    {
        await using var server = await TestServer.StartAsync();
        await using var reader = await server.ReadAsync("/v1/events?stream=secret-stream&client=secret-client");
        await reader.NextAsync("hub.open");
        (await server.PublishAsync("secret-stream", "x")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await reader.NextAsync("message");

        using var response = await server.Http.GetAsync("/metrics");
        var text = await response.Content.ReadAsStringAsync();

        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries)) Line().IsMatch(line).ShouldBeTrue(line);
        text.ShouldNotContain("secret-");
        text.ShouldContain("akkasse_build_info{engine=\"memory\"");
        text.ShouldContain("akkasse_ready{} 1");
        text.ShouldContain("process_open_fds");
        var types = text.Split('\n').Where(l => l.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(l => l.Split(' ')[2]).ToList();
        types.Distinct().Count().ShouldBe(types.Count, "a family stands in the text once");
    }

    [GeneratedRegex("""^(# (HELP|TYPE|UNIT) [a-z_][a-z0-9_]* .+|""" +
        """[a-z_][a-z0-9_]*(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)*\})? (NaN|[+-]?Inf|[-+0-9.eE]+))$""")]
    private static partial Regex Line();
}
