using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Connections;

namespace AkkaSse.AspNetCore;

/// <summary>
/// What the server waits for: the end of a connection's requests, or of the event stream that it goes on with. All that an idle one keeps
/// of this assembly, besides its writer.
/// </summary>
internal sealed class HeldConnection(ConnectionContext connection) : TaskCompletionSource, IClientTransport, IThreadPoolWorkItem
{
    private PipeWriter? _output;
    private StreamEnd _end;

    /// <summary>The stream writes from now on, until it or the connection ends.</summary>
    internal void Run(IClientConnection stream, PipeWriter output, StreamEnd end)
    {
        _output = output;
        _end = end;
        stream.Run(output, this, connection.ConnectionClosed);
    }

    public void Abort() => connection.Abort();

    public void OnEnded(CloseReason reason)
    {
        var isGone = connection.ConnectionClosed.IsCancellationRequested || reason is CloseReason.ClientGone or CloseReason.WriteError;
        if (isGone || !_end.IsProper(reason)) _output = null;
        // The server goes on with the connection where this is completed: not on the thread that runs the client's turn.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => _ = EndAsync();

    [SuppressMessage("Design", "CA1031", Justification = "Handed on to the server, which ends the connection and logs it.")]
    private async Task EndAsync()
    {
        try
        {
            if (_output is { } output)
            {
                output.Complete();
                await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            }
            SetResult();
        }
        catch (Exception fault)
        {
            SetException(fault);
        }
    }
}
