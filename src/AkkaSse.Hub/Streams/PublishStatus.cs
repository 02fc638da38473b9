namespace AkkaSse.Hub;

/// <summary>How a publish ended.</summary>
public enum PublishStatus
{
    /// <summary>Appended; the position is final.</summary>
    Accepted,

    /// <summary>The stream does not exist and may not be created here.</summary>
    NoStream,

    /// <summary>The hub is closed or draining.</summary>
    Closed,

    /// <summary>The event, a name or an option is invalid; nothing was changed.</summary>
    Invalid,

    /// <summary>The data are larger than allowed.</summary>
    TooLarge,

    /// <summary>On a stream with the policy wait: readers were not within the bound in time; nothing was appended.</summary>
    Full,

    /// <summary>The idempotency key was used with another event.</summary>
    KeyConflict,

    /// <summary>The table of idempotency keys is full; nothing was appended.</summary>
    KeyTableFull,

    /// <summary>A limit of streams is reached.</summary>
    LimitReached,

    /// <summary>The engine is away; certainly not appended.</summary>
    Unavailable,

    /// <summary>The answer was lost: the event may or may not have been appended. Repeat with the same idempotency key.</summary>
    OutcomeUnknown,

    /// <summary>The disk on which the engine keeps events is full; nothing was appended.</summary>
    StorageFull,
}
