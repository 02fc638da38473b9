using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Server.Tests.Monitoring;

/// <summary>A collector that takes what is exported over gRPC and keeps its bytes: names and ids stand in them as they are.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<byte[]> _traces = new();
    private readonly ConcurrentQueue<byte[]> _metrics = new();

    private OtlpReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        _app = builder.Build();
        _app.MapPost("/opentelemetry.proto.collector.trace.v1.TraceService/Export", context => TakeAsync(context, _traces));
        _app.MapPost("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", context => TakeAsync(context, _metrics));
    }

    internal string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    internal static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>Whether spans with this in their bytes have come.</summary>
    internal bool HasTrace(ReadOnlySpan<byte> part) => Has(_traces, part);

    /// <summary>Whether metrics with this in their bytes have come.</summary>
    internal bool HasMetric(ReadOnlySpan<byte> part) => Has(_metrics, part);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static bool Has(ConcurrentQueue<byte[]> messages, ReadOnlySpan<byte> part)
    {
        foreach (var message in messages)
        {
            if (message.AsSpan().IndexOf(part) >= 0) return true;
        }
        return false;
    }

    private static async Task TakeAsync(HttpContext context, ConcurrentQueue<byte[]> to)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        to.Enqueue(body.ToArray());
        context.Response.ContentType = "application/grpc";
        context.Response.DeclareTrailer("grpc-status");
        // An empty message: not compressed, no bytes.
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
