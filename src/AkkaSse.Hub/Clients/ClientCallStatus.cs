namespace AkkaSse.Hub;

/// <summary>How a call on one client ended.</summary>
public enum ClientCallStatus
{
    /// <summary>Done.</summary>
    Done,

    /// <summary>Nobody with that id is connected.</summary>
    NotConnected,

    /// <summary>Several zones have a client with that id and no zone was given.</summary>
    Ambiguous,

    /// <summary>Something was invalid; nothing was changed.</summary>
    Invalid,

    /// <summary>A limit would be exceeded; nothing was changed.</summary>
    LimitReached,

    /// <summary>A stream does not exist.</summary>
    NoStream,

    /// <summary>The engine is away.</summary>
    Unavailable,

    /// <summary>No answer from the client's node in 2 s.</summary>
    Unknown,
}
