using System.Net;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Client;

/// <summary>The settings of an <see cref="SseHubClient"/>. Checked and copied when the client is made.</summary>
public sealed class SseHubClientOptions
{
    /// <summary>Where the hub is, http or https, without <c>/v1</c>. Needed.</summary>
    public Uri? BaseAddress { get; set; }

    /// <summary>Headers of every request.</summary>
    public IDictionary<string, string> Headers { get; set; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Gives the bearer token of each request. After a 401 it is asked once more for a new one.</summary>
    public SseTokenProvider? TokenProvider { get; set; }

    /// <summary>An HTTP client of the caller's; it is not disposed. Excludes <see cref="Handler"/>.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>A handler of the caller's; it is not disposed.</summary>
    public HttpMessageHandler? Handler { get; set; }

    /// <summary>A proxy in place of the system's. For the built-in handler only.</summary>
    public IWebProxy? Proxy { get; set; }

    /// <summary>
    /// Accepts any server certificate. For the built-in handler only; never outside tests and closed networks. Default false.
    /// </summary>
    public bool SkipTlsVerification { get; set; }

    /// <summary>Events of one request at most. Default 2 000; 1 to 10 000 (the hub's own bound).</summary>
    public int MaxBatchEvents { get; set; } = 2_000;

    /// <summary>Bytes of data of one request at most, unless one event alone is larger. Default 512 KiB; 1 KiB to 16 MiB.</summary>
    public int MaxBatchBytes { get; set; } = 512 * 1024;

    /// <summary>
    /// How long an event may wait for company before its request goes out. Default zero: a request takes what has gathered while the one
    /// before was under way, so that batches grow with the load and an idle client adds no delay. At most 10 s.
    /// </summary>
    public TimeSpan MaxBatchDelay { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// Requests under way at once, each with its own streams. Default 4; 1 to 64. More help publishers of many streams; one stream uses
    /// one.
    /// </summary>
    public int Lanes { get; set; } = 4;

    /// <summary>Events accepted from callers and not yet answered; beyond this callers wait. Default 32 768; 1 to 10 000 000.</summary>
    public int MaxPendingEvents { get; set; } = 32_768;

    /// <summary>
    /// Bytes of data accepted from callers and not yet answered; beyond this callers wait. Default 64 MiB; 1 KiB and more.
    /// </summary>
    public long MaxPendingBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How long one request may take. Default 30 s.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a failed request is repeated. Default 60 s; at most 4 min, because a hub need not remember idempotency keys for more than 5
    /// min. Zero never repeats.
    /// </summary>
    public TimeSpan RetryTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Whether batches carry an idempotency key. Default true. False spares the hub its table of keys, for floods of events that may be
    /// lost or
    /// doubled: a request whose answer is lost is then not repeated, and its events are answered <see
    /// cref="SsePublishStatus.OutcomeUnknown"/>.
    /// </summary>
    public bool Idempotent { get; set; } = true;

    /// <summary>
    /// The first wait before a repetition, doubled each time up to 20 times as much; the actual wait is a random half to all of it. Default
    /// 100 ms.
    /// </summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long <see cref="SseHubClient.DisposeAsync"/> waits for what is under way. Default 5 s.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock of every delay and timeout.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where repetitions are logged; event data never is. Default null: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    internal Func<HttpClient>? HttpClientFactory { get; set; }

    internal SseHubClientOptions Freeze()
    {
        var copy = (SseHubClientOptions)MemberwiseClone();
        copy.Headers = new Dictionary<string, string>(Headers, StringComparer.OrdinalIgnoreCase);
        copy.Validate();
        return copy;
    }

    private void Validate()
    {
        if (BaseAddress is null)
        {
            throw new ArgumentException("A BaseAddress is needed.", nameof(BaseAddress));
        }

        SseClientOptionsValidator.CheckUrl(BaseAddress, nameof(BaseAddress));

        // The rules for the HTTP side are those of the reader.
        SseClientOptionsValidator.Validate(AsReader());
        Check(MaxBatchEvents, 1, 10_000, nameof(MaxBatchEvents));
        Check(MaxBatchBytes, 1024, 16 * 1024 * 1024, nameof(MaxBatchBytes));
        Check(Lanes, 1, 64, nameof(Lanes));
        Check(MaxPendingEvents, 1, 10_000_000, nameof(MaxPendingEvents));
        Check(MaxPendingBytes, 1024, long.MaxValue, nameof(MaxPendingBytes));
        Check(MaxBatchDelay, TimeSpan.Zero, TimeSpan.FromSeconds(10), nameof(MaxBatchDelay));
        Check(RequestTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(4), nameof(RequestTimeout));
        Check(RetryTimeout, TimeSpan.Zero, TimeSpan.FromMinutes(4), nameof(RetryTimeout));
        Check(RetryDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1), nameof(RetryDelay));
        Check(DrainTimeout, TimeSpan.Zero, TimeSpan.FromMinutes(4), nameof(DrainTimeout));
    }

    internal SseClientOptions AsReader() => new()
    {
        Url = BaseAddress,
        Headers = Headers,
        HttpClient = HttpClient,
        Handler = Handler,
        Proxy = Proxy,
        SkipTlsVerification = SkipTlsVerification,
        TimeProvider = TimeProvider,
        HttpClientFactory = HttpClientFactory,
    };

    private static void Check<T>(T value, T least, T most, string name)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{least} to {most} is allowed.");
        }
    }
}
