namespace AkkaSse.Hub.Engine;

/// <summary>A node's hold on a stream; disposing it detaches.</summary>
public interface IStreamAttachment : IAsyncDisposable
{
    /// <summary>The stream's log on this node. The in-process engine gives the log itself: there is no second copy.</summary>
    Streams.StreamLog Log { get; }

    /// <summary>Whether the stream exists now.</summary>
    bool Exists { get; }
}
