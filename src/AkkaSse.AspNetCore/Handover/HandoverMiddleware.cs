using System.IO.Pipelines;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Connections;

namespace AkkaSse.AspNetCore;

/// <summary>A connection's life: its requests, and then the event stream that one of them has opened.</summary>
internal static class HandoverMiddleware
{
    public static async Task RunAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        // Awaited in two steps, so that the frame of an idle connection holds nothing of the first.
        if (await ServeAsync(next, connection).ConfigureAwait(false) is var (stream, body)) await StreamAsync(connection, stream, body).ConfigureAwait(false);
    }

    private static async ValueTask<(IClientConnection Stream, PipeWriter Body)?> ServeAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        var gate = HandoverGate.Open(connection);
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        catch when (gate.Stream is not null)
        {
            await gate.Stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        gate.Close();
        return gate.Stream is { } stream ? (stream, gate.OpenBody()) : null;
    }

    private static async Task StreamAsync(ConnectionContext connection, IClientConnection stream, PipeWriter output)
    {
        await stream.RunAsync(output, connection.Abort, connection.ConnectionClosed).ConfigureAwait(false);
        if (connection.ConnectionClosed.IsCancellationRequested || stream.Reason is CloseReason.ClientGone or CloseReason.WriteError) return;
        output.Complete();
        await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }
}
