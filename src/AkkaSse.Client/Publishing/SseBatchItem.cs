using AkkaSse.Protocol;

namespace AkkaSse.Client;

/// <summary>
/// One item of a batch: exactly one of <see cref="Stream"/>, <see cref="Client"/>, <see cref="Zone"/> (with or without client) or <see
/// cref="Broadcast"/> is the target.
/// </summary>
public readonly record struct SseBatchItem
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
    public required SseEvent Event { get; init; }

    /// <summary>Options of this item.</summary>
    public SsePublishOptions Options { get; init; }

    /// <summary>What a <see cref="SsePublishResult"/> calls the target.</summary>
    internal string Target => Stream ?? Zone ?? HubNames.All;
}

/// <summary>The answer to one item: a publish result, or a send result for an item with a client.</summary>
/// <param name="Publish">The answer of a publish.</param>
/// <param name="Send">The answer of a send to a client.</param>
public readonly record struct SseBatchItemResult(SsePublishResult? Publish, SseSendResult? Send)
{
    /// <summary>True when the item was accepted.</summary>
    public bool IsAccepted => Publish?.IsAccepted ?? Send?.IsAccepted ?? false;
}
