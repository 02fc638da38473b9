namespace AkkaSse.Hub;

/// <summary>A change to a live connection's streams.</summary>
/// <param name="Add">Streams to add, each with its start.</param>
/// <param name="Remove">Streams to remove.</param>
public sealed record SubscriptionChange(IReadOnlyList<StreamSubscription> Add, IReadOnlyList<string> Remove);
