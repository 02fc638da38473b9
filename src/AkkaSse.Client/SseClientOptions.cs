using System.Net;
using AkkaSse.Protocol;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Client;

/// <summary>
/// Makes the request of one attempt. Called for every attempt, so that bodies, headers and tokens are fresh; each call must return a new
/// object.
/// </summary>
/// <param name="context">What is known about the attempt.</param>
/// <param name="cancellationToken">Cancelled when the attempt is given up.</param>
public delegate ValueTask<HttpRequestMessage> SseRequestFactory(SseRequestContext context, CancellationToken cancellationToken);

/// <summary>Gives the bearer token of one attempt; null sends none.</summary>
/// <param name="context">What is known about the attempt; <see cref="SseRequestContext.RefreshToken"/> asks for a new token.</param>
/// <param name="cancellationToken">Cancelled when the attempt is given up.</param>
public delegate ValueTask<string?> SseTokenProvider(SseRequestContext context, CancellationToken cancellationToken);

/// <summary>Replaces the check of the response head: returns null to accept, else why not.</summary>
/// <param name="response">The response; its body must not be read on acceptance.</param>
/// <param name="cancellationToken">Cancelled when the attempt is given up.</param>
public delegate ValueTask<SseClientException?> SseResponseValidator(HttpResponseMessage response, CancellationToken cancellationToken);

/// <summary>The settings of an <see cref="SseClient"/>. Checked and copied when the client is made; later changes have no effect.</summary>
public sealed class SseClientOptions
{
    /// <summary>The URL, http or https. Needed unless <see cref="RequestFactory"/> is given.</summary>
    public Uri? Url { get; set; }

    /// <summary>
    /// Makes the request of each attempt, for another method or a body. A request without a URL gets <see cref="Url"/>. Default: <c>GET</c>
    /// of <see cref="Url"/>.
    /// </summary>
    public SseRequestFactory? RequestFactory { get; set; }

    /// <summary>
    /// Headers of every request. They win over the defaults (<c>Accept: text/event-stream</c>, <c>Cache-Control: no-cache</c>) and over a
    /// request factory's.
    /// </summary>
    public IDictionary<string, string> Headers { get; set; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Gives the bearer token of each attempt. After a 401 it is asked once more for a new one within the same attempt.</summary>
    public SseTokenProvider? TokenProvider { get; set; }

    /// <summary>
    /// An HTTP client of the caller's; it is not disposed. It may follow redirects itself. Excludes <see cref="Handler"/>.
    /// </summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>A handler of the caller's; it is not disposed.</summary>
    public HttpMessageHandler? Handler { get; set; }

    /// <summary>A proxy in place of the system's. For the built-in handler only.</summary>
    public IWebProxy? Proxy { get; set; }

    /// <summary>
    /// Accepts any server certificate. For the built-in handler only; never outside tests and closed networks. Default false.
    /// </summary>
    public bool SkipTlsVerification { get; set; }

    /// <summary>
    /// Redirects followed by the built-in handler, 0 to 100. Default 20, as in the Fetch standard. Authorization and cookies stay on their
    /// origin.
    /// </summary>
    public int MaxRedirects { get; set; } = 20;

    /// <summary>The id to begin after, sent as <c>Last-Event-ID</c>. Default empty: none.</summary>
    public string LastEventId { get; set; } = "";

    /// <summary>
    /// The last event id follows <see cref="SseClient.Acknowledge(SseEvent)"/> instead of the events handed out: at least once instead of
    /// at most once. Default false.
    /// </summary>
    public bool ManualAcknowledge { get; set; }

    /// <summary>When to reconnect. Default <see cref="ReconnectPolicy.Default"/>.</summary>
    public ReconnectPolicy Reconnect { get; set; } = ReconnectPolicy.Default;

    /// <summary>The reconnection time while the server has given none. Default 1 s.</summary>
    public TimeSpan DefaultRetry { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A shorter <c>retry</c> of the server counts as this much, so that no server can make the client come back without a pause; 0 to
    /// 2147483647 ms. A shorter <see cref="MaxRetry"/> wins. It does not bind <see cref="DefaultRetry"/> or a policy's own times. Default
    /// 500 ms.
    /// </summary>
    public TimeSpan MinRetry { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A longer <c>retry</c> or <c>Retry-After</c> of the server counts as this much. Default 1 hour.</summary>
    public TimeSpan MaxRetry { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// A connection that has stood for so long counts as a success even if no event came on it; with less, and without an event, the
    /// attempt counts as failed, as an answer of 200 that ends at once does. A hub's <c>hub.end</c> is no event in this sense, a comment
    /// is none either. 0 to 2147483647 ms; with 0 every accepted response is a success. Default 5 s.
    /// </summary>
    public TimeSpan StableAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Give up after so many failed attempts in a row (see <see cref="StableAfter"/> for what succeeds); null, the default, for no limit.
    /// </summary>
    public int? MaxAttempts { get; set; }

    /// <summary>Give up when attempts have failed for so long in a row; null, the default, for no limit.</summary>
    public TimeSpan? MaxReconnectTime { get; set; }

    /// <summary>Which failures are permanent. Default <see cref="PermanentFailures.Standard"/>.</summary>
    public PermanentFailures Permanent { get; set; } = PermanentFailures.Standard;

    /// <summary>Takes 201 like 200, for servers that answer a subscribing <c>POST</c> with it. Default false.</summary>
    public bool AcceptCreated { get; set; }

    /// <summary>
    /// Replaces the check of status and content type. Default null: 200 and <c>text/event-stream</c> with any parameters, in any case.
    /// </summary>
    public SseResponseValidator? ResponseValidator { get; set; }

    /// <summary>
    /// From the start of an attempt to its response head. Default 30 s; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A connection on which no byte arrives for so long is given up; comments count. Default null: never. Set it to at least 2.5 times the
    /// server's heartbeat (an AkkaSse hub: 15 s).
    /// </summary>
    public TimeSpan? IdleTimeout { get; set; }

    /// <summary>
    /// Events that <see cref="SseSubscription.Events"/> holds before reading stops. Default 1 024; 1 to 1 000 000. The other ways to read
    /// hold none.
    /// </summary>
    public int BufferSize { get; set; } = 1024;

    /// <summary>The largest event in bytes; a larger one is skipped with <see cref="SseFaulted"/>. Default 1 MiB.</summary>
    public int MaxEventBytes { get; set; } = 1024 * 1024;

    /// <summary>The longest line in bytes; the event of a longer one is skipped with <see cref="SseFaulted"/>. Default 1 MiB.</summary>
    public int MaxLineBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// Decodes the data of every event from base64. Data that is none is delivered as it is, after <see cref="SseFaulted"/>. Default false.
    /// </summary>
    public bool DecodeBase64 { get; set; }

    /// <summary>
    /// Collects fields outside the specification in <see cref="SseEvent.Fields"/>. A hub's comment line with the publisher's id is the
    /// field <c>eid</c>, and is not reported as a comment. Default true.
    /// </summary>
    public bool CustomFields { get; set; } = true;

    /// <summary>Delivers a hub's control events as ordinary events, too, after their notification. Default false.</summary>
    public bool DeliverHubEvents { get; set; }

    /// <summary>
    /// After an exception from a handler or from typed JSON: true reports it by <see cref="SseFaulted"/> and goes on, false (the default)
    /// ends the subscription with it.
    /// </summary>
    public bool ContinueAfterHandlerFailure { get; set; }

    /// <summary>The clock of every delay and timeout.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where connection changes are logged; event data never is. Default null: nowhere.</summary>
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
