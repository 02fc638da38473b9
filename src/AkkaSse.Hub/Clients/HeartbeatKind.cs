namespace AkkaSse.Hub;

/// <summary>How a quiet connection is kept alive.</summary>
public enum HeartbeatKind
{
    /// <summary>The line <c>:</c>, without a blank line.</summary>
    Comment,

    /// <summary>The event <c>hub.ping</c> (<c>ping=event</c>), or a named one.</summary>
    Event,

    /// <summary>Never.</summary>
    None,
}
