using System.IO.Pipelines;
using System.Security.Claims;

namespace AkkaSse.Hub;

/// <summary>What a connection's <c>id:</c> lines carry.</summary>
public enum WireIds
{
    /// <summary><c>offset-epoch</c> of the one stream (or the publisher's id on a stream with ids of the caller).</summary>
    Position,

    /// <summary>A cursor token over all streams of the connection.</summary>
    Token,

    /// <summary>A bare decimal of the one stream, for clients that read integers (the r3labs edge).</summary>
    Decimal,

    /// <summary>No id lines.</summary>
    None,
}

/// <summary>How a quiet connection is kept alive.</summary>
public enum HeartbeatKind
{
    /// <summary>The line <c>:</c>, without a blank line.</summary>
    Comment,

    /// <summary>The event <c>hub.ping</c> (<c>ping=event</c>), or a named one.</summary>
    Event,

    /// <summary>Never.</summary>
    None,
}

/// <summary>One stream of a subscribe request.</summary>
/// <param name="Stream">Its name.</param>
/// <param name="Since">Where to start when the last event id says nothing of it; null for the request's own start.</param>
public readonly record struct StreamSubscription(string Stream, StartPosition? Since = null);

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

    /// <summary>The last event id as received; null or "" for none. A text of a foreign form is an unknown id: a gap, never an error.</summary>
    public string? LastEventId { get; init; }

    /// <summary>
    /// <see cref="LastEventId"/> when an id line can repeat it (printable ASCII without outer spaces), else null. The hub's own events
    /// repeat it where the reader has no newer position.
    /// </summary>
    public string? RepeatableLastEventId =>
        LastEventId is { Length: > 0 } id && !id.AsSpan().ContainsAnyExceptInRange(' ', '~') && id[0] != ' ' && id[^1] != ' ' ? id : null;

    /// <summary>Where streams start that have no position of their own, and where they go on after an id that nobody knows. Null: not given, which means the latest for the first and the oldest retained for the second.</summary>
    public StartPosition? Since
    {
        get => _extras?.Since;
        init => _extras = Extras.Of(_extras, value, static (x, v) => x with { Since = v });
    }

    /// <summary>Asked for each stream that a stored change of subscriptions would add to this connection; null allows all.</summary>
    public Func<string, ValueTask<bool>>? AuthorizeStream
    {
        get => _extras?.AuthorizeStream;
        init => _extras = Extras.Of(_extras, value, static (x, v) => x with { AuthorizeStream = v });
    }

    /// <summary>What the id lines carry.</summary>
    public WireIds Ids { get; init; }

    /// <summary>False sends no <c>hub.*</c> event at all; a gap is then a comment line.</summary>
    public bool Control { get; init; } = true;

    /// <summary>How the connection is kept alive.</summary>
    public HeartbeatKind HeartbeatKind { get; init; }

    /// <summary>The interval of the heartbeat; null for the hub's.</summary>
    public TimeSpan? Heartbeat
    {
        get => _extras?.Heartbeat;
        init => _extras = Extras.Of(_extras, value, static (x, v) => x with { Heartbeat = v });
    }

    /// <summary>With <see cref="HeartbeatKind.Event"/>: the event's type, <c>hub.ping</c> when null (the ctrlX edge says <c>keepalive</c>).</summary>
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

        internal ReadOnlyMemory<byte>? Welcome { get; init; }

        // Null when there is nothing, so that equal requests are equal.
        internal static Extras? Of<T>(Extras? before, T value, Func<Extras, T, Extras> with) =>
            before is null && value is null ? null : with(before ?? s_none, value) is var after && after == s_none ? null : after;
    }
}

/// <summary>How a request to connect was decided.</summary>
public enum AdmissionStatus
{
    /// <summary>The connection may run.</summary>
    Accepted,

    /// <summary>A stream does not exist and may not be waited for: 404.</summary>
    NoStream,

    /// <summary>A stream was removed a moment ago: 204.</summary>
    Removed,

    /// <summary>This client was disconnected for good, or was replaced a moment ago: 204.</summary>
    Refused,

    /// <summary>The client id is in use: 409, for browsers <c>hub.end {reason:"client-in-use"}</c>.</summary>
    ClientInUse,

    /// <summary>A limit is reached: 429, for browsers <c>hub.end</c> with a retry.</summary>
    LimitReached,

    /// <summary>The node drains: 503, for browsers <c>hub.end</c> with a retry.</summary>
    Draining,

    /// <summary>The engine cannot say who owns the id: 503, for browsers <c>hub.end</c> with a retry.</summary>
    Unavailable,

    /// <summary>The request is invalid: 400.</summary>
    Invalid,

    /// <summary>The managed subscription does not exist: 404.</summary>
    NoSubscription,
}

