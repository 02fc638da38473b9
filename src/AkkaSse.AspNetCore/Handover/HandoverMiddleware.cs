using System.IO.Pipelines;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Connections;

namespace AkkaSse.AspNetCore;

/// <summary>A connection's life: its requests, and then the event stream that one of them has opened.</summary>
internal static class HandoverMiddleware
{
    public static Task RunAsync(ConnectionDelegate next, ConnectionContext connection, FrontDoor? door) => HoldAsync(ServeAsync(next, connection, door), connection);

    // All that an idle connection keeps of this class is this frame: it forgets the first step before it waits in the second, and one kind of awaiter takes one place in it.
    private static async Task HoldAsync(Task<(IClientConnection Stream, PipeWriter Body)?> served, ConnectionContext connection)
    {
        if (await served.ConfigureAwait(false) is not var (stream, output)) return;
        served = null!;
        await stream.RunAsync(output, static c => ((ConnectionContext)c).Abort(), connection, connection.ConnectionClosed).ConfigureAwait(false);
        if (connection.ConnectionClosed.IsCancellationRequested || stream.Reason is CloseReason.ClientGone or CloseReason.WriteError) return;
        output.Complete();
        await FlushAsync(output).ConfigureAwait(false);
    }

    private static async Task FlushAsync(PipeWriter output) => await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);

    private static async Task<(IClientConnection Stream, PipeWriter Body)?> ServeAsync(ConnectionDelegate next, ConnectionContext connection, FrontDoor? door)
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
        finally
        {
            gate.Close();
        }
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
