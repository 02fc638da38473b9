using AkkaSse.Cluster.Hosting;
using AkkaSse.Cluster.Wire;
using AkkaSse.Hub;

namespace AkkaSse.Cluster.Streams;

/// <summary>
/// A node wants to talk with a stream's owner: the one message that goes through the shard region, so whoever gets no answer knows that
/// nothing of his has arrived. To an owner that is known it goes directly, when following begins or ends.
/// </summary>
/// <param name="Entity">The stream.</param>
/// <param name="Follows">Whether the node has readers: it gets every event from the <see cref="Welcome"/> on.</param>
internal sealed record Hello(string Entity, bool Follows) : IEntityMessage;

/// <summary>The owner, which is the sender, has recovered the stream and proven to be its owner.</summary>
/// <param name="Term">Grows with each owner.</param>
/// <param name="Follows">What the <see cref="Hello"/> said.</param>
/// <param name="Header">Where the stream stands; what comes after it follows.</param>
internal sealed record Welcome(long Term, bool Follows, StreamHeader Header) : IWireMessage;

/// <summary>The owner ends. Everything before it was answered.</summary>
/// <param name="IsClean">True: what was not answered was certainly not done. False: nobody knows.</param>
internal sealed record OwnerEnds(bool IsClean) : IWireMessage;

/// <summary>The owner would like to rest: nodes that do not need it say <see cref="Goodbye"/>.</summary>
internal sealed record Rest : IWireMessage
{
    internal static Rest Instance { get; } = new();
}

/// <summary>The node will not ask again without a <see cref="Hello"/>.</summary>
internal sealed record Goodbye : IWireMessage
{
    internal static Goodbye Instance { get; } = new();
}

/// <summary>Are you there, and do you know me? An owner that does not, or knows it otherwise, says <see cref="Welcome"/> besides.</summary>
internal sealed record Ping(bool Follows) : IWireMessage;

/// <summary>Yes.</summary>
/// <param name="Head">The newest offset that was given to followers.</param>
internal sealed record Pong(long Head) : IWireMessage;

/// <summary>Committed events for the readers of a node, and what has changed besides.</summary>
/// <param name="Epoch">Of the events.</param>
/// <param name="First">Offset of the oldest retained event.</param>
/// <param name="LostThrough">See <see cref="StreamHeader.LostThrough"/>.</param>
/// <param name="Segments">Runs in order; empty when only the head has moved, for a node that is behind.</param>
/// <param name="Header">When more than the head has changed.</param>
internal sealed record Delivery(string Epoch, long First, long LostThrough, EventRun[] Segments, StreamHeader? Header) : IWireMessage
{
    /// <summary>Where the stream stands.</summary>
    internal required long Head { get; init; }

    /// <summary>True when the stream was removed meanwhile, also when it exists again.</summary>
    internal bool WasRemoved { get; init; }

    /// <summary>What it counts on its line.</summary>
    internal int Size
    {
        get
        {
            var size = 256;
            foreach (ref readonly var segment in Segments.AsSpan()) size += segment.Blob.Length;
            return size;
        }
    }
}

/// <summary>What a node may ask an owner for.</summary>
internal enum StreamAsk : byte
{
    /// <summary>Where the stream stands, with everything that was answered before.</summary>
    Header = 1,

    Create = 2,

    Remove = 3,

    Clear = 4,

    /// <summary>Events after a position, for a caller.</summary>
    Read = 5,

    /// <summary>Events of an epoch between two offsets, for readers.</summary>
    Page = 6,

    /// <summary>The first event at or after a time.</summary>
    FirstAt = 7,

    /// <summary>The newest event with an id of its publisher.</summary>
    FindId = 8,
}

/// <summary>A question to an owner.</summary>
internal sealed record StreamQuestion(long Id, StreamAsk Ask) : IWireMessage
{
    internal StreamOptions? Options { get; init; }

    /// <summary>An epoch, or an id.</summary>
    internal string? Text { get; init; }

    internal long From { get; init; }

    internal long To { get; init; }

    internal int Limit { get; init; }
}

/// <summary>The answer to a <see cref="StreamQuestion"/>, or to an <see cref="AppendRequest"/> that came too late.</summary>
/// <param name="Id">The question's.</param>
/// <param name="Status">A <see cref="CreateStreamStatus"/>, a <see cref="HistoryState"/>, or 1 for yes.</param>
internal sealed record StreamAnswer(long Id, byte Status) : IWireMessage
{
    /// <summary>The owner is on its way out: nothing was done.</summary>
    internal const byte Moved = 255;

    internal StreamHeader? Header { get; init; }

    internal EventRun[] Runs { get; init; } = [];

    /// <summary>An offset; or the owner's time in milliseconds since 1970.</summary>
    internal long Number { get; init; }

    internal bool More { get; init; }

    /// <summary>Why a stream was not created; null from a node of an older version.</summary>
    internal string? Error { get; init; }
}
