namespace AkkaSse.Client;

/// <summary>How a publish ended. The members are those of the hub itself.</summary>
public enum SsePublishStatus
{
    /// <summary>Appended; the position is final.</summary>
    Accepted,

    /// <summary>The stream does not exist and may not be created.</summary>
    NoStream,

    /// <summary>The hub is draining, or this client is disposed.</summary>
    Closed,

    /// <summary>The event, a name or an option is invalid, or the caller may not do this; nothing was changed.</summary>
    Invalid,

    /// <summary>The data are larger than allowed.</summary>
    TooLarge,

    /// <summary>Readers of a stream with the policy wait were not within the bound in time; nothing was appended.</summary>
    Full,

    /// <summary>The idempotency key was used with another event.</summary>
    KeyConflict,

    /// <summary>The table of idempotency keys is full; nothing was appended.</summary>
    KeyTableFull,

    /// <summary>A limit of streams is reached.</summary>
    LimitReached,

    /// <summary>The hub could not be reached, or its engine is away; certainly not appended.</summary>
    Unavailable,

    /// <summary>The answer was lost, also after repeating: the event may or may not have been appended.</summary>
    OutcomeUnknown,
}

/// <summary>The answer to a publish.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Stream">The stream's name, or the zone's; <c>$all</c> for a broadcast.</param>
public readonly record struct SsePublishResult(SsePublishStatus Status, string Stream)
{
    /// <summary>Where the event stands. For a comment-only or retry-only publish, which has no offset: the head at that moment.</summary>
    public SseStreamPosition Position { get; init; }

    /// <summary>The wire id that a reader of this one stream sees; null for a publish without an offset.</summary>
    public string? Id { get; init; }

    /// <summary>How many readers of the stream the answering node had.</summary>
    public int LocalReaders { get; init; }

    /// <summary>True when the caller's own idempotency key was known: this is the first publish's answer.</summary>
    public bool Duplicate { get; init; }

    /// <summary>What was wrong and what is allowed; null when accepted.</summary>
    public string? Error { get; init; }

    /// <summary>True for <see cref="SsePublishStatus.Accepted"/>.</summary>
    public bool IsAccepted => Status == SsePublishStatus.Accepted;

    /// <summary>Throws <see cref="SseHubClientException"/> unless accepted.</summary>
    /// <exception cref="SseHubClientException">The publish was not accepted.</exception>
    public void EnsureAccepted()
    {
        if (!IsAccepted)
        {
            throw new SseHubClientException(Error ?? Status.ToString());
        }
    }
}
