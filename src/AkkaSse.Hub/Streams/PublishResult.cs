namespace AkkaSse.Hub;

/// <summary>The answer to a publish.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Stream">The stream's name.</param>
public readonly record struct PublishResult(PublishStatus Status, string Stream)
{
    /// <summary>Where the event stands. For a comment-only or retry-only publish, which has no offset: the head at that moment.</summary>
    public StreamPosition Position { get; init; }

    /// <summary>True when the event has an offset; false for a comment-only or retry-only publish.</summary>
    public bool HasOffset { get; init; }

    /// <summary>
    /// The wire id that a reader of this one stream sees; null for a publish without an offset. Unless it is the publisher's own it is made
    /// from <see cref="Position"/> when it is read.
    /// </summary>
    public string? Id
    {
        get => field ?? (HasOffset ? Position.ToString() : null);
        init
        {
            field = value;
            IsOwnId = value is not null;
        }
    }

    /// <summary>
    /// True when <see cref="Id"/> was given, by the publisher; false when it is <see cref="Position"/> in its wire form, or null. Whoever
    /// formats it itself then needs no string per event.
    /// </summary>
    public bool IsOwnId { get; private init; }

    /// <summary>How many readers of the stream this node had.</summary>
    public int LocalReaders { get; init; }

    /// <summary>True when the idempotency key was known: this is the first publish's answer.</summary>
    public bool Duplicate { get; init; }

    /// <summary>What was wrong and what is allowed; null when accepted.</summary>
    public string? Error { get; init; }

    /// <summary>True for <see cref="PublishStatus.Accepted"/>.</summary>
    public bool IsAccepted => Status == PublishStatus.Accepted;
}
