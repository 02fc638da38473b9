namespace AkkaSse.Client;

/// <summary>
/// A place in a hub's stream: the offset of an event inside an epoch. The epoch changes exactly when continuity cannot be proven.
/// </summary>
/// <param name="Epoch">Short text of <c>[0-9a-z]</c>; null when no position was told.</param>
/// <param name="Offset">Offset of the event; 0 is before the first.</param>
public readonly record struct SseStreamPosition(string? Epoch, long Offset)
{
    /// <summary>The wire form <c>offset-epoch</c>, which a reader can send as its last event id.</summary>
    public override string ToString() => $"{Offset}-{Epoch}";
}
