namespace AkkaSse.AspNetCore;

/// <summary>
/// Every value of the member <c>code</c> that the HTTP API answers with. Part of the API: documented in docs/http-api.md, never reused.
/// </summary>
public static class HubErrorCodes
{
    /// <summary>400: a name is empty, too long, not UTF-8, reserved, or not decodable.</summary>
    public const string NameInvalid = "name-invalid";

    /// <summary>400: the path that was sent has a dot segment.</summary>
    public const string TargetInvalid = "target-invalid";

    /// <summary>400: a query parameter has a value that is not allowed, or is there more than once.</summary>
    public const string ParameterInvalid = "parameter-invalid";

    /// <summary>400: a header has a value that is not allowed.</summary>
    public const string HeaderInvalid = "header-invalid";

    /// <summary>400: the JSON body is malformed, or a member is missing, unknown or has a value that is not allowed.</summary>
    public const string BodyInvalid = "body-invalid";

    /// <summary>400: the data are not UTF-8 and <c>base64=1</c> was not given.</summary>
    public const string DataNotUtf8 = "data-not-utf8";

    /// <summary>400: the event is not allowed as it is (type, id, retry, comment, or their combination with the stream).</summary>
    public const string EventInvalid = "event-invalid";

    /// <summary>400: the options of a stream are invalid.</summary>
    public const string OptionsInvalid = "options-invalid";

    /// <summary>400: the subscription names nothing to read, or too much.</summary>
    public const string SubscriptionInvalid = "subscription-invalid";

    /// <summary>401: authentication is needed.</summary>
    public const string Unauthorized = "unauthorized";

    /// <summary>403: the principal may not do this.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>403: the caller may not choose this client id.</summary>
    public const string ClientIdForbidden = "client-id-forbidden";

    /// <summary>403: the hub has no authentication, and the <c>Host</c> is neither a loopback one nor allowed.</summary>
    public const string HostForbidden = "host-forbidden";

    /// <summary>403: a page of another origin made a browser write or subscribe, without authentication or by a cookie.</summary>
    public const string CrossSite = "cross-site";

    /// <summary>404: no such path.</summary>
    public const string NotFound = "not-found";

    /// <summary>404: the stream does not exist.</summary>
    public const string StreamNotFound = "stream-not-found";

    /// <summary>404: no client with that id is connected.</summary>
    public const string ClientNotConnected = "client-not-connected";

    /// <summary>404: the zone does not exist.</summary>
    public const string ZoneNotFound = "zone-not-found";

    /// <summary>404: the managed subscription does not exist.</summary>
    public const string SubscriptionNotFound = "subscription-not-found";

    /// <summary>405: the path exists, the method is not one of its methods; see <c>Allow</c>.</summary>
    public const string MethodNotAllowed = "method-not-allowed";

    /// <summary>406: <c>Accept</c> excludes <c>text/event-stream</c> (only where the option asks for that check).</summary>
    public const string NotAcceptable = "not-acceptable";

    /// <summary>408: the body came too slowly, or stopped coming.</summary>
    public const string BodyTimeout = "body-timeout";

    /// <summary>409: several zones have a client with that id.</summary>
    public const string ClientAmbiguous = "client-ambiguous";

    /// <summary>409: the client id is in use.</summary>
    public const string ClientInUse = "client-in-use";

    /// <summary>409: the managed subscription belongs to somebody else.</summary>
    public const string SubscriptionInUse = "subscription-in-use";

    /// <summary>413: the body is larger than allowed.</summary>
    public const string BodyTooLarge = "body-too-large";

    /// <summary>415: the body has a <c>Content-Encoding</c>, or a <c>Transfer-Encoding</c> besides <c>chunked</c>.</summary>
    public const string EncodingUnsupported = "encoding-unsupported";

    /// <summary>422: the idempotency key was used with another event.</summary>
    public const string IdempotencyKeyConflict = "idempotency-key-conflict";

    /// <summary>429: the table of idempotency keys is full.</summary>
    public const string IdempotencyKeysFull = "idempotency-keys-full";

    /// <summary>429: a limit of streams, connections, subscriptions or publishes is reached.</summary>
    public const string LimitReached = "limit-reached";

    /// <summary>429: too many requests with a wrong token came from this address; the executable's.</summary>
    public const string TooManyAttempts = "too-many-attempts";

    /// <summary>501: this hub has several nodes and no keys for sessions that they share; the executable's.</summary>
    public const string SessionsOff = "sessions-off";

    /// <summary>503: the hub is draining or closed.</summary>
    public const string Draining = "draining";

    /// <summary>503: readers of a stream with the policy wait are behind; nothing was appended.</summary>
    public const string StreamFull = "stream-full";

    /// <summary>503: the client does not read and its inbox is full.</summary>
    public const string ClientFull = "client-full";

    /// <summary>503: the engine is away; certainly nothing was changed.</summary>
    public const string EngineUnavailable = "engine-unavailable";

    /// <summary>503: the issuer of the token cannot be asked for its keys; the executable's.</summary>
    public const string IdentityUnavailable = "identity-unavailable";

    /// <summary>507: the disk on which the engine keeps events is full; nothing was appended.</summary>
    public const string StorageFull = "storage-full";

    /// <summary>504: the answer was lost; the call may or may not have had its effect.</summary>
    public const string OutcomeUnknown = "outcome-unknown";
}
