namespace AkkaSse.Hub;

/// <summary>
/// One item of a batch: exactly one of <see cref="Stream"/>, <see cref="Client"/>, <see cref="Zone"/> (with or without client) or
/// <see cref="Broadcast"/> is the target.
/// </summary>
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
