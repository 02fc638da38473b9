namespace AkkaSse.Hub.Engine;

/// <summary>How a claim was decided.</summary>
public enum ClaimStatus
{
    /// <summary>The caller holds the id.</summary>
    Granted,

    /// <summary>Another connection holds it.</summary>
    InUse,

    /// <summary>This instance was replaced less than 60 s ago, or this client was disconnected for good.</summary>
    Refused,

    /// <summary>The engine is away.</summary>
    Unavailable,
}
