using AkkaSse.Cluster.Wire;
using AkkaSse.Hub;

namespace AkkaSse.Cluster.Streams;

/// <summary>A key that covers items of a request.</summary>
/// <param name="Index">The first of them.</param>
/// <param name="Count">How many; one, or a run.</param>
/// <param name="Name">The key.</param>
/// <param name="Hash">Of the bytes of all of them.</param>
internal readonly record struct KeyUse(int Index, int Count, KeyName Name, ulong Hash);

/// <summary>Events that a node wants appended, in order. What its marks and keys do not speak of is plain: an event with data that every stream takes.</summary>
/// <param name="Id">Chosen by the node; the answer carries it.</param>
/// <param name="Count">Number of items.</param>
/// <param name="Items">The items, see <see cref="EventBlob"/>.</param>
/// <param name="MayCreate">Whether items without marks may create the stream.</param>
internal sealed record AppendRequest(long Id, int Count, ReadOnlyMemory<byte> Items, bool MayCreate) : IWireMessage
{
    /// <summary>One <see cref="ItemMarks"/> per item; empty when all are plain.</summary>
    internal ReadOnlyMemory<byte> Marks { get; init; }

    /// <summary>In ascending order of their places.</summary>
    internal KeyUse[] Keys { get; init; } = [];

    internal void Write(WireWriter to)
    {
        to.Int(Id);
        to.UInt((ulong)Count);
        to.Blob(Items.Span);
        to.Bool(MayCreate);
        to.Blob(Marks.Span);
        to.UInt((ulong)Keys.Length);
        foreach (ref readonly var key in Keys.AsSpan())
        {
            to.UInt((ulong)key.Index);
            to.UInt((ulong)key.Count);
            to.Text(key.Name.Principal);
            to.Text(key.Name.Key);
            to.Fixed64(key.Hash);
        }
    }

    internal static AppendRequest Read(ref WireReader from)
    {
        var id = from.Int();
        var count = (int)from.UInt();
        var items = from.Blob();
        var mayCreate = from.Bool();
        var marks = from.Blob();
        var keys = new KeyUse[from.Length()];
        for (var i = 0; i < keys.Length; i++) keys[i] = new KeyUse((int)from.UInt(), (int)from.UInt(), new KeyName(from.Text() ?? "", from.RequiredText()), from.Fixed64());
        return new AppendRequest(id, count, items, mayCreate) { Marks = marks, Keys = keys };
    }
}

/// <summary>How neighbouring items of a request ended that ended alike.</summary>
/// <param name="Count">How many.</param>
/// <param name="Status">How.</param>
/// <param name="Epoch">Of the positions.</param>
/// <param name="Offset">With offsets: of the first item, the others follow it; without: the head.</param>
internal readonly record struct AppendOutcome(int Count, PublishStatus Status, string Epoch, long Offset)
{
    internal bool HasOffset { get; init; }

    internal bool Duplicate { get; init; }

    /// <summary>Whether the publisher's ids are the wire ids.</summary>
    internal bool CallerIds { get; init; }

    internal string? Error { get; init; }

    internal void Write(WireWriter to)
    {
        to.UInt((ulong)Count);
        to.Byte((byte)Status);
        to.Text(Epoch);
        to.Int(Offset);
        to.Byte((byte)((HasOffset ? 1 : 0) | (Duplicate ? 2 : 0) | (CallerIds ? 4 : 0)));
        to.Text(Error);
    }

    internal static AppendOutcome Read(ref WireReader from)
    {
        var count = (int)from.UInt();
        var status = (PublishStatus)from.Byte();
        var epoch = from.RequiredText();
        var offset = from.Int();
        var flags = from.Byte();
        return new AppendOutcome(count, status, epoch, offset) { HasOffset = (flags & 1) != 0, Duplicate = (flags & 2) != 0, CallerIds = (flags & 4) != 0, Error = from.Text() };
    }
}

/// <summary>The answer to an <see cref="AppendRequest"/>, given after the commit.</summary>
internal sealed record AppendAnswer(long Id, AppendOutcome[] Outcomes) : IWireMessage
{
    internal void Write(WireWriter to)
    {
        to.Int(Id);
        to.UInt((ulong)Outcomes.Length);
        foreach (ref readonly var outcome in Outcomes.AsSpan()) outcome.Write(to);
    }

    internal static AppendAnswer Read(ref WireReader from)
    {
        var id = from.Int();
        var outcomes = new AppendOutcome[from.Length()];
        for (var i = 0; i < outcomes.Length; i++) outcomes[i] = AppendOutcome.Read(ref from);
        return new AppendAnswer(id, outcomes);
    }
}
