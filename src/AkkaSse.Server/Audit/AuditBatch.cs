using AkkaSse.AspNetCore;

namespace AkkaSse.Server.Audit;

/// <summary>
/// Entries in their order. Equal refusals are one with a count: whoever is refused may ask as often as it likes, and must not push the
/// others out of the stream. Not thread-safe.
/// </summary>
internal sealed class AuditBatch
{
    private readonly List<HubAuditEntry> _entries = [];
    private readonly List<int> _counts = [];
    private readonly Dictionary<Refusal, int> _refusals = [];

    internal int Count => _entries.Count;

    internal void Add(HubAuditEntry entry)
    {
        if (entry is { Kind: HubAuditKind.Refuse, Streams.Count: <= 1, ListenZones.Count: 0, Subscription: null, Target: null })
        {
            var same = new Refusal(entry.Remote, entry.Subject, entry.Credential, entry.Call, entry.Code, entry.Client, entry.Zone,
                entry.Streams.Count == 0 ? null : entry.Streams[0]);
            if (_refusals.TryGetValue(same, out var place))
            {
                _counts[place]++;
                return;
            }
            _refusals[same] = _entries.Count;
        }
        _entries.Add(entry);
        _counts.Add(1);
    }

    /// <summary>The entries, and how many calls each stands for where it is more than one.</summary>
    internal IEnumerable<(HubAuditEntry Entry, int? Calls)> All => _entries.Zip(_counts, static (e, n) => (e, n == 1 ? (int?)null : n));

    internal void Clear()
    {
        _entries.Clear();
        _counts.Clear();
        _refusals.Clear();
    }

    private readonly record struct Refusal(
        string? Remote, string? Subject, string? Credential, string? Call, string? Code, string? Client, string? Zone, string? Stream);
}
