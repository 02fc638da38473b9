using System.Text.Json;
using AkkaSse.Hub;

namespace AkkaSse.Server.Health;

/// <summary><c>/healthz/live</c> and <c>/healthz/ready</c>: 200 or 503 with the reason, never behind authentication.</summary>
internal static class HealthEndpoints
{
    internal static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/healthz/live", [HttpMethods.Get, HttpMethods.Head], static (
            HttpContext context, Readiness readiness, IHubEdge hub) =>
            WriteAsync(context, hub, readiness.WhyNotAlive())).AllowAnonymous();
        routes.MapMethods("/healthz/ready", [HttpMethods.Get, HttpMethods.Head], static (
            HttpContext context, Readiness readiness, IHubEdge hub) =>
            WriteAsync(context, hub, readiness.WhyNotReady())).AllowAnonymous();
    }

    private static Task WriteAsync(HttpContext context, IHubEdge hub, string? reason)
    {
        var load = hub.Load;
        context.Response.StatusCode = reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsHead(context.Request.Method)) return Task.CompletedTask;
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            status = reason is null ? "ok" : "fail",
            reason,
            phase = Name(hub.Phase),
            engine = load.Engine,
            engineState = Name(hub.EngineState),
        });
        return context.Response.Body.WriteAsync(body, 0, body.Length, context.RequestAborted);
    }

    private static string Name(Enum value) => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
