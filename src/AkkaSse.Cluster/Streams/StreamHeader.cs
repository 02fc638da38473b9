using AkkaSse.Cluster.Wire;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Streams;

/// <summary>Where a stream stands, without its events. Immutable.</summary>
internal sealed record StreamHeader
{
    /// <summary>Of a stream that nobody has created.</summary>
    internal static StreamHeader None { get; } = new();

    /// <summary><see cref="StreamPosition.NoEpoch"/> before the first creation.</summary>
    internal string Epoch { get; init; } = StreamPosition.NoEpoch;

    internal long Base { get; init; }

    internal long IdBase { get; init; }

    internal long Head { get; init; }

    /// <summary>Offset of the oldest retained event; Head + 1 when none is.</summary>
    internal long First { get; init; } = 1;

    /// <summary>The highest offset that retention has dropped although it had not expired.</summary>
    internal long LostThrough { get; init; }

    /// <summary>The highest offset that a clear or a removal has dropped.</summary>
    internal long ClearedThrough { get; init; }

    /// <summary>Whether the stream exists.</summary>
    internal bool Present { get; init; }

    /// <summary>When it does not: whether somebody removed it.</summary>
    internal bool RemovedExplicitly { get; init; }

    internal bool Declared { get; init; }

    internal StreamOptions Options { get; init; } = new();

    /// <summary>Milliseconds since 1970.</summary>
    internal long CreatedAt { get; init; }

    /// <summary>Of the newest change, a removal included.</summary>
    internal long ChangedAt { get; init; }

    /// <summary>What the retained events count against the bound of bytes.</summary>
    internal long Bytes { get; init; }

    internal bool HasEpoch => Epoch != StreamPosition.NoEpoch;

    internal FeedStart StartAt(long head) =>
        new(Epoch, Base, head, IdBase) { First = First, LostThrough = LostThrough, ClearedThrough = ClearedThrough };

    internal StreamInfo Info(string name) => new()
    {
        Name = name,
        Epoch = Epoch,
        Head = Head,
        First = First,
        Bytes = Bytes,
        Options = Options,
        Declared = Declared,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
    };

    internal void Write(WireWriter to)
    {
        var begin = to.Begin();
        to.Text(Epoch);
        to.Int(Base);
        to.Int(IdBase);
        to.Int(Head);
        to.Int(First);
        to.Int(LostThrough);
        to.Int(ClearedThrough);
        to.Bool(Present);
        to.Bool(RemovedExplicitly);
        to.Bool(Declared);
        OptionsCodec.Write(to, Options);
        to.Int(CreatedAt);
        to.Int(ChangedAt);
        to.Int(Bytes);
        to.End(begin);
    }

    internal static StreamHeader Read(ref WireReader outer)
    {
        var from = outer.Part();
        return new StreamHeader
        {
            Epoch = from.RequiredText(),
            Base = from.Int(),
            IdBase = from.Int(),
            Head = from.Int(),
            First = from.Int(),
            LostThrough = from.Int(),
            ClearedThrough = from.Int(),
            Present = from.Bool(),
            RemovedExplicitly = from.Bool(),
            Declared = from.Bool(),
            Options = OptionsCodec.Read(ref from),
            CreatedAt = from.Int(),
            ChangedAt = from.Int(),
            Bytes = from.Int(),
        };
    }
}
