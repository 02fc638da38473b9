using AkkaSse.Hub;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AkkaSse.AspNetCore;

/// <summary>The start of a response whose chunks the stream writes itself.</summary>
internal static class ChunkedStart
{
    /// <summary>
    /// Writes the head that the response has now. With a coding that the application names the server writes no chunks and no last one.
    /// When it fails the stream's connection is disposed of.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="stream">The stream's connection.</param>
    /// <param name="closing">Of the transport connection that is asked to close once the head is written; null: none is.</param>
    internal static async Task RunAsync(HttpContext context, IClientConnection stream, IFeatureCollection? closing = null)
    {
        try
        {
            context.Response.Headers.TransferEncoding = "chunked";
            await context.Response.StartAsync(CancellationToken.None).ConfigureAwait(false);
            closing?.GetRequiredFeature<IConnectionLifetimeNotificationFeature>().RequestClose();
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
