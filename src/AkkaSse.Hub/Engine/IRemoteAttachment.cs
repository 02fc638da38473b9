namespace AkkaSse.Hub.Engine;

/// <summary>
/// A hold on a stream whose log is elsewhere: the log here is a copy that may be some milliseconds behind, and begins later than what the
/// engine retains. An engine whose log is the log itself does not implement it and pays nothing for it. All members are thread-safe.
/// </summary>
public interface IRemoteAttachment : IStreamAttachment
{
    /// <summary>
    /// Completes when the log here has everything that was appended, on any node, before the call, and knows of a creation or removal
    /// before it. Waits while the engine is away: whoever resumes from a position of another node must not be told of a gap that is only
    /// this node's lag.
    /// </summary>
    ValueTask SyncAsync(CancellationToken cancellation);

    /// <summary>Offset of the first retained event that was published at or after a time; beyond the head when there is none.</summary>
    ValueTask<long> FirstAtAsync(DateTimeOffset at, CancellationToken cancellation);

    /// <summary>
    /// The newest retained event of the current epoch with this publisher's id, on a stream with ids of the caller; null when there is
    /// none.
    /// </summary>
    ValueTask<StreamPosition?> FindIdAsync(string id, CancellationToken cancellation);
}
