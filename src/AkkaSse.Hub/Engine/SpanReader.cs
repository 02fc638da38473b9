using System.Text;

namespace AkkaSse.Hub.Engine;

/// <summary>
/// Reads what <see cref="SpanWriter"/> wrote. Every member throws <see cref="FormatException"/> when the bytes end early or a number is
/// impossible.
/// </summary>
internal ref struct SpanReader
{
    private readonly ReadOnlySpan<byte> _bytes;

    internal SpanReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>How many bytes were read.</summary>
    internal int At { get; private set; }

    /// <summary>How many are left.</summary>
    internal readonly int Left => _bytes.Length - At;

    internal byte Byte() => Take(1)[0];

    internal ulong Number()
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

    internal string Text() => Encoding.UTF8.GetString(Part());

    /// <summary>Bytes with their number before them.</summary>
    internal ReadOnlySpan<byte> Part() => Take(Number());

    internal ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)Left) throw new FormatException("The bytes end early.");
        var taken = _bytes.Slice(At, (int)count);
        At += (int)count;
        return taken;
    }
}
