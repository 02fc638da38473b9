using System.Collections.Frozen;

namespace AkkaSse.AspNetCore;

/// <summary>Status and meaning of every code, as in the table of docs/http-api.md.</summary>
internal static class Problems
{
    public static readonly FrozenDictionary<string, (int Status, string When)> All = new Dictionary<string, (int, string)>
    {
        [HubErrorCodes.NameInvalid] = (400, "a name is empty, too long, not UTF-8, not decodable, reserved, or missing"),
        [HubErrorCodes.TargetInvalid] = (400, "the path that was sent has a dot segment"),
        [HubErrorCodes.ParameterInvalid] = (400, "a query parameter has a value that is not allowed, is repeated, or has no meaning here"),
        [HubErrorCodes.HeaderInvalid] = (400, "Idempotency-Key is repeated or not 1 to 256 printable ASCII characters"),
        [HubErrorCodes.BodyInvalid] = (400,
            "a JSON body is malformed, has a member twice, or lacks, does not know or does not allow one; a body "
            + "has broken chunks, cannot be decompressed, or was read by something before the hub"),
        [HubErrorCodes.DataNotUtf8] = (400, "the data are not UTF-8 and base64=1 was not given"),
        [HubErrorCodes.EventInvalid] = (400, "the event's type, id, retry or comment is not allowed, or not on this stream"),
        [HubErrorCodes.OptionsInvalid] =
            (400, "a stream's options are unknown, of the wrong form, out of their bounds, or more than its namespace has; "
                + "all faults are listed"),
        [HubErrorCodes.SubscriptionInvalid] = (400, "the subscription names nothing to read, or too much"),
        [HubErrorCodes.Unauthorized] = (401, "the authorizer wants authentication; with WWW-Authenticate"),
        [HubErrorCodes.Forbidden] = (403, "the authorizer refuses"),
        [HubErrorCodes.ClientIdForbidden] = (403, "the caller may not choose this client id"),
        [HubErrorCodes.HostForbidden] = (403, "the hub has no authentication, and the Host is neither a loopback one nor allowed"),
        [HubErrorCodes.CrossSite] = (403,
            "a page of another origin made the browser write or subscribe, and the hub has no authentication, or the browser sent a "
            + "cookie"),
        [HubErrorCodes.NotFound] = (404, "no such path below the resources above"),
        [HubErrorCodes.StreamNotFound] = (404, "the stream does not exist"),
        [HubErrorCodes.ClientNotConnected] = (404, "no client with that id is connected"),
        [HubErrorCodes.ZoneNotFound] = (404, "the zone does not exist"),
        [HubErrorCodes.SubscriptionNotFound] = (404, "no such managed subscription, or it belongs to another principal"),
        [HubErrorCodes.MethodNotAllowed] = (405, "with Allow"),
        [HubErrorCodes.NotAcceptable] = (406, "DemandAccept: Accept excludes text/event-stream"),
        [HubErrorCodes.BodyTimeout] = (408,
            "the body came too slowly or stopped coming: Kestrel's MinRequestBodyDataRate, 240 bytes/s after 5 s unless configured"),
        [HubErrorCodes.ClientAmbiguous] = (409, "several zones have a client with that id; say zone="),
        [HubErrorCodes.ClientInUse] = (409, "the client id is taken"),
        [HubErrorCodes.SubscriptionInUse] = (409, "the managed subscription belongs to another principal"),
        [HubErrorCodes.BodyTooLarge] = (413,
            "the body, or the event with its type, id, comment and fields, is larger than MaxEventBytes (1 MiB for JSON bodies)"),
        [HubErrorCodes.EncodingUnsupported] = (415, "the body has a Content-Encoding, or a Transfer-Encoding besides chunked"),
        [HubErrorCodes.IdempotencyKeyConflict] = (422, "the key was used with another event"),
        [HubErrorCodes.IdempotencyKeysFull] = (429, "the table of keys is full; nothing was appended; with Retry-After"),
        [HubErrorCodes.LimitReached] =
            (429, "a limit of streams, connections, subscribers or publishes, of the hub or of a namespace; with Retry-After"),
        [HubErrorCodes.TooManyAttempts] = (429,
            "the executable, with tokens: too many wrong ones came from this address; with Retry-After"),
        [HubErrorCodes.SessionsOff] = (501, "the executable: sessions of several nodes need Auth:KeyDirectory"),
        [HubErrorCodes.Draining] = (503, "the hub drains, has ended or has not started; with Retry-After"),
        [HubErrorCodes.StreamFull] = (503, "readers of a stream with the policy wait are behind; nothing was appended; with Retry-After"),
        [HubErrorCodes.ClientFull] = (503, "the client does not read and its inbox is full; with Retry-After"),
        [HubErrorCodes.EngineUnavailable] = (503,
            "the engine is away, or nobody can say now what was asked: a stream has no owner that can be reached, no node has answered. "
            + "Certainly nothing was appended, and whether the stream, client or subscription exists is unknown; with Retry-After"),
        [HubErrorCodes.IdentityUnavailable] = (503,
            "the executable, with issuers: the issuer of the token cannot be asked for its keys now; with Retry-After"),
        [HubErrorCodes.StorageFull] = (507, "the disk on which the engine keeps events is full; nothing was appended; with Retry-After"),
        [HubErrorCodes.OutcomeUnknown] = (504, "the answer was lost: the call may or may not have had its effect"),
    }.ToFrozenDictionary();
}
