namespace AkkaSse.Hub;

/// <summary>What may accompany a publish. Immutable; the default value asks for nothing.</summary>
public readonly record struct PublishOptions
{
    /// <summary>1 to 256 printable ASCII characters. The same key and event return the first answer; the same key with another event is refused.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>
    /// True when the key covers a run: neighbouring items of one batch that are for the same stream and carry the same key are one unit, kept as one entry with first position, count and
    /// hash. The same run repeated returns the same positions; another run under the key is refused as a whole.
    /// </summary>
    public bool KeyCoversRun { get; init; }

    /// <summary>Who publishes; part of the scope of the key. Null and "" are the anonymous publisher.</summary>
    public string? Principal { get; init; }

    /// <summary>On a stream with the policy <see cref="SlowReaderPolicy.Conflate"/>: the key whose newest event is kept. At most 256 bytes of UTF-8. Default: the event's type.</summary>
    public string? ConflateKey { get; init; }

    /// <summary>The event is not delivered after this time; wins over the stream's ttl.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>Create the stream when it is unknown; null follows <see cref="HubOptions.AutoCreate"/>.</summary>
    public bool? CreateStream { get; init; }
}

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
}

/// <summary>The answer to a publish.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Stream">The stream's name.</param>
public readonly record struct PublishResult(PublishStatus Status, string Stream)
{
    /// <summary>Where the event stands. For a comment-only or retry-only publish, which has no offset: the head at that moment.</summary>
    public StreamPosition Position { get; init; }

    /// <summary>True when the event has an offset; false for a comment-only or retry-only publish.</summary>
    public bool HasOffset { get; init; }

    /// <summary>The wire id that a reader of this one stream sees; null for a publish without an offset. Unless it is the publisher's own it is made from <see cref="Position"/> when it is read.</summary>
    public string? Id
    {
        get => field ?? (HasOffset ? Position.ToString() : null);
        init
        {
            field = value;
            IsOwnId = value is not null;
        }
    }

    /// <summary>True when <see cref="Id"/> was given, by the publisher; false when it is <see cref="Position"/> in its wire form, or null. Whoever formats it itself then needs no string per event.</summary>
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

/// <summary>The answer to a send to one client.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Client">The client's id.</param>
public readonly record struct SendResult(SendStatus Status, string Client)
{
    /// <summary>The zone in which the client was found, if it was.</summary>
    public string? Zone { get; init; }

    /// <summary>What was wrong; for an unknown client the seeds' text <c>no client with id &lt;id&gt; exists</c>.</summary>
    public string? Error { get; init; }

    /// <summary>True for <see cref="SendStatus.Accepted"/>.</summary>
    public bool IsAccepted => Status == SendStatus.Accepted;

    /// <summary>Throws <see cref="HubException"/> unless accepted.</summary>
    public void EnsureAccepted()
    {
        if (!IsAccepted) throw new HubException(Error ?? Status.ToString());
    }
}

/// <summary>A failure that the caller asked to be thrown instead of returned.</summary>
public sealed class HubException(string message) : Exception(message);

/// <summary>One item of a batch: exactly one of <see cref="Stream"/>, <see cref="Client"/>, <see cref="Zone"/> (with or without client) or <see cref="Broadcast"/> is the target.</summary>
public readonly record struct BatchItem
{
    /// <summary>Publish to this stream.</summary>
    public string? Stream { get; init; }

    /// <summary>Send to this client (in <see cref="Zone"/>, or wherever it is).</summary>
    public string? Client { get; init; }

    /// <summary>Publish to this zone, or look for the client there.</summary>
    public string? Zone { get; init; }

    /// <summary>Publish to everyone.</summary>
    public bool Broadcast { get; init; }

    /// <summary>The event.</summary>
    public required Protocol.SseEvent Event { get; init; }

    /// <summary>Options of this item.</summary>
    public PublishOptions Options { get; init; }
}

/// <summary>The answer to one item: a publish result, or a send result for an item with a client.</summary>
public readonly record struct BatchItemResult(PublishResult? Publish, SendResult? Send)
{
    /// <summary>True when the item was accepted.</summary>
    public bool IsAccepted => Publish?.IsAccepted ?? Send?.IsAccepted ?? false;
}
