namespace AkkaSse.Client;

/// <summary>What a <see cref="ReconnectPolicy"/> decides by. A value; the decision depends on nothing else.</summary>
public readonly record struct ReconnectContext
{
    /// <summary>
    /// Which attempt since the last success (<see cref="SseClientOptions.StableAfter"/>) is to be timed; 1 is the first after such a
    /// connection was lost.
    /// </summary>
    public int Attempt { get; init; }

    /// <summary>
    /// The reconnection time that the server asked for with <c>retry:</c>, from <see cref="SseClientOptions.MinRetry"/> to
    /// <see cref="SseClientOptions.MaxRetry"/>; null when it never did.
    /// </summary>
    public TimeSpan? ServerRetry { get; init; }

    /// <summary>What stands in for <see cref="ServerRetry"/> without one (<see cref="SseClientOptions.DefaultRetry"/>).</summary>
    public TimeSpan DefaultRetry { get; init; }

    /// <summary>What a 429 or 503 asked for with <c>Retry-After</c>, clamped; null without one.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>
    /// True when the connection ended after <c>hub.drain</c>: its <c>retry</c> was drawn for this reader and needs no more spread.
    /// </summary>
    public bool Drained { get; init; }

    /// <summary>A random number in [0, 1), drawn for this decision.</summary>
    public double Random { get; init; }

    /// <summary>What failed; null after <see cref="SseSubscription.Restart"/>.</summary>
    public SseClientException? Error { get; init; }
}
