namespace AkkaSse.AspNetCore;

/// <summary>What marks endpoints that publish.</summary>
internal sealed class PublishEndpoint
{
    /// <summary>To be put on each of them.</summary>
    public static PublishEndpoint Metadata { get; } = new();
}
