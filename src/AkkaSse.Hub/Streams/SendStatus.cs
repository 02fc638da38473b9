namespace AkkaSse.Hub;

/// <summary>How a send to one client ended.</summary>
public enum SendStatus
{
    /// <summary>Appended to the client's inbox on the node that holds it.</summary>
    Accepted,

    /// <summary>Nobody with that id is connected.</summary>
    NotConnected,

    /// <summary>The zone does not exist.</summary>
    NoSuchZone,

    /// <summary>Several zones have a client with that id and no zone was given.</summary>
    Ambiguous,

    /// <summary>The event or a name is invalid.</summary>
    Invalid,

    /// <summary>The data are larger than allowed.</summary>
    TooLarge,

    /// <summary>The client's policy refused it: its inbox is full because it does not read.</summary>
    Full,

    /// <summary>The engine is away; certainly not sent.</summary>
    Unavailable,

    /// <summary>No answer from the client's node in 2 s.</summary>
    Unknown,
}
