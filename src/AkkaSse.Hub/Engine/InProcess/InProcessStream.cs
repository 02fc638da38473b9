using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Engine.InProcess;

/// <summary>
/// One stream of the in-process engine: the log that its readers read, and what decides appends. Fields are touched under the log's lock.
/// </summary>
internal sealed class InProcessStream(string name, StreamLog log)
{
    internal string Name { get; } = name;

    internal StreamLog Log { get; } = log;

    internal bool Exists;
    internal bool Removed;
    internal bool Declared;
    internal DateTimeOffset CreatedAt;
    internal long LastActivity;
    internal IStreamSink? Sink;
    internal IdempotencyTable? Keys;
}

/// <summary>What is left of a removed stream: where it stood, so that re-creation continues the epoch.</summary>
internal readonly record struct Tombstone(string Epoch, long Base, long Head, long IdBase, long At, bool Explicit);
