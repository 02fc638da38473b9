using AkkaSse.Server.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AkkaSse.Server.Metrics;

/// <summary>Sends the hub's metrics and traces to an OTLP collector, as long as it lives.</summary>
internal sealed class OtlpExport(string endpoint, string node) : IHostedService
{
    private MeterProvider? _metrics;
    private TracerProvider? _traces;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var resource = ResourceBuilder.CreateDefault().AddService("akkasse", serviceVersion: ServerVersion.Text, serviceInstanceId: node);
        _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource)
            .AddMeter(ServerHost.Meters)
            .AddOtlpExporter(o => o.Endpoint = new Uri(endpoint))
            .Build();
        _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource)
            .AddSource(ServerHost.Meters)
            .AddOtlpExporter(o => o.Endpoint = new Uri(endpoint))
            .Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        // Disposal flushes what is left, for at most 5 s each.
        _metrics?.Dispose();
        _traces?.Dispose();
        return Task.CompletedTask;
    }
}
