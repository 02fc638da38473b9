namespace AkkaSse.Hub.Engine;

/// <summary>A held claim.</summary>
/// <param name="Generation">Grows with every grant.</param>
/// <param name="Node">Who holds it.</param>
/// <param name="Instance">The instance that holds it.</param>
/// <param name="Subject">The principal that holds it.</param>
public sealed record HeldClaim(long Generation, string Node, string? Instance, string? Subject);

/// <summary>What a claim's decision does.</summary>
/// <param name="Status">The decision.</param>
/// <param name="Replaces">The holder that loses it.</param>
public readonly record struct ClaimDecision(ClaimStatus Status, HeldClaim? Replaces);

/// <summary>Decides claims. Pure: the same for every engine.</summary>
public static class ClaimRules
{
    /// <summary>How long a replaced instance stays refused, so that two tabs do not evict each other for ever.</summary>
    public static readonly TimeSpan ReplacedMemory = TimeSpan.FromSeconds(60);

    /// <summary>Decides.</summary>
    /// <param name="request">Who asks.</param>
    /// <param name="holder">Who holds the id now, or null.</param>
    /// <param name="refused">Whether this instance was replaced or refused a moment ago.</param>
    /// <param name="policy">The node's policy.</param>
    public static ClaimDecision Decide(ClaimRequest request, HeldClaim? holder, bool refused, DuplicateClientPolicy policy)
    {
        // First: a client that was disconnected for good may still be ending, and must not come back as its own successor.
        if (refused) return new(ClaimStatus.Refused, null);
        // The same instance replaces itself at once: its old connection may be half-open for minutes.
        if (holder is not null && request.Instance is not null && request.Instance == holder.Instance && request.Subject == holder.Subject)
            return new(ClaimStatus.Granted, holder);
        if (holder is null) return new(ClaimStatus.Granted, null);
        var replace = policy switch
        {
            DuplicateClientPolicy.Replace => true,
            DuplicateClientPolicy.Reject => false,
            _ => request.Instance is not null && request.Subject is not null && request.Subject == holder.Subject,
        };
        return replace ? new(ClaimStatus.Granted, holder) : new(ClaimStatus.InUse, null);
    }
}
