using System.Buffers.Binary;
using System.Diagnostics;

namespace AkkaSse.Hub.Diagnostics;

/// <summary>
/// A W3C trace context without its <c>tracestate</c>: what a <c>traceparent</c> of version 00 says. 25 bytes in place of 55 characters,
/// because logs keep it with each event that has one. Immutable; the default value is none.
/// </summary>
/// <param name="High">First half of the trace id.</param>
/// <param name="Low">Second half of the trace id.</param>
/// <param name="SpanId">The id of the span.</param>
/// <param name="Flags">The flags; 1 is sampled.</param>
internal readonly record struct TraceParent(ulong High, ulong Low, ulong SpanId, byte Flags)
{
    /// <summary>Characters as text.</summary>
    internal const int Chars = 55;

    /// <summary>Bytes as <see cref="Write"/> writes them.</summary>
    internal const int Bytes = 25;

    private const string Hex = "0123456789abcdef";

    /// <summary>False for the default value; ids of zeros name nothing.</summary>
    internal bool IsSet => (High | Low) != 0 && SpanId != 0;

    /// <summary>What to answer to a text that is none.</summary>
    internal static string Allowed =>
        "The traceparent must be of the form 00-<32 digits>-<16 digits>-<2 digits>, hexadecimal in lower case, with ids that are not zero.";

    /// <summary>Reads version 00. False: it is of another form, or an id is zero.</summary>
    internal static bool TryParse(ReadOnlySpan<char> text, out TraceParent parsed)
    {
        parsed = default;
        if (text.Length != Chars || text[0] != '0' || text[1] != '0' || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
        if (!Number(text[3..19], out var high) || !Number(text[19..35], out var low) || !Number(text[36..52], out var span)
            || !Number(text[53..], out var flags))
            return false;
        parsed = new TraceParent(high, low, span, (byte)flags);
        return parsed.IsSet;
    }

    /// <summary>Reads what <see cref="Write"/> wrote; the default value for anything else.</summary>
    internal static TraceParent Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Bytes) return default;
        var read = new TraceParent(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]), bytes[24]);
        return read.IsSet ? read : default;
    }

    /// <summary>Writes <see cref="Bytes"/> bytes: the ids and the flags, without their separators.</summary>
    internal void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt64BigEndian(to, High);
        BinaryPrimitives.WriteUInt64BigEndian(to[8..], Low);
        BinaryPrimitives.WriteUInt64BigEndian(to[16..], SpanId);
        to[24] = Flags;
    }

    /// <summary>Writes <see cref="Chars"/> bytes of ASCII. Allocates nothing.</summary>
    internal void Format(Span<byte> to)
    {
        "00-"u8.CopyTo(to);
        Digits(to[3..19], High);
        Digits(to[19..35], Low);
        to[35] = (byte)'-';
        Digits(to[36..52], SpanId);
        to[52] = (byte)'-';
        Digits(to[53..Chars], Flags);
    }

    /// <summary>As a parent in another process.</summary>
    internal ActivityContext ToContext() =>
        ActivityContext.TryParse(ToString(), null, isRemote: true, out var context) ? context : default;

    /// <summary>The <c>traceparent</c>.</summary>
    public override string ToString()
    {
        Span<byte> text = stackalloc byte[Chars];
        Format(text);
        return System.Text.Encoding.ASCII.GetString(text);
    }

    // Lower case alone, and without the 24 bytes that ulong.TryParse allocates until it is compiled well.
    private static bool Number(ReadOnlySpan<char> text, out ulong number)
    {
        number = 0;
        foreach (var c in text)
        {
            var digit = c switch
            {
                >= '0' and <= '9' => c - '0',
                >= 'a' and <= 'f' => c - 'a' + 10,
                _ => -1,
            };
            if (digit < 0) return false;
            number = (number << 4) | (uint)digit;
        }
        return true;
    }

    private static void Digits(Span<byte> to, ulong number)
    {
        for (var i = to.Length - 1; i >= 0; i--, number >>= 4) to[i] = (byte)Hex[(int)(number & 15)];
    }
}
