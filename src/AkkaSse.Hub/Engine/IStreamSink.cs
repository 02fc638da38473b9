namespace AkkaSse.Hub.Engine;

/// <summary>What a node learns about a stream it is attached to. Thread-safe; calls return at once.</summary>
/// <remarks>
/// An engine calls it outside of every lock that <see cref="IStreamEngine.AttachAsync"/> takes: a call may end readers at once, which waits
/// for attachments that are under way, and an engine that waits for its own lock meanwhile stands still for ever.
/// </remarks>
public interface IStreamSink
{
    /// <summary>The log has new frames, a new epoch, was cleared or has new options. Coalesced by the receiver; cheap.</summary>
    void OnChanged();

    /// <summary>The stream was removed.</summary>
    void OnRemoved();
}
