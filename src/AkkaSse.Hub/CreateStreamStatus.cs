namespace AkkaSse.Hub;

/// <summary>How creating a stream ended.</summary>
public enum CreateStreamStatus
{
    /// <summary>It did not exist.</summary>
    Created,

    /// <summary>It existed; its options are now the given ones.</summary>
    Updated,

    /// <summary>It existed with these options.</summary>
    Unchanged,

    /// <summary>The name or the options are invalid.</summary>
    Invalid,

    /// <summary>A limit of streams is reached.</summary>
    LimitReached,

    /// <summary>The engine is away.</summary>
    Unavailable,
}
