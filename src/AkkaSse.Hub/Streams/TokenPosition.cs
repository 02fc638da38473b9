namespace AkkaSse.Hub.Streams;

/// <summary>A place in a stream as a cursor token has it.</summary>
/// <param name="EpochTag">See <see cref="CursorToken.TagOf"/>.</param>
/// <param name="Offset">The newest offset seen.</param>
internal readonly record struct TokenPosition(uint EpochTag, long Offset)
{
    internal bool IsBeforeFirst => EpochTag == 0 && Offset == 0;
}
