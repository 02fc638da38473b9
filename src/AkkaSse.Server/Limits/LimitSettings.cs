using AkkaSse.Hub;

namespace AkkaSse.Server.Limits;

/// <summary>What may be asked of one node per second, by whoever or of whatever is counted.</summary>
internal class LimitRates
{
    private const int MaxBytesRate = 1 << 30;

    /// <summary>The largest number of events, or event streams, per second.</summary>
    private protected const int MaxRate = 1_000_000;

    /// <summary>Event streams opened per second. 1 to 1 000 000. Default null: no limit.</summary>
    public int? Connects { get; set; }

    /// <summary>Events published per second. 1 to 1 000 000. Default null: no limit.</summary>
    public int? Publishes { get; set; }

    /// <summary>Bytes of the bodies of publishes per second. 1 KiB to 1 GiB. Default null: no limit.</summary>
    public int? PublishBytes { get; set; }

    /// <summary>The same as numbers, 0 for no limit.</summary>
    internal LimitAmounts PerSecond => new(Connects ?? 0, Publishes ?? 0, PublishBytes ?? 0);

    internal IEnumerable<string> Validate(string section)
    {
        foreach (var (name, rate) in new[] { (nameof(Connects), Connects), (nameof(Publishes), Publishes) })
        {
            if (rate is < 1 or > MaxRate) yield return $"{section}:{name} is {rate}; 1 to {MaxRate} are allowed, or none.";
        }
        if (PublishBytes is < 1 << 10 or > MaxBytesRate)
            yield return $"{section}:{nameof(PublishBytes)} is {PublishBytes}; 1KiB to 1GiB are allowed, or none.";
    }
}

/// <summary>
/// The limits of one node, section <c>Limits</c>. Those of the section itself are of a caller: the subject of its credential, or without
/// one its address.
/// </summary>
internal sealed class LimitSettings : LimitRates
{
    internal const string Section = "Limits";

    /// <summary>The section of <see cref="Namespaces"/>.</summary>
    internal const string NamespacesSection = $"{Section}:{nameof(Namespaces)}";

    /// <summary>What is allowed to one address, whoever authenticates there; a /64 is one address. Default: no limits.</summary>
    public LimitRates Address { get; set; } = new();

    /// <summary>
    /// What is allowed on one stream, whoever asks. For publishes a zone and the broadcasts are streams too. Default: no limits.
    /// </summary>
    public LimitRates Stream { get; set; } = new();

    /// <summary>
    /// What is allowed in a namespace, by the prefix that <see cref="HubOptions.Namespaces"/> has, whoever asks. Default: no limits.
    /// </summary>
    public IDictionary<string, LimitRates> Namespaces { get; } = new SortedDictionary<string, LimitRates>(StringComparer.Ordinal);

    /// <summary>
    /// Events published by one subject per second, on all nodes together. 1 to 1 000 000. Default null: no limit. Approximate: nodes tell
    /// each other once a second what they have counted (docs/operations.md).
    /// </summary>
    public int? ClusterPublishes { get; set; }

    /// <summary>Who or what was quiet may use at once what a limit allows in so much time. 1 s to 10 min. Default 10 s.</summary>
    public TimeSpan Burst { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether there is a limit.</summary>
    internal bool IsGiven => ClusterPublishes is not null
        || new[] { this, Address, Stream }.Concat(Namespaces.Values).Any(static r => r.PerSecond != default);

    internal IEnumerable<string> Validate()
    {
        foreach (var fault in Validate(Section)) yield return fault;
        foreach (var fault in Address.Validate($"{Section}:{nameof(Address)}")) yield return fault;
        foreach (var fault in Stream.Validate($"{Section}:{nameof(Stream)}")) yield return fault;
        foreach (var (prefix, rates) in Namespaces)
        {
            foreach (var fault in rates.Validate($"{NamespacesSection}:{prefix}")) yield return fault;
        }
        if (ClusterPublishes is < 1 or > MaxRate)
            yield return $"{Section}:{nameof(ClusterPublishes)} is {ClusterPublishes}; 1 to {MaxRate} are allowed, or none.";
        if (Burst < TimeSpan.FromSeconds(1) || Burst > TimeSpan.FromMinutes(10))
            yield return $"{Section}:{nameof(Burst)} is {Durations.Format(Burst)}; 1s to 10m are allowed.";
    }
}
