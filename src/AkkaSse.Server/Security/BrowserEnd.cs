using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using AkkaSse.Protocol;

namespace AkkaSse.Server.Security;

/// <summary>
/// The refusal while the engine is away, as an <c>EventSource</c> understands it: a stream that ends at once and says when to come back.
/// </summary>
internal static class BrowserEnd
{
    /// <param name="context">The request.</param>
    /// <param name="retry">When to come back.</param>
    internal static Task WriteAsync(HttpContext context, TimeSpan retry)
    {
        context.Features.Get<IHubAuditFeature>()?.Refuse(StatusCodes.Status503ServiceUnavailable, HubErrorCodes.EngineUnavailable);
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache, no-store, no-transform";
        response.Headers["X-Accel-Buffering"] = "no";
        var given = context.Request.Headers["Last-Event-ID"] is { Count: 1 } id ? id[0] : null;
        SseEncoder.Write(response.BodyWriter, new SseEvent
        {
            Type = HubNames.EndEvent,
            Data = """{"reason":"unavailable"}""",
            Retry = TimeSpan.FromMilliseconds(Math.Ceiling(retry.TotalMilliseconds)),
            // There are clients whose last event id an event without an id empties.
            Id = new SubscribeRequest { LastEventId = given }.RepeatableLastEventId,
        });
        return response.BodyWriter.FlushAsync(context.RequestAborted).AsTask();
    }
}
