using AkkaSse.Hub;

namespace AkkaSse.Server.Limits;

/// <summary>
/// What one caller may ask of one node, section <c>Limits</c>. A caller is the subject of its credential, or without one its address; the
/// addresses of a /64 are one.
/// </summary>
internal sealed class LimitSettings
{
    internal const string Section = "Limits";

    private const int MaxRate = 1_000_000;
    private const int MaxBytesRate = 1 << 30;

    /// <summary>Event streams that a caller may open per second. 1 to 1 000 000. Default null: no limit.</summary>
    public int? Connects { get; set; }

    /// <summary>Requests that publish, of a caller per second; a batch is one. 1 to 1 000 000. Default null: no limit.</summary>
    public int? Publishes { get; set; }

    /// <summary>
    /// Bytes of the bodies of requests that publish, of a caller per second. 1 KiB to 1 GiB. Default null: no limit. A body whose length is
    /// not said counts as the largest event.
    /// </summary>
    public int? PublishBytes { get; set; }

    /// <summary>
    /// A caller that was quiet may ask at once for what the limits allow in so much time. 1 s to 10 min. Default 10 s.
    /// </summary>
    public TimeSpan Burst { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether there is a limit.</summary>
    internal bool IsGiven => Connects is not null || Publishes is not null || PublishBytes is not null;

    internal IEnumerable<string> Validate()
    {
        foreach (var (name, rate) in new[] { (nameof(Connects), Connects), (nameof(Publishes), Publishes) })
        {
            if (rate is < 1 or > MaxRate) yield return $"{Section}:{name} is {rate}; 1 to {MaxRate} are allowed, or none.";
        }
        if (PublishBytes is < 1 << 10 or > MaxBytesRate)
            yield return $"{Section}:{nameof(PublishBytes)} is {PublishBytes}; 1KiB to 1GiB are allowed, or none.";
        if (Burst < TimeSpan.FromSeconds(1) || Burst > TimeSpan.FromMinutes(10))
            yield return $"{Section}:{nameof(Burst)} is {Durations.Format(Burst)}; 1s to 10m are allowed.";
    }
}
