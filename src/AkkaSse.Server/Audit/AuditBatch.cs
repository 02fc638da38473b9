using System.Net;
using AkkaSse.AspNetCore;
using AkkaSse.Server.Limits;

namespace AkkaSse.Server.Audit;

/// <summary>
/// Entries in their order. Equal refusals are one with a count, and those of one caller beyond <see cref="MaxTargets"/> targets are one
/// without names: whoever is refused may ask as often as it likes, and must not push the others out of the stream. Not thread-safe.
/// </summary>
internal sealed class AuditBatch
{
    /// <summary>Targets that are named of one caller's refusals.</summary>
    internal const int MaxTargets = 16;

    private readonly List<HubAuditEntry> _entries = [];
    private readonly List<int?> _counts = [];
    private readonly Dictionary<Refusal, int> _refusals = [];
    private readonly Dictionary<Caller, int> _targets = [];

    internal int Count => _entries.Count;

    internal void Add(HubAuditEntry entry)
    {
        if (entry.Kind == HubAuditKind.Refuse && IsCounted(ref entry)) return;
        _entries.Add(entry);
        _counts.Add(null);
    }

    private bool IsCounted(ref HubAuditEntry entry)
    {
        // A /64 is one address, as it is for limits.
        var isAddress = IPAddress.TryParse(entry.Remote, out var remote);
        var caller = new Caller(AddressKey.Of(remote), isAddress ? null : entry.Remote, entry.Subject);
        var same = Of(caller, entry);
        if (!_refusals.ContainsKey(same))
        {
            var targets = _targets[caller] = _targets.GetValueOrDefault(caller) + 1;
            if (targets > MaxTargets)
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

    private static HubAuditEntry WithoutNames(HubAuditEntry entry) => new()
    {
        Kind = entry.Kind,
        At = entry.At,
        Action = entry.Action,
        Call = entry.Call,
        Subject = entry.Subject,
        Credential = entry.Credential,
        Remote = entry.Remote,
        Status = entry.Status,
        Code = entry.Code,
        Count = entry.Count,
        RequestId = entry.RequestId,
        TraceId = entry.TraceId,
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

    private readonly record struct Caller(AddressKey Address, string? Other, string? Subject);

    private readonly record struct Refusal(
        Caller By, string? Credential, string? Call, string? Code, string? Client, string? Zone, string? Subscription,
        string? Target, string Streams, string ListenZones);
}
