using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore;

/// <summary>What the handlers of the compatible edges share: the native edge's context, their options, and errors as plain text.</summary>
internal sealed class CompatibilityContext(EdgeContext edge, SseCompatibilityOptions options, IServiceProvider services)
{
    private bool? _text;

    public EdgeContext Edge => edge;

    public SseCompatibilityOptions Options => options;

    /// <summary>
    /// Answers with the message alone, as the older hubs do; their clients compare it. An error writer that the application has chosen is
    /// used here too (HTTP-06).
    /// </summary>
    public Task RefuseAsync(HttpContext context, HubFault fault)
    {
        if (!(_text ??= services.GetRequiredService<IHubErrorWriter>() is ProblemErrorWriter)) return edge.RefuseAsync(context, fault);
        var response = context.Response;
        if (fault.RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (fault.Allow is not null) response.Headers.Allow = fault.Allow;
        AuditCall.Of(edge, context)?.Refuse(fault.Status, fault.Code);
        var body = Encoding.UTF8.GetBytes(fault.Message + "\n");
        response.StatusCode = fault.Status;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.ContentType = "text/plain; charset=utf-8";
        return ResponseBody.WriteAsync(context, body);
    }
}
