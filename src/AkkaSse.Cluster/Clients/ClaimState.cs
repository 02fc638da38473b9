using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Clients;

/// <summary>The claims on one client id, in all its zones. Pure: no clock, no I/O.</summary>
internal sealed class ClaimState
{
    private readonly Dictionary<string, Holder> _holders = new(StringComparer.Ordinal);
    private long _generation;

    internal Refusals Refusals { get; } = new();

    internal bool IsEmpty => _holders.Count == 0;

    internal IEnumerable<Holder> Holders => _holders.Values;

    /// <summary>Decides. The loser, where there is one, is told by the caller.</summary>
    internal (ClaimStatus Status, long Generation, Holder? Loser) Decide(Claimant by, DuplicateClientPolicy policy, long now)
    {
        var held = Find(by.Zone);
        var request = new ClaimRequest(by.Zone, "") { Instance = by.Instance, Subject = by.Subject };
        var holder = held is null ? null : new HeldClaim(held.Generation, held.By.Node, held.By.Instance, held.By.Subject);
        var decision = ClaimRules.Decide(request, holder, Refusals.Contains(by.Zone, by.Instance, now), policy);
        if (decision.Status != ClaimStatus.Granted) return (decision.Status, 0, null);
        if (held is not null && held.By.Instance is { } replaced && replaced != by.Instance)
            Refusals.Add(by.Zone, replaced, now + (long)ClaimRules.ReplacedMemory.TotalMilliseconds, now);
        // Above every one that was given, also by an earlier incarnation of which nothing is left but the clock.
        _generation = Math.Max(_generation + 1, now * 1_000);
        _holders[by.Zone] = new Holder(by, _generation, now);
        return (ClaimStatus.Granted, _generation, held);
    }

    /// <summary>What a node says it holds. False: somebody else does.</summary>
    internal bool Restore(Claimant by, long generation, long now)
    {
        _generation = Math.Max(_generation, generation);
        if (Find(by.Zone) is { } held && held.By.Token != by.Token) return false;
        _holders[by.Zone] = new Holder(by, generation, now);
        return true;
    }

    internal Holder? Find(string zone) => _holders.GetValueOrDefault(zone);

    /// <summary>Ends a claim by its token or, of a restored one, its generation.</summary>
    internal void End(string zone, long token, long generation)
    {
        if (Find(zone) is { } held && (held.By.Token == token || (generation != 0 && held.Generation == generation))) _holders.Remove(zone);
    }

    /// <summary>Ends the claims of nodes that are gone.</summary>
    internal void EndWhere(Func<Holder, bool> gone)
    {
        foreach (var (zone, holder) in _holders)
        {
            if (gone(holder)) _holders.Remove(zone);
        }
    }
}

/// <summary>A claim that is held.</summary>
/// <param name="By">By whom.</param>
/// <param name="Generation">Its generation.</param>
/// <param name="SeenAt">When the node was last known to hold it, in milliseconds.</param>
internal sealed record Holder(Claimant By, long Generation, long SeenAt);
