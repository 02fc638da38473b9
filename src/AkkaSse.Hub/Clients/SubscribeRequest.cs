using System.Security.Claims;

namespace AkkaSse.Hub;

/// <summary>Everything the hub must know of a connection before its response head goes out. Immutable.</summary>
public sealed record SubscribeRequest
{
    // What few connections have, in an object of its own: every connection keeps its request.
    private Extras? _extras;

    /// <summary>The streams, without duplicates, in the order asked for.</summary>
    public IReadOnlyList<StreamSubscription> Streams { get; init; } = [];

    /// <summary>The client's home zone, or null when the connection belongs to none (an edge of one stream).</summary>
    public string? Zone { get; init; }

    /// <summary>Zones to listen to besides.</summary>
    public IReadOnlyList<string> ListenZones
    {
        get => _extras?.ListenZones ?? [];
        init => _extras = Extras.Of(_extras, value.Count == 0 ? null : value, static (x, v) => x with { ListenZones = v });
    }

    /// <summary>Whether broadcasts come too.</summary>
    public bool Broadcast { get; init; }

    /// <summary>The id that the client chose, to be registered in the home zone; null lets the hub make one.</summary>
    public string? ClientId { get; init; }

    /// <summary>Chosen once per EventSource object; the same instance replaces itself at once.</summary>
    public string? Instance { get; init; }

    /// <summary>Only events of these types; empty for all. An event without a type is <c>message</c>.</summary>
    public IReadOnlyList<string> Types
    {
        get => _extras?.Types ?? [];
        init => _extras = Extras.Of(_extras, value.Count == 0 ? null : value, static (x, v) => x with { Types = v });
    }

    /// <summary>
    /// The last event id as received; null or "" for none. A text of a foreign form is an unknown id: a gap, never an error.
    /// </summary>
    public string? LastEventId { get; init; }

    /// <summary>
    /// <see cref="LastEventId"/> when an id line can repeat it (printable ASCII without outer spaces), else null. The hub's own events
    /// repeat it where the reader has no newer position.
    /// </summary>
    public string? RepeatableLastEventId =>
        LastEventId is { Length: > 0 } id && !id.AsSpan().ContainsAnyExceptInRange(' ', '~') && id[0] != ' ' && id[^1] != ' ' ? id : null;

    /// <summary>
    /// Where streams start that have no position of their own, and where they go on after an id that nobody knows. Null: not given, which
    /// means the latest for the first and the oldest retained for the second.
    /// </summary>
    public StartPosition? Since
    {
        get => _extras?.Since;
        init => _extras = Extras.Of(_extras, value, static (x, v) => x with { Since = v });
    }

    /// <summary>
    /// Asked for each stream that a stored change of subscriptions would add to this connection; null allows all. It is asked before the
    /// connection is admitted, and later only when <see cref="Admission.IsWaiting"/> says so.
    /// </summary>
    public Func<string, ValueTask<bool>>? AuthorizeStream
    {
        get => _extras?.AuthorizeStream;
        init => _extras = Extras.Of(_extras, value, static (x, v) => x with { AuthorizeStream = v });
    }

    /// <summary>What the id lines carry.</summary>
    public WireIds Ids { get; init; }

    /// <summary>False sends no <c>hub.*</c> event at all; a gap is then a comment line.</summary>
    public bool Control { get; init; } = true;

    /// <summary>
    /// True has the comment <c>: traceparent=…</c> before each event that carries a trace context. Default false: readers of a stream then
    /// share its bytes.
    /// </summary>
    public bool TraceParents { get; init; }

    /// <summary>How the connection is kept alive.</summary>
    public HeartbeatKind HeartbeatKind { get; init; }

    /// <summary>The interval of the heartbeat; null for the hub's.</summary>
    public TimeSpan? Heartbeat
    {
        get => _extras?.Heartbeat;
        init => _extras = Extras.Of(_extras, value, static (x, v) => x with { Heartbeat = v });
    }

    /// <summary>
    /// With <see cref="HeartbeatKind.Event"/>: the event's type, <c>hub.ping</c> when null (the ctrlX edge says <c>keepalive</c>).
    /// </summary>
    public string? HeartbeatEvent
    {
        get => _extras?.HeartbeatEvent;
        init => _extras = Extras.Of(_extras, value, static (x, v) => x with { HeartbeatEvent = v });
    }

    /// <summary>A refusal that is said as <c>hub.end</c> on a 200, because a browser would give up for ever on anything else.</summary>
    public bool Browser { get; init; }

    /// <summary>A managed subscription's id, whose positions the hub keeps; null otherwise.</summary>
    public string? ManagedSubscription
    {
        get => _extras?.ManagedSubscription;
        init => _extras = Extras.Of(_extras, value, static (x, v) => x with { ManagedSubscription = v });
    }

    /// <summary>The authenticated principal, or null.</summary>
    public ClaimsPrincipal? Principal
    {
        get => _extras?.Principal;
        init => _extras = Extras.Of(_extras, value, static (x, v) => x with { Principal = v });
    }

    /// <summary>
    /// When the principal's credential ends; null for never. The connection ends with it, at a random time of the last minute before, or
    /// of the last quarter of what the credential has left when that is less.
    /// </summary>
    public DateTimeOffset? CredentialExpires
    {
        get => _extras?.CredentialExpires;
        init => _extras = Extras.Of(_extras, value, static (x, v) => x with { CredentialExpires = v });
    }

    /// <summary>The principal's stable subject, to which registrations of client ids belong; null when anonymous.</summary>
    public string? Subject { get; init; }

    /// <summary>What connection limits count by (remote address or principal); null for no such limit.</summary>
    public string? LimitKey { get; init; }

    /// <summary>The remote address as text.</summary>
    public string? Remote { get; init; }

    /// <summary>The request's path and query.</summary>
    public string? Url { get; init; }

    /// <summary>A snapshot of the request's headers for callbacks; authorization and cookies are left out by the edge.</summary>
    public IReadOnlyDictionary<string, string>? Headers
    {
        get => _extras?.Headers;
        init => _extras = Extras.Of(_extras, value, static (x, v) => x with { Headers = v });
    }

    /// <summary>
    /// Written right after the head and before anything else, encoded by the caller (a welcome event, say); ends in a blank line, before
    /// which the hub writes the line of the reader's position. Null for nothing.
    /// </summary>
    public ReadOnlyMemory<byte>? Welcome
    {
        get => _extras?.Welcome;
        init => _extras = Extras.Of(_extras, value, static (x, v) => x with { Welcome = v });
    }

    private sealed record Extras
    {
        private static readonly Extras s_none = new();

        internal Func<string, ValueTask<bool>>? AuthorizeStream { get; init; }

        internal TimeSpan? Heartbeat { get; init; }

        internal string? HeartbeatEvent { get; init; }

        internal IReadOnlyList<string>? ListenZones { get; init; }

        internal IReadOnlyList<string>? Types { get; init; }

        internal StartPosition? Since { get; init; }

        internal IReadOnlyDictionary<string, string>? Headers { get; init; }

        internal string? ManagedSubscription { get; init; }

        internal ClaimsPrincipal? Principal { get; init; }

        internal DateTimeOffset? CredentialExpires { get; init; }

        internal ReadOnlyMemory<byte>? Welcome { get; init; }

        // Null when there is nothing, so that equal requests are equal.
        internal static Extras? Of<T>(Extras? before, T value, Func<Extras, T, Extras> with) =>
            before is null && value is null ? null : with(before ?? s_none, value) is var after && after == s_none ? null : after;
    }
}
