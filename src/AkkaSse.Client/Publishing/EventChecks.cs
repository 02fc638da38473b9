using System.Text;
using System.Text.Unicode;
using AkkaSse.Protocol;

namespace AkkaSse.Client;

/// <summary>What is refused here, before it costs a request. Pure.</summary>
internal static class EventChecks
{
    /// <summary>Null when the item can be sent, else what is wrong.</summary>
    public static string? Check(in SseBatchItem item)
    {
        var targets = (item.Stream is null ? 0 : 1) + (item.Broadcast ? 1 : 0) + (item.Client is null && item.Zone is null ? 0 : 1);
        if (targets != 1)
        {
            return "Exactly one of a stream, a client, a zone (with or without a client) and a broadcast is needed as the target.";
        }

        var e = item.Event;
        if (e is null)
        {
            return "The event is missing.";
        }

        if (!e.HasData && e.Comment is null && e.Retry is null)
        {
            return "The event has no data, no comment and no retry.";
        }

        if (e.Fields.Count > 0)
        {
            return "Custom fields cannot be published over HTTP.";
        }

        // What was given as text is valid unless it holds half a surrogate pair, which the encoder replaces.
        if (e.DataBytes is { } bytes && !Utf8.IsValid(bytes.Span))
        {
            return "The data is not UTF-8, and an event stream has no other encoding; SseBase64.Encode makes base64 of it.";
        }

        return SseFieldRules.CheckType(e.Type)
            ?? SseFieldRules.CheckId(e.Id) ?? SseFieldRules.CheckRetry(e.Retry) ?? CheckKey(item.Options.IdempotencyKey);
    }

    /// <summary>About how many bytes the item takes in a request.</summary>
    public static int Cost(in SseBatchItem item)
    {
        const int Fixed = 128;
        var e = item.Event;
        return Fixed + Encoding.UTF8.GetByteCount(item.Target) + (e.DataBytes?.Length ?? 0) + (e.Comment?.Length ?? 0);
    }

    private static string? CheckKey(string? key) =>
        key is null || (key.Length is >= 1 and <= 256 && !key.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            ? null
            : "The idempotency key is not 1 to 256 printable ASCII characters.";
}
