using System.IO.Pipelines;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Connections;

namespace AkkaSse.AspNetCore;

/// <summary>A connection's life: its requests, and then the event stream that one of them has opened.</summary>
internal static class HandoverMiddleware
{
    // Two steps, and one frame for the second: what an idle connection keeps of the first is nothing.
    public static async Task RunAsync(ConnectionDelegate next, ConnectionContext connection, FrontDoor? door)
    {
        if (await ServeAsync(next, connection, door).ConfigureAwait(false) is not var (stream, output)) return;
        await stream.RunAsync(output, connection.Abort, connection.ConnectionClosed).ConfigureAwait(false);
        if (connection.ConnectionClosed.IsCancellationRequested || stream.Reason is CloseReason.ClientGone or CloseReason.WriteError) return;
        output.Complete();
        await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private static async ValueTask<(IClientConnection Stream, PipeWriter Body)?> ServeAsync(ConnectionDelegate next, ConnectionContext connection, FrontDoor? door)
    {
        var gate = HandoverGate.Open(connection, door);
        try
        {
            if (door is not null && AsksToRead(connection)) await door.Enter();
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

    // The request is mostly there when a connection is taken from a backlog. Where it is not, the endpoint goes through the door later.
    private static bool AsksToRead(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        if (!input.TryRead(out var result)) return false;
        var asks = !result.Buffer.IsEmpty && result.Buffer.FirstSpan[0] == (byte)'G';
        // Looked at and left.
        input.AdvanceTo(result.Buffer.Start, result.Buffer.Start);
        return asks;
    }
}
