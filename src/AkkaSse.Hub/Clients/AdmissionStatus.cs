namespace AkkaSse.Hub;

/// <summary>How a request to connect was decided.</summary>
public enum AdmissionStatus
{
    /// <summary>The connection may run.</summary>
    Accepted,

    /// <summary>A stream does not exist and may not be waited for: 404.</summary>
    NoStream,

    /// <summary>A stream was removed a moment ago: 204.</summary>
    Removed,

    /// <summary>This client was disconnected for good, or was replaced a moment ago: 204.</summary>
    Refused,

    /// <summary>The client id is in use: 409, for browsers <c>hub.end {reason:"client-in-use"}</c>.</summary>
    ClientInUse,

    /// <summary>A limit is reached: 429, for browsers <c>hub.end</c> with a retry.</summary>
    LimitReached,

    /// <summary>The node drains: 503, for browsers <c>hub.end</c> with a retry.</summary>
    Draining,

    /// <summary>The engine cannot say who owns the id: 503, for browsers <c>hub.end</c> with a retry.</summary>
    Unavailable,

    /// <summary>The request is invalid: 400.</summary>
    Invalid,

    /// <summary>The managed subscription does not exist: 404.</summary>
    NoSubscription,
}
