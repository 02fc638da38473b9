using System.Text;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Health;
using AkkaSse.Server.Hosting;

namespace AkkaSse.Server.Metrics;

/// <summary><c>/metrics</c>.</summary>
internal static class MetricsEndpoint
{
    internal static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/metrics", static (
            HttpContext context, MetricCollector collector, Readiness readiness, EffectiveSettings settings) =>
        {
            var text = new StringBuilder(collector.Write());
            MetricCollector.Head(text, "akkasse_build_info", "Always 1; the labels say what runs.", "gauge");
            MetricCollector.Sample(text, "akkasse_build_info",
                $"engine=\"{settings.Server.Engine}\",inline_completions=\"{Inline()}\",version=\"{ServerVersion.Text}\"", 1);
            MetricCollector.Head(text, "akkasse_ready", "1 when the node takes work, as /healthz/ready says.", "gauge");
            MetricCollector.Sample(text, "akkasse_ready", "", readiness.WhyNotReady() is null ? 1 : 0);
            ProcessMetrics.Write(text);
            context.Response.Headers.CacheControl = "no-store";
            context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
            return context.Response.WriteAsync(text.ToString(), context.RequestAborted);
        });

    private static string Inline() => InlineCompletions.InEffect() switch { true => "on", false => "off", null => "unknown" };
}
