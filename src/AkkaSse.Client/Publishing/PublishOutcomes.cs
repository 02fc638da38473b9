namespace AkkaSse.Client;

/// <summary>Translates the hub's answers into results. Pure.</summary>
internal static class PublishOutcomes
{
    public static SsePublishResult Publish(in SseBatchItem item, in ItemAnswer answer)
    {
        var status = Status(answer);
        return new SsePublishResult(status, item.Target)
        {
            Position = new SseStreamPosition(answer.Epoch, answer.Offset),
            Id = answer.Id,
            LocalReaders = answer.LocalReaders,

            // A duplicate under the client's own key is its own repetition: for the caller it is the first publish.
            Duplicate = answer.Duplicate && item.Options.IdempotencyKey is not null,
            Error = status == SsePublishStatus.Accepted ? null : answer.Detail ?? $"The hub answered {answer.Status}.",
        };
    }

    public static SseSendResult Send(in SseBatchItem item, in ItemAnswer answer)
    {
        var status = answer.Status switch
        {
            >= 200 and < 300 => SseSendStatus.Accepted,
            404 => answer.Code == "zone-not-found" ? SseSendStatus.NoSuchZone : SseSendStatus.NotConnected,
            409 => SseSendStatus.Ambiguous,
            413 => SseSendStatus.TooLarge,
            429 or 503 => answer.Code == "client-full" ? SseSendStatus.Full : SseSendStatus.Unavailable,
            >= 500 or 408 => SseSendStatus.Unknown,
            _ => SseSendStatus.Invalid,
        };
        return new SseSendResult(status, item.Client!)
        {
            Zone = answer.Zone,
            Error = status == SseSendStatus.Accepted ? null : answer.Detail ?? $"The hub answered {answer.Status}.",
        };
    }

    /// <summary>
    /// True when the item should be sent again, with its whole batch and key: the hub could not say, or could not do it now.
    /// </summary>
    public static bool IsTransient(in ItemAnswer answer) =>
        Status(answer) is SsePublishStatus.Unavailable or SsePublishStatus.OutcomeUnknown or SsePublishStatus.Closed;

    private static SsePublishStatus Status(in ItemAnswer answer) => answer.Status switch
    {
        >= 200 and < 300 => SsePublishStatus.Accepted,
        404 => SsePublishStatus.NoStream,
        413 => SsePublishStatus.TooLarge,
        422 => SsePublishStatus.KeyConflict,
        429 => answer.Code == "idempotency-keys-full" ? SsePublishStatus.KeyTableFull : SsePublishStatus.LimitReached,
        503 =>
            answer.Code switch { "stream-full" => SsePublishStatus.Full, "draining" => SsePublishStatus.Closed, _ =>
            SsePublishStatus.Unavailable },
        // The disk is full; certainly not appended.
        507 => SsePublishStatus.Unavailable,
        >= 500 or 408 => SsePublishStatus.OutcomeUnknown,
        _ => SsePublishStatus.Invalid,
    };
}
