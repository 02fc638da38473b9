using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Streams;

/// <summary>
/// Events that a node wants appended, in order. What its marks and keys do not speak of is plain: an event with data that every stream
/// takes.
/// </summary>
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
        for (var i = 0; i < keys.Length; i++)
            keys[i] = new KeyUse((int)from.UInt(), (int)from.UInt(), new KeyName(from.Text() ?? "", from.RequiredText()), from.Fixed64());
        return new AppendRequest(id, count, items, mayCreate) { Marks = marks, Keys = keys };
    }
}
