using System.Diagnostics;

namespace AkkaSse.Server.Hosting;

/// <summary>One line per request, when it has ended. Path without query, because a query may hold what is nobody's business.</summary>
internal sealed partial class AccessLog(RequestDelegate next, ILogger<AccessLog> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            LogRequest(logger, context.Request.Method, context.Request.Path, context.Response.StatusCode,
                (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds, context.Connection.RemoteIpAddress?.ToString()
                ?? "-", context.User.Identity?.IsAuthenticated == true ? context.User.Identity.Name ?? "-" : "-");
        }
    }

    [LoggerMessage(3101, LogLevel.Information, "{Method} {Path} {Status} {Milliseconds} ms from {Remote} as {Subject}")]
    private static partial void LogRequest(
        ILogger logger, string method, PathString path, int status, long milliseconds, string remote, string subject);
}
