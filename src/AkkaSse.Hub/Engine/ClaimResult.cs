namespace AkkaSse.Hub.Engine;

/// <summary>The answer to a claim.</summary>
/// <param name="Status">How it was decided.</param>
/// <param name="Generation">Grows with every grant of this id; release and delivery check it.</param>
public readonly record struct ClaimResult(ClaimStatus Status, long Generation);
