using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AkkaSse.AspNetCore;

/// <summary>How every answer that is no event stream is written.</summary>
internal static class ResponseBody
{
    /// <summary>Writes a whole body with its <c>Content-Length</c>; status and headers are set before.</summary>
    public static Task WriteAsync(HttpContext context, ReadOnlySpan<byte> body)
    {
        context.Response.ContentLength = body.Length;
        context.Response.BodyWriter.Write(body);
        return FlushAsync(context);
    }

    /// <summary>
    /// Hands on what was written. The server sends what its own writer holds when the request ends, head and body in one system call, so
    /// nothing is flushed there. A writer that middleware has put in its place (for logs, compression, caches) passes on only what was
    /// flushed.
    /// </summary>
    public static Task FlushAsync(HttpContext context) =>
        IsOfServer(context.Features) ? Task.CompletedTask : context.Response.BodyWriter.FlushAsync().AsTask();

    /// <summary>True when no middleware has replaced the response body.</summary>
    public static bool IsOfServer(IFeatureCollection features) =>
        ReferenceEquals(features.Get<IHttpResponseBodyFeature>(), features.Get<IHttpRequestFeature>());
}
