using AkkaSse.Hub;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AkkaSse.AspNetCore;

/// <summary>A request that lives as long as its stream, for <see cref="StreamEnd.CutToReturn"/>.</summary>
internal static class CutRequest
{
    // RFC 9113, 7: the stream is not needed any more.
    private const int Cancel = 8;

    public static async Task RunAsync(HttpContext context, IClientConnection connection)
    {
        var kept = new EventStream.KeptRequest(context);
        var features = context.Features;
        var lifetime = features.Get<IConnectionLifetimeNotificationFeature>();
        // Response middleware replaces the body; chunks that are written here would run through it.
        var isOwn = ResponseBody.IsOfServer(features);
        if (lifetime is null || !isOwn || !HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            connection.Run(context.Response.BodyWriter, kept, context.RequestAborted);
            await kept.Task.ConfigureAwait(false);
            if (StreamEnd.CutToReturn.IsProper(connection.Reason)) return;
            if (features.Get<IHttpResetFeature>() is { } stream) stream.Reset(Cancel);
            else context.Abort();
            return;
        }

        // Chunks of its own, and no last one: after an abort what is on its way to the peer would be gone.
        await ChunkedStart.RunAsync(context, connection).ConfigureAwait(false);
        var body = new ChunkedWriter(context.Response.BodyWriter);
        connection.Run(body, kept, context.RequestAborted);
        await kept.Task.ConfigureAwait(false);
        if (StreamEnd.CutToReturn.IsProper(connection.Reason))
        {
            body.Complete();
            await body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            return;
        }
        lifetime.RequestClose();
    }
}
