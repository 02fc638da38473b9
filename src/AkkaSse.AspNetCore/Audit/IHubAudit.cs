namespace AkkaSse.AspNetCore;

/// <summary>
/// Takes note of who calls the hub and how that ends (<c>UseAudit</c>). Called on requests and connections, so that neither member may
/// block or throw. Thread-safe. Without one nothing is noted, which costs nothing.
/// </summary>
public interface IHubAudit
{
    /// <summary>Whether entries of a kind are wanted; they are made only then.</summary>
    bool IsOn(HubAuditKind kind);

    /// <summary>
    /// Takes an entry of a kind that is on. Each call is one entry, a batch one for each run of items with the same target and outcome.
    /// Called once the answer is known, and for a connection once when it opens and once when it has ended.
    /// </summary>
    void Record(HubAuditEntry entry);
}
