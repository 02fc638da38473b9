using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace AkkaSse.Postgres.Streams;

/// <summary>What a commit does to one stream. The row's head is moved on.</summary>
internal sealed class StreamChange(StreamRow row)
{
    internal StreamRow Row { get; } = row;

    internal bool Revived { get; set; }

    internal long Bytes { get; set; }

    internal int Keys { get; set; }

    /// <summary>In the engine's time.</summary>
    internal List<StoredEvent> Events { get; } = [];

    internal List<SseEvent> Transients { get; } = [];
}
