namespace AkkaSse.Hub.Streams;

/// <summary>What a reader comes with for one stream: a position to resume from, an id that nobody knows, or just a wish.</summary>
/// <param name="Start">The wish, or a position.</param>
/// <param name="UnknownId">True when an id was given that this stream cannot place.</param>
/// <param name="Fallback">Where to go on after an unknown id or another epoch: <see cref="StartPosition.Latest"/> keeps a reader at the
/// head.</param>
internal readonly record struct ReaderStart(StartPosition Start, bool UnknownId, StartPosition Fallback)
{
    /// <summary>A position from a cursor token, which carries a tag in place of the epoch's text.</summary>
    internal TokenPosition? Token { get; init; }

    /// <summary>An id in the decimal form, which carries the generation's id base.</summary>
    internal long? Decimal { get; init; }

    /// <summary>The first event wanted, looked up in the engine beforehand.</summary>
    internal long? Next { get; init; }

    /// <summary>With an unknown id: the id, where only the engine can say whether an event has it.</summary>
    internal string? LookupId { get; init; }

    internal static ReaderStart From(StartPosition start) => new(start, false, start);
}
