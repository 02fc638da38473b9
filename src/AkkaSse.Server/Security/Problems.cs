using System.Text.Json;

namespace AkkaSse.Server.Security;

/// <summary>RFC 9457 problems of the executable itself; those of the hub's routes are the edge's.</summary>
internal static class Problems
{
    internal static Task WriteAsync(HttpContext context, int status, string code, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        context.Response.Headers.CacheControl = "no-store";
        var body = JsonSerializer.SerializeToUtf8Bytes(new { type = "about:blank", title = code, status, code, detail });
        return context.Response.Body.WriteAsync(body, 0, body.Length, context.RequestAborted);
    }
}
