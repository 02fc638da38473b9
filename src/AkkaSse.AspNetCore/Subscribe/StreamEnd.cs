using AkkaSse.Hub;

namespace AkkaSse.AspNetCore;

/// <summary>How a response body ends when the hub ends the stream.</summary>
internal enum StreamEnd : byte
{
    /// <summary>With the last chunk, whatever the reason.</summary>
    Proper,

    /// <summary>
    /// Without the last chunk where the reader should come back: the r3labs client returns for good at a proper end, and comes back after
    /// a cut.
    /// </summary>
    CutToReturn,
}

internal static class StreamEndExtensions
{
    /// <summary>True when a stream that ended for this reason is given its last chunk.</summary>
    public static bool IsProper(this StreamEnd end, CloseReason reason) =>
        end == StreamEnd.Proper || reason is CloseReason.Removed or CloseReason.Replaced;
}
