namespace AkkaSse.Hub.Engine;

/// <summary>A claim on a client id.</summary>
/// <param name="Zone">The zone in which the id is unique.</param>
/// <param name="Client">The id.</param>
public readonly record struct ClaimRequest(string Zone, string Client)
{
    /// <summary>The instance that claims; null for none.</summary>
    public string? Instance { get; init; }

    /// <summary>The authenticated subject; null for none.</summary>
    public string? Subject { get; init; }
}
