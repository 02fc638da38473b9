namespace AkkaSse.AspNetCore;

/// <summary>The answer of a quota. The default value is <see cref="Allowed"/>.</summary>
public readonly record struct HubQuotaAnswer
{
    private HubQuotaAnswer(string reason, TimeSpan retryAfter)
    {
        Reason = reason;
        RetryAfter = retryAfter;
    }

    /// <summary>Go on.</summary>
    public static HubQuotaAnswer Allowed => default;

    /// <summary>Whether it is refused.</summary>
    public bool IsRefused => Reason is not null;

    /// <summary>Which limit is reached, for the caller to read; null when granted.</summary>
    public string? Reason { get; }

    /// <summary>
    /// How long the caller should wait: <c>Retry-After</c> of a publish, in whole seconds, rounded up and at least 1. For an event stream
    /// the edge adds a random part, so that those that were refused together do not come back together.
    /// </summary>
    public TimeSpan RetryAfter { get; }

    /// <summary>Refuses.</summary>
    /// <param name="reason">Which limit is reached, for the caller to read: it becomes the <c>detail</c> of the answer.</param>
    /// <param name="retryAfter">When the same may be asked again. At least 0.</param>
    /// <exception cref="ArgumentException">The reason is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public static HubQuotaAnswer Refused(string reason, TimeSpan retryAfter)
    {
        ArgumentException.ThrowIfNullOrEmpty(reason);
        ArgumentOutOfRangeException.ThrowIfLessThan(retryAfter, TimeSpan.Zero);
        return new HubQuotaAnswer(reason, retryAfter);
    }
}
