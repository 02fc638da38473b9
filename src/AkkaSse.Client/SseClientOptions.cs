using System.Net;
using AkkaSse.Protocol;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Client;

/// <summary>
/// The options of an <see cref="SseClient"/>. The client checks and copies them when it is made; later changes have no effect. Not
/// thread-safe.
/// </summary>
public sealed class SseClientOptions
{
    /// <summary>The URL of the event stream, http or https. Default null, which is a fault without <see cref="RequestFactory"/>.</summary>
    public Uri? Url { get; set; }

    /// <summary>
    /// Makes the request of each attempt, for another method or a body. Default null: <c>GET</c> of <see cref="Url"/>. A request without a
    /// URL gets <see cref="Url"/>.
    /// </summary>
    public SseRequestFactory? RequestFactory { get; set; }

    /// <summary>
    /// Headers of every request. Default empty. They win over the client's own (<c>Accept: text/event-stream</c>, <c>Cache-Control:
    /// no-cache</c>) and over those of <see cref="RequestFactory"/>.
    /// </summary>
    public IDictionary<string, string> Headers { get; set; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Gives the bearer token of each attempt. Default null: no token. After a 401 the client asks once more for a new one, within the same
    /// attempt.
    /// </summary>
    public SseTokenProvider? TokenProvider { get; set; }

    /// <summary>
    /// An HTTP client of your own. Default null: the built-in handler. The client does not dispose it. It may follow redirects itself. It
    /// excludes <see cref="Handler"/>.
    /// </summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>
    /// An HTTP handler of your own. Default null: the built-in handler. The client does not dispose it. It excludes
    /// <see cref="HttpClient"/>.
    /// </summary>
    public HttpMessageHandler? Handler { get; set; }

    /// <summary>The proxy of the built-in handler. Default null: that of the system.</summary>
    public IWebProxy? Proxy { get; set; }

    /// <summary>
    /// Whether the built-in handler accepts any server certificate. Default false. For tests and closed networks only.
    /// </summary>
    public bool SkipTlsVerification { get; set; }

    /// <summary>
    /// The largest number of redirects in a row that the built-in handler follows. 0 to 100. Default 20, as in the Fetch standard.
    /// Authorization and cookies stay on their origin.
    /// </summary>
    public int MaxRedirects { get; set; } = 20;

    /// <summary>The id of the event after which the stream begins, sent as <c>Last-Event-ID</c>. Default empty: none.</summary>
    public string LastEventId { get; set; } = "";

    /// <summary>
    /// Whether the last event id follows <see cref="SseClient.Acknowledge(SseEvent)"/> in place of the events handed out. Default false.
    /// True delivers at least once, false at most once.
    /// </summary>
    public bool ManualAcknowledge { get; set; }

    /// <summary>Decides when the client reconnects. Default <see cref="ReconnectPolicy.Default"/>.</summary>
    public ReconnectPolicy Reconnect { get; set; } = ReconnectPolicy.Default;

    /// <summary>The reconnection time while the server has sent none. 0 ms to 2147483647 ms. Default 1 s.</summary>
    public TimeSpan DefaultRetry { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The shortest reconnection time that a server can set. 0 ms to 2147483647 ms. Default 500 ms. A shorter <see cref="MaxRetry"/> wins.
    /// It does not bind <see cref="DefaultRetry"/> and the times of a policy.
    /// </summary>
    public TimeSpan MinRetry { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The longest reconnection time that a server can set, by <c>retry</c> or <c>Retry-After</c>. 0 ms to 2147483647 ms. Default 1 h.
    /// </summary>
    public TimeSpan MaxRetry { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// The age at which a connection counts as a success although no event came on it. 0 ms to 2147483647 ms. Default 5 s. A connection
    /// that ends earlier without an event is a failed attempt. A comment and a hub's <c>hub.end</c> are no events in this sense. With 0
    /// every accepted response is a success.
    /// </summary>
    public TimeSpan StableAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The number of failed attempts in a row after which the client gives up. At least 1, or null. Default null: no limit.
    /// <see cref="StableAfter"/> says which attempts fail.
    /// </summary>
    public int? MaxAttempts { get; set; }

    /// <summary>
    /// The time of failed attempts in a row after which the client gives up. 0 ms to 2147483647 ms, or null. Default null: no limit.
    /// </summary>
    public TimeSpan? MaxReconnectTime { get; set; }

    /// <summary>The failures after which the client does not reconnect. Default <see cref="PermanentFailures.Standard"/>.</summary>
    public PermanentFailures Permanent { get; set; } = PermanentFailures.Standard;

    /// <summary>
    /// Whether 201 is accepted like 200. Default false. Set it for servers that answer a subscribing <c>POST</c> with 201.
    /// </summary>
    public bool AcceptCreated { get; set; }

    /// <summary>
    /// Replaces the check of status and content type. Default null: 200 and <c>text/event-stream</c> with any parameters, in any case.
    /// </summary>
    public SseResponseValidator? ResponseValidator { get; set; }

    /// <summary>
    /// The time from the start of an attempt to the head of its response. 1 ms to 2147483647 ms, or <see cref="Timeout.InfiniteTimeSpan"/>.
    /// Default 30 s.
    /// </summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The time without a byte after which the client gives a connection up; comments count. 1 ms to 2147483647 ms, or null. Default null:
    /// no limit. Set it to at least 2.5 times the server's heartbeat (15 s with an AkkaSse hub).
    /// </summary>
    public TimeSpan? IdleTimeout { get; set; }

    /// <summary>
    /// The number of events that <see cref="SseSubscription.Events"/> holds before the client stops reading. 1 to 1 000 000. Default 1 024.
    /// The other ways to read hold none.
    /// </summary>
    public int BufferSize { get; set; } = 1024;

    /// <summary>
    /// The largest event. Bytes. 1 to 512 MiB. Default 1 MiB. The client skips a larger one and reports <see cref="SseFaulted"/>.
    /// </summary>
    public int MaxEventBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// The longest line. Bytes. 1 to 512 MiB. Default 1 MiB. The client skips the event of a longer one and reports
    /// <see cref="SseFaulted"/>.
    /// </summary>
    public int MaxLineBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// Whether the client decodes the data of every event from base64. Default false. It delivers data that are no base64 as they are,
    /// after <see cref="SseFaulted"/>.
    /// </summary>
    public bool DecodeBase64 { get; set; }

    /// <summary>
    /// Whether <see cref="SseEvent.Fields"/> has the fields outside the specification. Default true. A hub's comment line with the
    /// publisher's id is the field <c>eid</c> then, and no comment.
    /// </summary>
    public bool CustomFields { get; set; } = true;

    /// <summary>
    /// Whether the client delivers a hub's control events as ordinary events too, after their notification. Default false.
    /// </summary>
    public bool DeliverHubEvents { get; set; }

    /// <summary>
    /// Whether the subscription goes on after an exception from a handler or from typed JSON, and reports it by <see cref="SseFaulted"/>.
    /// Default false: the exception ends the subscription.
    /// </summary>
    public bool ContinueAfterHandlerFailure { get; set; }

    /// <summary>The clock of every delay and timeout. Default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where changes of the connection are logged. Default null: nowhere. Event data are never logged.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    internal Func<HttpClient>? HttpClientFactory { get; set; }

    internal SseParserOptions ParserOptions => new()
    {
        MaxEventBytes = MaxEventBytes,
        MaxLineBytes = MaxLineBytes,
        MaxRetry = MaxRetry,
        ReportFields = CustomFields,
    };

    internal SseClientOptions Freeze()
    {
        var copy = (SseClientOptions)MemberwiseClone();
        copy.Headers = new Dictionary<string, string>(Headers, StringComparer.OrdinalIgnoreCase);
        SseClientOptionsValidator.Validate(copy);
        return copy;
    }
}
