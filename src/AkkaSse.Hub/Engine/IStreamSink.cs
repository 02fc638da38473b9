namespace AkkaSse.Hub.Engine;

/// <summary>What a node learns about a stream it is attached to.</summary>
public interface IStreamSink
{
    /// <summary>The log has new frames, a new epoch, was cleared or has new options. Coalesced by the receiver; cheap.</summary>
    void OnChanged();

    /// <summary>The stream was removed.</summary>
    void OnRemoved();
}
