namespace AkkaSse.Client;

/// <summary>How a send to one client ended. The members are those of the hub itself.</summary>
public enum SseSendStatus
{
    /// <summary>Appended to the client's inbox on the node that holds it.</summary>
    Accepted,

    /// <summary>Nobody with that id is connected.</summary>
    NotConnected,

    /// <summary>The zone does not exist.</summary>
    NoSuchZone,

    /// <summary>Several zones have a client with that id and no zone was given.</summary>
    Ambiguous,

    /// <summary>The event or a name is invalid, or the caller may not do this.</summary>
    Invalid,

    /// <summary>The data are larger than allowed.</summary>
    TooLarge,

    /// <summary>The client's inbox is full because it does not read.</summary>
    Full,

    /// <summary>The hub could not be reached, or its engine is away; certainly not sent.</summary>
    Unavailable,

    /// <summary>
    /// The answer was lost: the event may or may not have been sent. It is never repeated by itself, because an inbox knows no idempotency.
    /// </summary>
    Unknown,
}

/// <summary>The answer to a send to one client.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Client">The client's id.</param>
public readonly record struct SseSendResult(SseSendStatus Status, string Client)
{
    /// <summary>The zone in which the client was found, if it was.</summary>
    public string? Zone { get; init; }

    /// <summary>What was wrong; null when accepted.</summary>
    public string? Error { get; init; }

    /// <summary>True for <see cref="SseSendStatus.Accepted"/>.</summary>
    public bool IsAccepted => Status == SseSendStatus.Accepted;

    /// <summary>Throws <see cref="SseHubClientException"/> unless accepted.</summary>
    /// <exception cref="SseHubClientException">The send was not accepted.</exception>
    public void EnsureAccepted()
    {
        if (!IsAccepted)
        {
            throw new SseHubClientException(Error ?? Status.ToString());
        }
    }
}
