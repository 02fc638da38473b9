namespace AkkaSse.Hub.Engine;

/// <summary>How an append ended.</summary>
/// <param name="Status">How.</param>
/// <param name="Position">Where; the head for an item without an offset.</param>
public readonly record struct AppendResult(PublishStatus Status, StreamPosition Position)
{
    /// <summary>True when the item has an offset, false for comment-only and retry-only items.</summary>
    public bool HasOffset { get; init; }

    /// <summary>The publisher's id, where it is the wire id.</summary>
    public string? CallerId { get; init; }

    /// <summary>True when the idempotency key was known.</summary>
    public bool Duplicate { get; init; }

    /// <summary>What was wrong.</summary>
    public string? Error { get; init; }
}
