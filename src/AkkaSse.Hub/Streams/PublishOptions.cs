namespace AkkaSse.Hub;

/// <summary>What may accompany a publish. Immutable; the default value asks for nothing.</summary>
public readonly record struct PublishOptions
{
    /// <summary>
    /// 1 to 256 printable ASCII characters. The same key and event return the first answer; the same key with another event is refused.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>
    /// True when the key covers a run: neighbouring items of one batch that are for the same stream and carry the same key are one unit,
    /// kept as one entry with first position, count and hash. The same run repeated returns the same positions; another run under the key
    /// is refused as a whole.
    /// </summary>
    public bool KeyCoversRun { get; init; }

    /// <summary>
    /// Who publishes; part of the scope of the key. At most 1 024 bytes of UTF-8, without U+0000. Null and "" are the anonymous publisher.
    /// </summary>
    public string? Principal { get; init; }

    /// <summary>
    /// On a stream with the policy <see cref="SlowReaderPolicy.Conflate"/>: the key whose newest event is kept. At most 256 bytes of UTF-8.
    /// Default: the event's type.
    /// </summary>
    public string? ConflateKey { get; init; }

    /// <summary>The event is not delivered after this time; wins over the stream's ttl.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>
    /// The W3C trace context that the event carries: a <c>traceparent</c> of version 00, 55 characters. Readers get it that ask for it
    /// (<see cref="SubscribeRequest.TraceParents"/>). It is no part of what an idempotency key is compared by. Null, the default: the
    /// context of the hub's own span, while the hub is traced and the publish is sampled.
    /// </summary>
    public string? TraceParent { get; init; }

    /// <summary>Create the stream when it is unknown; null follows <see cref="HubOptions.AutoCreate"/>.</summary>
    public bool? CreateStream { get; init; }
}
