using System.Buffers;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>How results of publishes and sends are said over HTTP.</summary>
internal static class PublishAnswers
{
    // The fixed parts of the object and its three numbers (19 digits each at most), rounded up.
    private const int FixedBytes = 256;

    /// <summary>
    /// 202 (the compatible edges say 200) with <c>{stream or zone or broadcast, id, offset, epoch, localReaders, duplicate}</c>.
    /// </summary>
    public static Task AcceptedAsync(HttpContext context, in PublishParameters p, in PublishResult result, int status = 202)
    {
        var rented = ArrayPool<byte>.Shared.Rent(
            FixedBytes + JsonText.MaxBytes(p.Stream ?? p.Zone) + JsonText.MaxIdBytes(result) + JsonText.MaxBytes(result.Position.Epoch));
        var json = new JsonText(rented);
        if (p.Stream is { } stream)
        {
            json.Raw("{\"stream\":"u8);
            json.String(stream);
        }
        else if (p.Zone is { } zone)
        {
            json.Raw("{\"zone\":"u8);
            json.String(zone);
        }
        else
        {
            json.Raw("{\"broadcast\":true"u8);
        }

        json.Raw(",\"id\":"u8);
        json.Id(result);
        json.Raw(",\"offset\":"u8);
        json.Number(result.Position.Offset);
        json.Raw(",\"epoch\":"u8);
        json.String(result.Position.Epoch);
        json.Raw(",\"localReaders\":"u8);
        json.Number(result.LocalReaders);
        json.Raw(result.Duplicate ? ",\"duplicate\":true}"u8 : ",\"duplicate\":false}"u8);
        return Send(context, status, json.Written, rented);
    }

    /// <summary>202 (the compatible edges say 200) with <c>{client, zone}</c>.</summary>
    public static Task AcceptedAsync(HttpContext context, in SendResult result, int status = 202)
    {
        var rented = ArrayPool<byte>.Shared.Rent(FixedBytes + JsonText.MaxBytes(result.Client) + JsonText.MaxBytes(result.Zone));
        var json = new JsonText(rented);
        json.Raw("{\"client\":"u8);
        json.String(result.Client);
        json.Raw(",\"zone\":"u8);
        json.String(result.Zone);
        json.Raw("}"u8);
        return Send(context, status, json.Written, rented);
    }

    public static HubFault Fault(in PublishResult result, in PublishParameters p, bool utf8, IHubEdge edge) => result.Status switch
    {
        PublishStatus.NoStream => HubFault.NoStream(p.Stream ?? result.Stream, result.Error),
        PublishStatus.Closed => Closed(result.Error, edge),
        PublishStatus.Invalid when !utf8 => NotUtf8(),
        PublishStatus.Invalid => new(400, HubErrorCodes.EventInvalid, result.Error ?? "The event is invalid."),
        PublishStatus.TooLarge => HubFault.TooLarge(edge.Options.MaxEventBytes, result.Error),
        PublishStatus.Full =>
            new(503, HubErrorCodes.StreamFull, result.Error ?? "Readers of this stream are behind; nothing was appended.")
                { RetryAfter = edge.Options.Retry },
        PublishStatus.KeyConflict =>
            new(422, HubErrorCodes.IdempotencyKeyConflict, result.Error ?? "The idempotency key was used with another event."),
        PublishStatus.KeyTableFull =>
            new(429, HubErrorCodes.IdempotencyKeysFull, result.Error ?? "The table of idempotency keys is full; nothing was appended.")
                { RetryAfter = edge.Options.Retry },
        PublishStatus.LimitReached =>
            new(429, HubErrorCodes.LimitReached, result.Error ?? "A limit of streams is reached.") { RetryAfter = edge.Options.Retry },
        PublishStatus.Unavailable => HubFault.Unavailable(result.Error, edge.RefusalRetry()),
        PublishStatus.StorageFull =>
            new(507, HubErrorCodes.StorageFull, result.Error ?? "The disk of the hub is full; nothing was appended.")
                { RetryAfter = edge.RefusalRetry() },
        _ => HubFault.OutcomeUnknown(
            result.Error ?? "The answer was lost: the event may or may not have been appended. Repeat it with the same Idempotency-Key."),
    };

    public static HubFault Fault(in SendResult result, bool utf8, IHubEdge edge) => result.Status switch
    {
        SendStatus.NotConnected => new(404, HubErrorCodes.ClientNotConnected, result.Error ?? $"no client with id {result.Client} exists"),
        SendStatus.NoSuchZone => new(404, HubErrorCodes.ZoneNotFound, result.Error ?? "The zone does not exist."),
        SendStatus.Ambiguous => HubFault.Ambiguous(result.Client, result.Error),
        SendStatus.Invalid when !utf8 => NotUtf8(),
        SendStatus.Invalid => new(400, HubErrorCodes.EventInvalid, result.Error ?? "The event is invalid."),
        SendStatus.TooLarge => HubFault.TooLarge(edge.Options.MaxEventBytes, result.Error),
        SendStatus.Full =>
            new(503, HubErrorCodes.ClientFull, result.Error ?? "The client does not read and its inbox is full.")
                { RetryAfter = edge.Options.Retry },
        SendStatus.Unavailable when edge.Phase is not HubPhase.Running => Closed(result.Error, edge),
        SendStatus.Unavailable => HubFault.Unavailable(result.Error, edge.RefusalRetry()),
        _ => HubFault.OutcomeUnknown(result.Error ?? "The client's node did not answer; the event may or may not have been sent."),
    };

    private static HubFault Closed(string? message, IHubEdge edge) =>
        new(503, HubErrorCodes.Draining, message ?? "The hub is draining or closed.") { RetryAfter = edge.RefusalRetry() };

    private static HubFault NotUtf8() =>
        new(400, HubErrorCodes.DataNotUtf8,
            "The body is not UTF-8, and an event stream has no other encoding; base64=1 sends it as base64.");

    private static Task Send(HttpContext context, int status, ReadOnlySpan<byte> body, byte[] rented)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = JsonAnswer.MediaType;
        var sending = ResponseBody.WriteAsync(context, body);
        // The body was copied.
        ArrayPool<byte>.Shared.Return(rented);
        return sending;
    }
}
