using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Notes the answers to calls, around everything else: authentication, guards and limits refuse before an endpoint is reached.
/// </summary>
internal sealed class AuditStartup(IHubAudit audit, TimeProvider? time = null) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(following => context => InvokeAsync(context, following));
        next(app);
    };

    private async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var call = new AuditCall(audit, time ?? TimeProvider.System, context);
        context.Features.Set(call);
        context.Features.Set<IHubAuditFeature>(call);
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch
        {
            // The server answers, if anybody is left who waits for it.
            call.Failed();
            throw;
        }
        call.Answered();
    }
}
