namespace AkkaSse.Cluster.Streams;

/// <summary>What the stream's options said when a run was appended.</summary>
[Flags]
internal enum RunFlags : byte
{
    None = 0,

    /// <summary>Readers get the data as base64.</summary>
    Base64 = 1,

    /// <summary>The publisher's id stands in the id line.</summary>
    CallerIds = 2,

    /// <summary>On the way to readers only: events without offsets, after the offset that stands as the first.</summary>
    Transient = 4,
}

/// <summary>Consecutive events that were appended at once: a slice of the message they came in.</summary>
/// <param name="First">Offset of the first event.</param>
/// <param name="Count">Number of events.</param>
/// <param name="At">Publish time in milliseconds since 1970, in the owner's time.</param>
/// <param name="Flags">How they are read.</param>
/// <param name="Blob">The events, see <see cref="EventBlob"/>.</param>
internal readonly record struct EventRun(long First, int Count, long At, RunFlags Flags, ReadOnlyMemory<byte> Blob)
{
    // An event costs its frame's field names, its id and its place in an index besides what it carries.
    internal const int Overhead = 32;

    internal long Last => First + Count - 1;

    /// <summary>What it counts against the bounds of bytes.</summary>
    internal long Size => Blob.Length + ((long)Count * Overhead);

    /// <summary>Where the event with this offset begins in the blob.</summary>
    internal int Find(long offset)
    {
        var at = 0;
        var span = Blob.Span;
        for (var o = First; o < offset; o++) at += EventBlob.SizeAt(span, at);
        return at;
    }

    /// <summary>The part from an offset on.</summary>
    internal EventRun From(long offset)
    {
        if (offset <= First) return this;
        var at = Find(offset);
        return new EventRun(offset, (int)(Last - offset + 1), At, Flags, Blob[at..]);
    }

    /// <summary>The part up to an offset, inclusive.</summary>
    internal EventRun Through(long offset) =>
        offset >= Last ? this : new EventRun(First, (int)(offset - First + 1), At, Flags, Blob[..Find(offset + 1)]);
}
