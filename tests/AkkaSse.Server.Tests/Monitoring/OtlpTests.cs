using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests.Monitoring;

/// <summary>What a collector gets, and what a reader is told, of a publish that is part of a trace.</summary>
[Trait("speed", "slow")]
public sealed class OtlpTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string Context = $"00-{TraceId}-b7ad6b7169203331-01";

    [Fact]
    [Trait("parity", "OBS-07")]
    public async Task Publish_of_a_traced_request_is_one_trace_up_to_the_reader_who_is_told_of_it()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using var server = await TestServer.StartAsync(
            0, Variables("OTEL_METRIC_EXPORT_INTERVAL", "100"), null, "--otlp", collector.Url);
        await using var reader = await RawSseClient.OpenAsync(server.Url, "/v1/streams/news/events?trace=1");
        await reader.NextAsync(static b => b.Type == "hub.open", "the opening event");

        await PublishAsync(server);

        var read = await reader.NextAsync(static b => b.Data == "x", "the event");
        read.Comments.ShouldHaveSingleItem().ShouldStartWith($"traceparent=00-{TraceId}-");
        read.Comments[0].ShouldNotContain("b7ad6b7169203331", Case.Sensitive, "it is the hub's span");
        var id = Convert.FromHexString(TraceId);
        await Eventually.Until(() => collector.HasTrace(id) && collector.HasTrace("deliver"u8), "the trace");
        foreach (var name in new[] { "publish", "append", "deliver", "akkasse", "http.route" })
            await Eventually.Until(() => collector.HasTrace(System.Text.Encoding.UTF8.GetBytes(name)), name);
        await Eventually.Until(() => collector.HasMetric("akkasse.events.published"u8), "metrics");
        collector.HasTrace("secret-ticket"u8).ShouldBeFalse("queries are not exported");
    }

    [Fact]
    public async Task Sampler_of_the_environment_decides_and_events_that_are_not_sampled_carry_nothing()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using var server = await TestServer.StartAsync(
            0, Variables("OTEL_TRACES_SAMPLER", "always_off"), null, "--otlp", collector.Url);
        await using var reader = await RawSseClient.OpenAsync(server.Url, "/v1/streams/news/events?trace=1");
        await reader.NextAsync(static b => b.Type == "hub.open", "the opening event");

        await PublishAsync(server);

        (await reader.NextAsync(static b => b.Data == "x", "the event")).Comments.ShouldBeEmpty();
    }

    private static async Task PublishAsync(TestServer server)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/streams/news/events?cache=secret-ticket");
        request.Headers.TryAddWithoutValidation("traceparent", Context);
        request.Content = new StringContent("x");
        (await server.Http.SendAsync(request)).EnsureSuccessStatusCode();
    }

    private static Dictionary<string, string> Variables(string name, string value) =>
        new() { ["OTEL_BSP_SCHEDULE_DELAY"] = "50", [name] = value };
}
