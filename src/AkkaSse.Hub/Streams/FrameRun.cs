namespace AkkaSse.Hub.Streams;

/// <summary>Frames that a cursor hands out: a run of whole frames, or one frame whose id line begins at <see cref="IdStart"/>.</summary>
internal struct FrameRun
{
    internal byte[] Bytes;
    internal int Start;
    internal int End;

    /// <summary>Of a single frame: where its id line begins. Of a run: the end.</summary>
    internal int IdStart;

    /// <summary>Offset of the last event in it.</summary>
    internal long Offset;

    /// <summary>Number of events in it.</summary>
    internal int Events;

    internal bool Single;
    internal bool Transient;

    internal readonly ReadOnlySpan<byte> Span => Bytes.AsSpan(Start, End - Start);
}
