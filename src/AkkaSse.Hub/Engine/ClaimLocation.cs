namespace AkkaSse.Hub.Engine;

/// <summary>Where a client is.</summary>
/// <param name="Zone">Its zone.</param>
/// <param name="Client">Its id.</param>
/// <param name="Node">The node that holds it.</param>
/// <param name="Generation">The claim's generation.</param>
public readonly record struct ClaimLocation(string Zone, string Client, string Node, long Generation);
