namespace AkkaSse.Hub.Streams;

/// <summary>Where a cursor begins.</summary>
/// <param name="Next">Offset of the first event that it delivers.</param>
/// <param name="Gap">What it has missed.</param>
internal readonly record struct CursorStart(long Next, Gap? Gap);
