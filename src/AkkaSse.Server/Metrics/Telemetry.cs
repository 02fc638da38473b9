using System.Collections;
using System.Diagnostics.Metrics;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Hosting;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AkkaSse.Server.Metrics;

/// <summary>OpenTelemetry: which instruments and spans there are, and where they go (decision 0100).</summary>
internal static class Telemetry
{
    // Beyond it new sets of labels of one instrument share a series. The library makes the places at once, 2 000 of them unless it is told.
    private const int MostSeries = 128;

    // With a label for it each namespace has one series per status of a publish, which are the most.
    private const int SeriesPerNamespace = 16;

    internal static void Add(WebApplicationBuilder builder, EffectiveSettings settings)
    {
        AddVariables(builder.Configuration);
        builder.Services.AddSingleton<ServerMetrics>();
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(
                "akkasse", serviceVersion: ServerVersion.Text, autoGenerateServiceInstanceId: false,
                serviceInstanceId: settings.Hub.NodeName))
            .WithMetrics(metrics => Measure(metrics, settings));
        if (settings.Server.Otlp is { } otlp) telemetry.WithTracing(tracing => Trace(tracing, otlp));
    }

    private static void Measure(MeterProviderBuilder metrics, EffectiveSettings settings)
    {
        var most = MostSeries + (SeriesPerNamespace * settings.Hub.Namespaces.Count);
        metrics.AddMeter(ServerHost.Meters).AddRuntimeInstrumentation().AddView(instrument => ViewOf(instrument, most))
            .AddPrometheusExporter(static o =>
            {
                // There is one meter of each name.
                o.ScopeInfoEnabled = false;
                // A scrape is what is now; it takes 3 ms.
                o.ScrapeResponseCacheDurationMilliseconds = 0;
            });
        if (settings.Server.RequestMetrics) metrics.AddAspNetCoreInstrumentation();
        if (settings.Server.Otlp is { } otlp) metrics.AddOtlpExporter(o => o.Endpoint = new Uri(otlp));
    }

    private static void Trace(TracerProviderBuilder tracing, string otlp) => tracing.AddSource(ServerHost.Meters)
        .AddAspNetCoreInstrumentation(static o => o.Filter = static context =>
            !context.Request.Path.StartsWithSegments("/healthz") && !context.Request.Path.StartsWithSegments("/metrics"))
        .AddOtlpExporter(o => o.Endpoint = new Uri(otlp));

    // In Prometheus a name that ends in count is that of a histogram's part. Threads and queue of the pool are counters in the runtime
    // (10.0), although they fall: ServerMetrics has them as what they are.
    private static MetricStreamConfiguration ViewOf(Instrument instrument, int most) => (instrument.Meter.Name, instrument.Name) switch
    {
        ("System.Runtime", "dotnet.assembly.count" or "dotnet.timer.count" or "dotnet.process.cpu.count"
            or "dotnet.thread_pool.thread.count" or "dotnet.thread_pool.queue.length") => MetricStreamConfiguration.Drop,
        _ => new MetricStreamConfiguration { CardinalityLimit = most },
    };

    // The server reads its own keys alone; sampling, and what else the exporters take, is called as in every program with OpenTelemetry.
    private static void AddVariables(ConfigurationManager configuration) => configuration.AddInMemoryCollection(
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(static v => v.Key is string name && name.StartsWith("OTEL_", StringComparison.Ordinal))
            .Select(static v => new KeyValuePair<string, string?>((string)v.Key, (string?)v.Value)));
}
