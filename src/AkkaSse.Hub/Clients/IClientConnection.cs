using System.IO.Pipelines;

namespace AkkaSse.Hub;

/// <summary>
/// An admitted connection that has not written yet. The registration of its client id and its start positions are fixed: nothing published
/// from now on is missed.
/// </summary>
public interface IClientConnection : IAsyncDisposable
{
    /// <summary>The client's id, chosen or made.</summary>
    string ClientId { get; }

    /// <summary>Why it ended; <see cref="CloseReason.None"/> while it runs.</summary>
    CloseReason Reason { get; }

    /// <summary>
    /// Writes to <paramref name="output"/> until the connection ends; completes then, never faults. Called once. The caller has set the
    /// response head and has not flushed it: the first write carries the first blocks with the head.
    /// </summary>
    /// <param name="output">The response body. Only this connection writes to it; it is not completed by it.</param>
    /// <param name="abort">Ends the transport when the peer does not take what is written; called at most once, from any thread.</param>
    /// <param name="gone">Cancelled when the peer has gone.</param>
    Task RunAsync(PipeWriter output, Action abort, CancellationToken gone);

    /// <summary>The same for a transport that wants no task: an idle connection keeps neither that nor a delegate.</summary>
    /// <param name="output">The response body. Only this connection writes to it; it is not completed by it.</param>
    /// <param name="transport">Told to abort, and that the connection has ended.</param>
    /// <param name="gone">Cancelled when the peer has gone.</param>
    void Run(PipeWriter output, IClientTransport transport, CancellationToken gone);
}
