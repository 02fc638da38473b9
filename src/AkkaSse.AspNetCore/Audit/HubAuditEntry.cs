using AkkaSse.Hub;

namespace AkkaSse.AspNetCore;

/// <summary>
/// One entry of the audit: who did what to whom, and how that ended. It has no data of events, no secret and no query. Names are text of
/// callers. Immutable.
/// </summary>
public sealed class HubAuditEntry
{
    /// <summary>What it is about.</summary>
    public required HubAuditKind Kind { get; init; }

    /// <summary>When the answer was known.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Of a <see cref="HubAuditKind.Refuse"/>: what was refused; null when it is of no kind.</summary>
    public HubAuditKind? Action { get; init; }

    /// <summary>The method and the route, like <c>PUT /v1/streams/{stream}</c>; null for none.</summary>
    public string? Call { get; init; }

    /// <summary>The subject of the caller; null when it has not authenticated.</summary>
    public string? Subject { get; init; }

    /// <summary>The authentication scheme of the caller's credential; null for none.</summary>
    public string? Credential { get; init; }

    /// <summary>The remote address.</summary>
    public string? Remote { get; init; }

    /// <summary>The client: the caller's own of a connection, else the one that the call is about.</summary>
    public string? Client { get; init; }

    /// <summary>The home zone of a client, or the zone that the call is about.</summary>
    public string? Zone { get; init; }

    /// <summary>The zones that a connection listens to besides.</summary>
    public IReadOnlyList<string> ListenZones { get; init; } = [];

    /// <summary>The streams that the call is about.</summary>
    public IReadOnlyList<string> Streams { get; init; } = [];

    /// <summary>Whether everyone was published to.</summary>
    public bool Broadcast { get; init; }

    /// <summary>The managed subscription.</summary>
    public string? Subscription { get; init; }

    /// <summary>Whom the call is about besides, for example the subject whose credentials are revoked.</summary>
    public string? Target { get; init; }

    /// <summary>
    /// The status of the answer; of a refusal that a browser gets as <c>hub.end</c> on a 200, the one that others get. 499 when the caller
    /// had gone before its answer. 0 for <see cref="HubAuditKind.End"/>.
    /// </summary>
    public int Status { get; init; }

    /// <summary>The error code (<see cref="HubErrorCodes"/>); null for none.</summary>
    public string? Code { get; init; }

    /// <summary>Of an <see cref="HubAuditKind.End"/>: why.</summary>
    public CloseReason? Reason { get; init; }

    /// <summary>How many events were published; null where nothing is to be counted.</summary>
    public int? Count { get; init; }

    /// <summary>The bytes of their data, as they were sent.</summary>
    public long? Bytes { get; init; }

    /// <summary>The server's id of the request; null for <see cref="HubAuditKind.End"/>.</summary>
    public string? RequestId { get; init; }

    /// <summary>The W3C trace id, where the request is traced.</summary>
    public string? TraceId { get; init; }
}
