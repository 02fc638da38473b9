namespace AkkaSse.StoreRig;

/// <summary>Events of one stream that stand together in a commit.</summary>
/// <param name="Stream">The stream's number.</param>
/// <param name="First">Offset of the first event.</param>
/// <param name="Bytes">The events.</param>
internal readonly record struct Run(int Stream, long First, ReadOnlyMemory<byte> Bytes);

/// <summary>A store as the hub would use it: one thread commits, and a commit is on the disk when it returns.</summary>
internal interface ICandidate : IDisposable
{
    string Name { get; }

    void Commit(ReadOnlySpan<Run> runs);

    /// <summary>Reads the runs of a stream from one on. Returns the bytes read.</summary>
    long Read(int stream, long first, int runs);

    /// <summary>Deletes the runs of a stream below an offset.</summary>
    void Trim(int stream, long below);

    /// <summary>Offset of a stream's newest run; 0 when there is none. What a start asks for each stream.</summary>
    long Newest(int stream);
}