/// <summary>The answer to a request to connect.</summary>
/// <param name="Status">How it was decided.</param>
public readonly record struct Admission(AdmissionStatus Status)
{
    /// <summary>The connection; not null exactly when accepted.</summary>
    public IClientConnection? Connection { get; init; }

    /// <summary>What was wrong and what is allowed; for a taken id the seeds' text <c>a client with id &lt;id&gt; already exists</c>.</summary>
    public string? Error { get; init; }

    /// <summary>When to try again, where that makes sense.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>Why a connection ended.</summary>
public enum CloseReason
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>The client went away.</summary>
    ClientGone,

    /// <summary>A stream it read was removed and none was left.</summary>
    Removed,

    /// <summary>It did not take what was written to it (write timeout and tolerance, or the policy disconnect).</summary>
    SlowClient,

    /// <summary>Another connection took its id.</summary>
    Replaced,

    /// <summary>Somebody disconnected it.</summary>
    Kicked,

    /// <summary>The hub stops.</summary>
    Shutdown,

    /// <summary>Writing failed.</summary>
    WriteError,

    /// <summary>Its maximum lifetime was over.</summary>
    Lifetime,

    /// <summary>Its node could not renew its lease.</summary>
    LeaseLost,

    /// <summary>A fault inside the hub; it was logged.</summary>
    Fault,
}

/// <summary>
/// An admitted connection that has not written yet. The registration of its client id and its start positions are fixed: nothing published
/// from now on is missed.
/// </summary>
public interface IClientConnection : IAsyncDisposable
{
    /// <summary>The client's id, chosen or made.</summary>
    string ClientId { get; }

    /// <summary>Why it ended; <see cref="CloseReason.None"/> while it runs.</summary>
    CloseReason Reason { get; }

    /// <summary>
    /// Writes to <paramref name="output"/> until the connection ends; completes then, never faults. Called once. The caller has set the response
    /// head and has not flushed it: the first write carries the first blocks with the head.
    /// </summary>
    /// <param name="output">The response body. Only this connection writes to it; it is not completed by it.</param>
    /// <param name="abort">Ends the transport when the peer does not take what is written; called at most once, from any thread.</param>
    /// <param name="gone">Cancelled when the peer has gone.</param>
    Task RunAsync(PipeWriter output, Action abort, CancellationToken gone);

    /// <summary>The same for a transport that wants no task: an idle connection keeps neither that nor a delegate.</summary>
    /// <param name="output">The response body. Only this connection writes to it; it is not completed by it.</param>
    /// <param name="transport">Told to abort, and that the connection has ended.</param>
    /// <param name="gone">Cancelled when the peer has gone.</param>
    void Run(PipeWriter output, IClientTransport transport, CancellationToken gone);
}

/// <summary>What carries a connection, as the hub sees it. Called from any thread; neither blocks nor throws.</summary>
public interface IClientTransport
{
    /// <summary>The peer does not take what is written: end the transport. At most once.</summary>
    void Abort();

    /// <summary>The connection has ended and writes nothing any more. Once.</summary>
    /// <param name="reason">Why.</param>
    void OnEnded(CloseReason reason);
}

/// <summary>One connection as lists and callbacks show it. A snapshot.</summary>
public sealed record ClientInfo
{
    /// <summary>The client's id.</summary>
    public required string Id { get; init; }

    /// <summary>Its home zone; null for a connection that belongs to none.</summary>
    public string? Zone { get; init; }

    /// <summary>The node that holds it.</summary>
    public required string Node { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset ConnectedAt { get; init; }

    /// <summary>The streams it reads.</summary>
    public IReadOnlyList<string> Streams { get; init; } = [];

    /// <summary>The zones it listens to besides its own.</summary>
    public IReadOnlyList<string> ListenZones { get; init; } = [];

    /// <summary>The principal's subject.</summary>
    public string? Subject { get; init; }

    /// <summary>The instance it named.</summary>
    public string? Instance { get; init; }

    /// <summary>The remote address.</summary>
    public string? Remote { get; init; }

    /// <summary>The request's path and query.</summary>
    public string? Url { get; init; }

    /// <summary>The last event id it came with.</summary>
    public string? LastEventId { get; init; }

    /// <summary>The request's headers without authorization and cookies; null from another node.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }
}

/// <summary>A page of a list.</summary>
/// <param name="Items">In ascending order of their names.</param>
/// <param name="Next">What to pass as <c>after</c> for the next page; null on the last.</param>
public readonly record struct Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>A change to a live connection's streams.</summary>
/// <param name="Add">Streams to add, each with its start.</param>
/// <param name="Remove">Streams to remove.</param>
public sealed record SubscriptionChange(IReadOnlyList<StreamSubscription> Add, IReadOnlyList<string> Remove);

/// <summary>How a call on one client ended.</summary>
public enum ClientCallStatus
{
    /// <summary>Done.</summary>
    Done,

    /// <summary>Nobody with that id is connected.</summary>
    NotConnected,

    /// <summary>Several zones have a client with that id and no zone was given.</summary>
    Ambiguous,

    /// <summary>Something was invalid; nothing was changed.</summary>
    Invalid,

    /// <summary>A limit would be exceeded; nothing was changed.</summary>
    LimitReached,

    /// <summary>A stream does not exist.</summary>
    NoStream,

    /// <summary>The engine is away.</summary>
    Unavailable,

    /// <summary>No answer from the client's node in 2 s.</summary>
    Unknown,
}

/// <summary>The answer to a call on one client.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Client">The client as it is afterwards, where the call says so.</param>
/// <param name="Error">What was wrong and what is allowed.</param>
public readonly record struct ClientCallResult(ClientCallStatus Status, ClientInfo? Client = null, string? Error = null);
