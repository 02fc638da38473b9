using Microsoft.AspNetCore.Connections;

namespace AkkaSse.AspNetCore;

/// <summary>A connection's life: its requests, and then the event stream that one of them has opened.</summary>
internal static class DetachMiddleware
{
    public static Task RunAsync(ConnectionDelegate next, ConnectionContext connection, AcceptThrottle? throttle)
    {
        var held = new HeldConnection(connection);
        // Its frame is garbage once a stream runs: an idle connection keeps the small object alone.
        _ = ServeAsync(next, connection, throttle, held);
        return held.Task;
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Design", "CA1031", Justification = "Handed on to the server, which ends the connection and logs it.")]
    private static async Task ServeAsync(
        ConnectionDelegate next, ConnectionContext connection, AcceptThrottle? throttle, HeldConnection held)
    {
        var gate = DetachGate.Open(connection, throttle);
        try
        {
            try
            {
                if (throttle is not null && AsksToRead(connection)) await throttle.Enter();
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
            if (gate.Stream is { } stream) held.Run(stream, gate.OpenBody(), gate.End);
            else held.SetResult();
        }
        catch (Exception fault)
        {
            held.SetException(fault);
        }
    }

    // The request is mostly there when a connection is taken from a backlog. Where it is not, the endpoint goes through the throttle later.
    private static bool AsksToRead(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        if (!input.TryRead(out var result)) return false;
        var asks = AsksToRead(result.Buffer.FirstSpan);
        // Looked at and left.
        input.AdvanceTo(result.Buffer.Start, result.Buffer.Start);
        return asks;
    }

    /// <summary>
    /// Whether the first bytes of a connection ask for an event stream: a GET that says so in Accept, as every EventSource does, or whose
    /// path has a segment <c>events</c>. Health checks, metrics and lists must not wait behind a storm of readers.
    /// </summary>
    internal static bool AsksToRead(ReadOnlySpan<byte> request)
    {
        if (!request.StartsWith("GET "u8)) return false;
        var line = request.IndexOf((byte)'\n');
        return (line < 0 ? request : request[..line]).IndexOf("/events"u8) >= 0 || request.IndexOf("text/event-stream"u8) >= 0;
    }
}
