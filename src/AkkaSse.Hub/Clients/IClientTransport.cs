namespace AkkaSse.Hub;

/// <summary>What carries a connection, as the hub sees it. Called from any thread; neither blocks nor throws.</summary>
public interface IClientTransport
{
    /// <summary>The peer does not take what is written: end the transport. At most once.</summary>
    void Abort();

    /// <summary>The connection has ended and writes nothing any more. Once.</summary>
    /// <param name="reason">Why.</param>
    void OnEnded(CloseReason reason);
}
