using AkkaSse.AspNetCore;
using AkkaSse.Hub;

namespace AkkaSse.Server.Audit;

/// <summary>
/// What is noted of callers, section <c>Audit</c>. Nothing is, unless one of <see cref="Stream"/> and <see cref="Log"/> is on.
/// </summary>
internal sealed class AuditSettings
{
    internal const string Section = "Audit";

    private static readonly string[] s_kinds = [.. Enum.GetValues<HubAuditKind>().Select(AuditJson.Name)];

    /// <summary>
    /// Whether entries are events of the stream <c>$audit</c>, which is read with the grant <c>audit</c>. Default false.
    /// </summary>
    public bool Stream { get; set; }

    /// <summary>Whether entries are lines of the log, of the category <c>AkkaSse.Audit</c>. Default false.</summary>
    public bool Log { get; set; }

    /// <summary>
    /// Which kinds of entries there are. Default: all but <c>publish</c> and <c>read</c>, of which there are as many as calls: connect,
    /// end, refuse, disconnect, revoke, session, ticket, manage.
    /// </summary>
    public List<string> Events { get; set; } = [.. s_kinds.Where(static k => k is not ("publish" or "read"))];

    /// <summary>The largest age of an entry in the stream. 1 s to 10 000 d. Default 7 d.</summary>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>The largest number of entries in the stream. 1 to 100 000 000. Default 1 000 000.</summary>
    public long MaxEvents { get; set; } = 1_000_000;

    /// <summary>The largest size of the stream, encoded. Bytes. 1 KiB to 1 TiB. Default 256 MiB.</summary>
    public long MaxBytes { get; set; } = 256L << 20;

    /// <summary>Whether anything is noted.</summary>
    internal bool IsGiven => Stream || Log;

    /// <summary>Whether a kind is noted.</summary>
    internal bool Has(HubAuditKind kind) => Events.Contains(AuditJson.Name(kind));

    /// <summary>The options of the stream.</summary>
    internal StreamOptions StreamOptions => new() { MaxAge = MaxAge, MaxEvents = MaxEvents, MaxBytes = MaxBytes, IdleRemoval = null };

    internal IEnumerable<string> Validate()
    {
        foreach (var unknown in Events.Except(s_kinds))
            yield return $"{Section}:{nameof(Events)} has '{unknown}'; {string.Join(", ", s_kinds)} are allowed.";
        foreach (var fault in StreamOptions.Validate()) yield return $"{Section}:{fault}";
    }
}
