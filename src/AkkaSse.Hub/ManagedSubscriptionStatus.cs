namespace AkkaSse.Hub;

/// <summary>How creating a managed subscription ended.</summary>
public enum ManagedSubscriptionStatus
{
    /// <summary>It did not exist.</summary>
    Created,

    /// <summary>It existed for this subject and now has these streams.</summary>
    Updated,

    /// <summary>The id belongs to another subject.</summary>
    Conflict,

    /// <summary>Something is invalid.</summary>
    Invalid,

    /// <summary>A stream does not exist and may not be waited for.</summary>
    NoStream,

    /// <summary>The engine is away.</summary>
    Unavailable,
}
