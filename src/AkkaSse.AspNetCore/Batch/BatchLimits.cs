namespace AkkaSse.AspNetCore;

/// <summary>The bounds of <c>POST /v1/batch</c>.</summary>
internal static class BatchLimits
{
    /// <summary>At most so many items; what follows them is refused.</summary>
    public const int Items = 10_000;

    /// <summary>
    /// So many items go to the engine together: enough that a group commit pays, few enough that a run is a fraction of a millisecond of
    /// memory.
    /// </summary>
    public const int RunItems = 256;

    /// <summary>
    /// Or so many bytes of data, whichever comes first. Also the largest block that is read into unless one item needs more.
    /// </summary>
    public const int RunBytes = 256 << 10;

    /// <summary>The smallest block: a batch of a few events.</summary>
    public const int MinBlock = 4 << 10;

    /// <summary>The block when the body's length is not announced.</summary>
    public const int DefaultBlock = 64 << 10;

    /// <summary>Levels of nesting in an item.</summary>
    public const int Depth = 256;

    /// <summary>What is added to a batch's key for its items, <c>#9999</c>, must fit into 256 characters with it.</summary>
    public const int KeyLength = 250;

    // Names, type, keys, comment and the JSON around them.
    private const int Overhead = 64 << 10;

    /// <summary>The longest item in bytes of JSON: escapes and base64 may double the data.</summary>
    public static int ItemBytes(int maxEventBytes) => (int)Math.Min(Array.MaxLength / 2, (2L * maxEventBytes) + Overhead);
}
