using System.Net;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Client;

/// <summary>
/// The options of an <see cref="SseHubClient"/>. The client checks and copies them when it is made; later changes have no effect. Not
/// thread-safe.
/// </summary>
public sealed class SseHubClientOptions
{
    /// <summary>The URL of the hub, http or https, without <c>/v1</c>. Default null, which is a fault.</summary>
    public Uri? BaseAddress { get; set; }

    /// <summary>Headers of every request. Default empty.</summary>
    public IDictionary<string, string> Headers { get; set; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Gives the bearer token of each request. Default null: no token. After a 401 the client asks once more for a new one.
    /// </summary>
    public SseTokenProvider? TokenProvider { get; set; }

    /// <summary>
    /// An HTTP client of your own. Default null: the built-in handler. The client does not dispose it. It excludes <see cref="Handler"/>.
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

    /// <summary>The largest number of events in one request. 1 to 10 000, the hub's own bound. Default 2 000.</summary>
    public int MaxBatchEvents { get; set; } = 2_000;

    /// <summary>
    /// The largest size of the data in one request. Bytes. 1 KiB to 16 MiB. Default 512 KiB. A single event may be larger.
    /// </summary>
    public int MaxBatchBytes { get; set; } = 512 * 1024;

    /// <summary>
    /// The time that an event may wait for others before its request is sent. 0 s to 10 s. Default 0 s: a request takes the events that
    /// arrived during the previous one, so that batches grow with the load and an idle client adds no delay.
    /// </summary>
    public TimeSpan MaxBatchDelay { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// The number of requests in flight, each with streams of its own. 1 to 64. Default 4. More help publishers of many streams; one stream
    /// uses one.
    /// </summary>
    public int Lanes { get; set; } = 4;

    /// <summary>
    /// The largest number of events that are accepted from callers and not answered. 1 to 10 000 000. Default 32 768. Beyond it callers
    /// wait.
    /// </summary>
    public int MaxPendingEvents { get; set; } = 32_768;

    /// <summary>
    /// The largest size of the data that are accepted from callers and not answered. Bytes. At least 1 KiB. Default 64 MiB. Beyond it
    /// callers wait.
    /// </summary>
    public long MaxPendingBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>The time that one request may take. 1 ms to 4 min. Default 30 s.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The time for which the client repeats a failed request. 0 s to 4 min. Default 1 min. A hub need not remember idempotency keys for
    /// more than 5 min. 0 never repeats.
    /// </summary>
    public TimeSpan RetryTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Whether batches carry an idempotency key. Default true. False spares the hub its table of keys, for many events that may be lost or
    /// doubled: the client does not repeat a request whose answer is lost, and answers its events with
    /// <see cref="SsePublishStatus.OutcomeUnknown"/>.
    /// </summary>
    public bool Idempotent { get; set; } = true;

    /// <summary>
    /// The wait before the first repetition; it doubles each time, up to 20 times as much. 1 ms to 1 min. Default 100 ms. The client waits
    /// a random half to all of it.
    /// </summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The time that <see cref="SseHubClient.DisposeAsync"/> waits for requests in flight. 0 s to 4 min. Default 5 s.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock of every delay and timeout. Default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where repetitions are logged. Default null: nowhere. Event data are never logged.</summary>
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
