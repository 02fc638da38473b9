namespace AkkaSse.Client;

/// <summary>What may accompany a publish. Immutable; the default value asks for nothing.</summary>
public readonly record struct SsePublishOptions
{
    /// <summary>
    /// 1 to 256 printable ASCII characters. The same key and event return the first answer, also from another process. Without one the
    /// client's own key of the batch protects against its own repetitions.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>
    /// On a stream with the policy conflate: the key whose newest event is kept. At most 256 bytes of UTF-8. Default: the event's type.
    /// </summary>
    public string? ConflateKey { get; init; }

    /// <summary>The event is not delivered after this time; wins over the stream's.</summary>
    public TimeSpan? Ttl { get; init; }
}
