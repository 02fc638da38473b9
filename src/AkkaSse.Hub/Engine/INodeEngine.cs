namespace AkkaSse.Hub.Engine;

/// <summary>Other nodes.</summary>
public interface INodeEngine
{
    /// <summary>
    /// The members now, this node included, in ascending order of their names. An engine that cannot say who they are lists this node and
    /// says that the list is not complete.
    /// </summary>
    ValueTask<NodeList> ListAsync(CancellationToken cancellation);

    /// <summary>Asks a node (itself included): at most once, in order per pair. Null: unreachable, or no reply within the time.</summary>
    ValueTask<ReadOnlyMemory<byte>?> RequestAsync(
        string node, ReadOnlyMemory<byte> message, TimeSpan timeout, CancellationToken cancellation);
}
