using System.Net;
using AkkaSse.AspNetCore;
using AkkaSse.Server.Limits;

namespace AkkaSse.Server.Audit;

/// <summary>
/// Entries in their order. Equal failures are one with a count, and those of one caller beyond <see cref="MaxTargets"/> different ones are
/// one without names: whoever is refused may ask as often as it likes, and must not push the others out of the stream. So it is with what
/// costs a caller nothing to repeat. Not thread-safe.
/// </summary>
internal sealed class AuditBatch
{
    /// <summary>Different failures of one caller that are named.</summary>
    internal const int MaxTargets = 16;

    /// <summary>Different calls of one caller that are named of those that need no limit to be many.</summary>
    internal const int MaxCalls = 64;

    private readonly List<HubAuditEntry> _entries = [];
    private readonly List<int?> _counts = [];
    private readonly Dictionary<Refusal, int> _refusals = [];
    private readonly Dictionary<Caller, int> _targets = [];

    internal int Count => _entries.Count;

    internal void Add(HubAuditEntry entry)
    {
        if (MostOf(entry) is { } most && IsCounted(ref entry, most)) return;
        _entries.Add(entry);
        _counts.Add(null);
    }

    // Null: each is an entry. Connects have limits, and publishes and reads are noted for whoever wants each.
    private static int? MostOf(HubAuditEntry entry) => entry switch
    {
        { Status: >= 400 } or { Kind: HubAuditKind.Refuse } => MaxTargets,
        { Kind: HubAuditKind.Connect or HubAuditKind.End or HubAuditKind.Publish or HubAuditKind.Read } => null,
        _ => MaxCalls,
    };

    private bool IsCounted(ref HubAuditEntry entry, int most)
    {
        // A /64 is one address, as it is for limits.
        var isAddress = IPAddress.TryParse(entry.Remote, out var remote);
        var caller = new Caller(AddressKey.Of(remote), isAddress ? null : entry.Remote, entry.Subject, entry.Kind);
        var same = Of(caller, entry);
        if (!_refusals.ContainsKey(same))
        {
            var targets = _targets[caller] = _targets.GetValueOrDefault(caller) + 1;
            if (targets > most)
            {
                entry = WithoutNames(entry);
                same = Of(caller, entry);
            }
        }
        if (_refusals.TryGetValue(same, out var place))
        {
            _counts[place] = (_counts[place] ?? _entries[place].Count ?? 1) + (entry.Count ?? 1);
            return true;
        }
        _refusals[same] = _entries.Count;
        return false;
    }

    // The call and the code are the caller's choice as the names are: 45 routes would be 45 entries.
    private static HubAuditEntry WithoutNames(HubAuditEntry entry) => new()
    {
        Kind = entry.Kind,
        At = entry.At,
        Subject = entry.Subject,
        Remote = entry.Remote,
        Status = entry.Status >= 400 ? 0 : entry.Status,
        Count = entry.Count,
    };

    private static Refusal Of(Caller caller, HubAuditEntry entry) => new(
        caller, entry.Credential, entry.Call, entry.Code, entry.Client, entry.Zone, entry.Subscription, entry.Target,
        string.Join('\n', entry.Streams), string.Join('\n', entry.ListenZones));

    /// <summary>The entries, and how many calls or events each stands for where several are one.</summary>
    internal IEnumerable<(HubAuditEntry Entry, int? Calls)> All => _entries.Zip(_counts);

    internal void Clear()
    {
        _entries.Clear();
        _counts.Clear();
        _refusals.Clear();
        _targets.Clear();
    }

    private readonly record struct Caller(AddressKey Address, string? Other, string? Subject, HubAuditKind Kind);

    private readonly record struct Refusal(
        Caller By, string? Credential, string? Call, string? Code, string? Client, string? Zone, string? Subscription,
        string? Target, string Streams, string ListenZones);
}
