using System.Text;

namespace AkkaSse.Hub.Engine;

/// <summary>
/// Writes into a span that is large enough: numbers as varints of the shortest form, texts as UTF-8 after their number of bytes.
/// </summary>
internal ref struct SpanWriter
{
    /// <summary>The most bytes of a number.</summary>
    internal const int NumberBytes = 10;

    // So many characters take at most 126 bytes, whose number is one byte: the text is written first and counted afterwards.
    private const int ShortText = 42;

    private readonly Span<byte> _bytes;

    internal SpanWriter(Span<byte> bytes) => _bytes = bytes;

    /// <summary>How many bytes were written.</summary>
    internal int Count { get; private set; }

    internal void Byte(byte value) => _bytes[Count++] = value;

    internal void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7) _bytes[Count++] = (byte)(value | 0x80);
        _bytes[Count++] = (byte)value;
    }

    internal void Text(string text)
    {
        if (text.Length <= ShortText)
        {
            var written = Encoding.UTF8.GetBytes(text, _bytes[(Count + 1)..]);
            _bytes[Count] = (byte)written;
            Count += 1 + written;
            return;
        }
        Number((ulong)Encoding.UTF8.GetByteCount(text));
        Count += Encoding.UTF8.GetBytes(text, _bytes[Count..]);
    }

    /// <summary>Bytes without their number before them.</summary>
    internal void Raw(scoped ReadOnlySpan<byte> value)
    {
        value.CopyTo(_bytes[Count..]);
        Count += value.Length;
    }
}
