namespace AkkaSse.Client;

/// <summary>Translates the hub's answers into results. Pure.</summary>
internal static class PublishOutcomes
{
    public static PublishResult Publish(in BatchItem item, in ItemAnswer answer)
    {
        var status = Status(answer);
        return new PublishResult(status, item.Target)
        {
            Position = new StreamPosition(answer.Epoch, answer.Offset),
            Id = answer.Id,
            LocalReaders = answer.LocalReaders,

            // A duplicate under the client's own key is its own repetition: for the caller it is the first publish.
            Duplicate = answer.Duplicate && item.Options.IdempotencyKey is not null,
            Error = status == PublishStatus.Accepted ? null : answer.Detail ?? $"The hub answered {answer.Status}.",
        };
    }

    public static SendResult Send(in BatchItem item, in ItemAnswer answer)
    {
        var status = answer.Status switch
        {
            >= 200 and < 300 => SendStatus.Accepted,
            404 => answer.Code == "zone-not-found" ? SendStatus.NoSuchZone : SendStatus.NotConnected,
            409 => SendStatus.Ambiguous,
            413 => SendStatus.TooLarge,
            429 or 503 => answer.Code == "client-full" ? SendStatus.Full : SendStatus.Unavailable,
            >= 500 or 408 => SendStatus.Unknown,
            _ => SendStatus.Invalid,
        };
        return new SendResult(status, item.Client!)
        {
            Zone = answer.Zone,
            Error = status == SendStatus.Accepted ? null : answer.Detail ?? $"The hub answered {answer.Status}.",
        };
    }

    /// <summary>
    /// True when the item should be sent again, with its whole batch and key: the hub could not say, or could not do it now.
    /// </summary>
    public static bool IsTransient(in ItemAnswer answer) =>
        Status(answer) is PublishStatus.Unavailable or PublishStatus.OutcomeUnknown or PublishStatus.Closed;

    private static PublishStatus Status(in ItemAnswer answer) => answer.Status switch
    {
        >= 200 and < 300 => PublishStatus.Accepted,
        404 => PublishStatus.NoStream,
        413 => PublishStatus.TooLarge,
        422 => PublishStatus.KeyConflict,
        429 => answer.Code == "idempotency-keys-full" ? PublishStatus.KeyTableFull : PublishStatus.LimitReached,
        503 =>
            answer.Code switch { "stream-full" => PublishStatus.Full, "draining" => PublishStatus.Closed, _ => PublishStatus.Unavailable },
        >= 500 or 408 => PublishStatus.OutcomeUnknown,
        _ => PublishStatus.Invalid,
    };
}
