namespace AkkaSse.Hub;

/// <summary>The answer to creating a managed subscription.</summary>
public readonly record struct ManagedSubscriptionResult(ManagedSubscriptionStatus Status, string? Error = null);
