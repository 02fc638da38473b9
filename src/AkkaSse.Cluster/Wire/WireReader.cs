using System.Buffers.Binary;
using System.Text;

namespace AkkaSse.Cluster.Wire;

/// <summary>
/// Reads what <see cref="WireWriter"/> wrote. Blobs are slices of the message's bytes: they live as long as the array does, and nothing is
/// copied.
/// </summary>
/// <exception cref="FormatException">Thrown by every member when the bytes end early or a length is impossible.</exception>
internal struct WireReader(ReadOnlyMemory<byte> bytes)
{
    private int _at;

    /// <summary>False at the end: fields that later versions append may be missing.</summary>
    internal readonly bool HasMore => _at < bytes.Length;

    internal byte Byte() => Take(1).Span[0];

    internal bool Bool() => Byte() != 0;

    internal long Int()
    {
        var value = UInt();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    internal int Int32() => Int() is var value and >= int.MinValue and <= int.MaxValue
        ? (int)value
        : throw new FormatException("A number is longer than 32 bits.");

    internal ulong UInt()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = Byte();
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return value;
        }
        throw new FormatException("A number is longer than 64 bits.");
    }

    internal ulong Fixed64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8).Span);

    internal string? Text()
    {
        var length = UInt();
        return length == 0 ? null : Encoding.UTF8.GetString(Take(length - 1).Span);
    }

    /// <summary>Everything that is left.</summary>
    internal ReadOnlyMemory<byte> Rest() => Take((ulong)(bytes.Length - _at));

    internal string RequiredText() => Text() ?? throw new FormatException("A required text is missing.");

    internal ReadOnlyMemory<byte> Blob() => Take(UInt());

    /// <summary>
    /// A part that <see cref="WireWriter.Begin"/> began: it can be read past its end no more than a message, and what later versions append
    /// to it is skipped.
    /// </summary>
    internal WireReader Part() => new(Take(BinaryPrimitives.ReadUInt32LittleEndian(Take(4).Span)));

    /// <summary>The same with bytes of its own, which do not keep those of the whole message alive.</summary>
    internal WireReader PartCopied() => new(Take(BinaryPrimitives.ReadUInt32LittleEndian(Take(4).Span)).ToArray());

    /// <summary>
    /// A number of items that follow, each of which takes at least one byte: a forged count cannot make anybody allocate more than the
    /// message is long.
    /// </summary>
    internal int Length()
    {
        var length = UInt();
        if (length > (ulong)(bytes.Length - _at)) throw new FormatException("A count is larger than the rest of the message.");
        return (int)length;
    }

    /// <summary>What <see cref="WireWriter.Items{T}"/> wrote.</summary>
    internal T[] Items<T>(Reading<T> read)
    {
        var items = new T[Length()];
        for (var i = 0; i < items.Length; i++) items[i] = read(ref this);
        return items;
    }

    /// <summary>Reads one item.</summary>
    internal delegate T Reading<out T>(ref WireReader from);

    private ReadOnlyMemory<byte> Take(ulong count)
    {
        if (count > (ulong)(bytes.Length - _at)) throw new FormatException("The message ends early.");
        var slice = bytes.Slice(_at, (int)count);
        _at += (int)count;
        return slice;
    }
}
