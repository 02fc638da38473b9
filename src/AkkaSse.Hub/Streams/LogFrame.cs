namespace AkkaSse.Hub.Streams;

/// <summary>One encoded frame on its way into a log: everything except its id line and closing blank line.</summary>
public readonly ref struct LogFrame
{
    /// <summary>The encoded fields, each line closed; a comment-only or retry-only frame is complete.</summary>
    public required ReadOnlySpan<byte> Head { get; init; }

    /// <summary>The event's type; null for none.</summary>
    public string? Type { get; init; }

    /// <summary>
    /// The publisher's id, to stand in the id line: on streams with ids of the caller, and "" on unlogged streams. Null: the hub's own.
    /// </summary>
    public string? CallerId { get; init; }

    /// <summary>The conflation key; null: the type.</summary>
    public string? ConflateKey { get; init; }

    /// <summary>Publish time in milliseconds since 1970.</summary>
    public required long At { get; init; }

    /// <summary>When the event expires, in milliseconds since 1970; 0 for never.</summary>
    public long Expiry { get; init; }

    /// <summary>The W3C trace context that the event carries; null for none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>True for a frame without offset, for readers that are there only.</summary>
    public bool Transient { get; init; }
}
