namespace AkkaSse.Client;

/// <summary>What a subscription is doing.</summary>
public enum SseClientState
{
    /// <summary>No subscription is running: none was started, or it has ended for good.</summary>
    Closed,

    /// <summary>A request is under way; no response head was accepted yet.</summary>
    Connecting,

    /// <summary>The response head was accepted; events may arrive.</summary>
    Open,

    /// <summary>The connection is gone and the time before the next attempt is running.</summary>
    Waiting,
}
