using System.Buffers;
using System.Text.Unicode;

namespace AkkaSse.Protocol;

/// <summary>
/// Writes events in the event stream format (WHATWG HTML section 9.2.5): UTF-8, LF line ends, one space after the colon.
/// </summary>
/// <remarks>
/// Thread-safe as such; the output is the caller's to guard. Allocates nothing itself. Lone surrogates become U+FFFD. Events should have
/// passed <see cref="SseFieldRules.Validate"/>; independently of that, nothing written here can end its own line early: a type, id or
/// field with CR, LF or NUL is refused before the first byte, and line breaks in data and comments start a new line of the same kind.
/// </remarks>
public static class SseEncoder
{
    // Lines up to here are put together in one span of the output; longer ones are written piece by piece, so that a writer made of
    // small segments need not find one large segment.
    private const int WholeLineBytes = 1024;
    private const int MaxRetryDigits = 20;

    /// <summary>Writes one event as a whole.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="e">The event.</param>
    /// <param name="order">The order of the fields.</param>
    /// <remarks>
    /// In <see cref="SseFieldOrder.Native"/> order an event without data is its comment lines and its retry line alone: no blank line, and
    /// neither type, id nor custom fields, because no reader would dispatch them.
    /// </remarks>
    /// <exception cref="SseFormatException">Type, id or a custom field contains CR, LF or NUL, or a field's name is refused.</exception>
    public static void Write(IBufferWriter<byte> output, SseEvent e, SseFieldOrder order = SseFieldOrder.Native)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(e);
        switch (order)
        {
            case SseFieldOrder.Native:
                WriteHead(output, e);
                if (e.HasData)
                {
                    WriteIdOf(output, e);
                    output.Write("\n"u8);
                }

                break;
            case SseFieldOrder.IdFirst:
                ThrowIfUnsafe(e);
                WriteIdOf(output, e);
                WriteDataOf(output, e);
                WriteTypeOf(output, e);
                WriteRetryOf(output, e);
                WriteFieldsOf(output, e);
                WriteCommentOf(output, e);
                output.Write("\n"u8);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(order), order, "Native or Seed is allowed.");
        }
    }

    /// <summary>
    /// Writes an event in <see cref="SseFieldOrder.Native"/> order without its id line and without the blank line that ends it.
    /// </summary>
    /// <param name="output">Where to write.</param>
    /// <param name="e">The event; without data only its comment and retry are written.</param>
    /// <exception cref="SseFormatException">As for <see cref="Write"/>.</exception>
    public static void WriteHead(IBufferWriter<byte> output, SseEvent e)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(e);
        ThrowIfUnsafe(e);
        WriteCommentOf(output, e);
        if (!e.HasData)
        {
            WriteRetryOf(output, e);
            return;
        }

        WriteTypeOf(output, e);
        WriteRetryOf(output, e);
        WriteFieldsOf(output, e);
        WriteDataOf(output, e);
    }

    /// <summary>Writes a comment: one line per line of it. An empty line is the colon alone, the usual heartbeat.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="comment">The comment; it may contain line breaks.</param>
    public static void WriteComment(IBufferWriter<byte> output, ReadOnlySpan<char> comment)
    {
        ArgumentNullException.ThrowIfNull(output);
        while (true)
        {
            var line = NextLine(ref comment, out var more);
            WriteLine(output, line.IsEmpty ? ":"u8 : ": "u8, line);
            if (!more)
            {
                return;
            }
        }
    }

    /// <summary>Writes data: one <c>data:</c> line per line of it, split at CRLF, CR and LF. Empty data is one empty line.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="utf8">The data; it should be UTF-8, see <see cref="SseFieldRules.IsUtf8"/>.</param>
    public static void WriteData(IBufferWriter<byte> output, ReadOnlySpan<byte> utf8)
    {
        ArgumentNullException.ThrowIfNull(output);
        while (true)
        {
            var end = utf8.IndexOfAny((byte)'\r', (byte)'\n');
            if (end < 0)
            {
                WriteLine(output, "data: "u8, utf8);
                return;
            }

            WriteLine(output, "data: "u8, utf8[..end]);
            var next = end + 1;
            if (utf8[end] == '\r' && next < utf8.Length && utf8[next] == '\n')
            {
                next++;
            }

            utf8 = utf8[next..];
        }
    }

    /// <summary>Writes one field line.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="name">The name, as UTF-8; not empty, without a colon.</param>
    /// <param name="value">The value, as UTF-8.</param>
    /// <exception cref="ArgumentException">
    /// Name or value would not stay what it is: CR, LF or NUL in either, or a name that is empty or has a colon.
    /// </exception>
    public static void WriteField(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (name.IsEmpty || name.Contains((byte)':') || SseFieldRules.BreaksLine(name))
        {
            throw new ArgumentException("The name is empty or contains a colon, CR, LF or NUL; any other text is allowed.", nameof(name));
        }

        if (SseFieldRules.BreaksLine(value))
        {
            throw new ArgumentException("The value contains CR, LF or NUL; any other text is allowed.", nameof(value));
        }

        output.Write(name);
        WriteLine(output, ": "u8, value);
    }

    /// <summary>Writes the id line; an empty id gives the line <c>id:</c>, which resets the reader's last event id.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="id">The id.</param>
    /// <exception cref="ArgumentException">The id contains CR, LF or NUL.</exception>
    public static void WriteId(IBufferWriter<byte> output, ReadOnlySpan<byte> id)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (SseFieldRules.BreaksLine(id))
        {
            throw new ArgumentException("The id contains CR, LF or NUL; printable ASCII is allowed.", nameof(id));
        }

        WriteLine(output, id.IsEmpty ? "id:"u8 : "id: "u8, id);
    }

    private static void ThrowIfUnsafe(SseEvent e)
    {
        if (SseFieldRules.CheckType(e.Type) is { } typeFault)
        {
            throw new SseFormatException("event", typeFault);
        }

        if (SseFieldRules.BreaksLine(e.Id))
        {
            throw new SseFormatException("id", SseFieldRules.CheckId(e.Id)!);
        }

        if (SseFieldRules.CheckRetry(e.Retry) is { } retryFault)
        {
            throw new SseFormatException("retry", retryFault);
        }

        for (var i = 0; i < e.Fields.Count; i++)
        {
            var (name, value) = e.Fields[i];
            if ((SseFieldRules.CheckFieldName(name) ?? SseFieldRules.CheckFieldValue(value)) is { } fault)
            {
                throw new SseFormatException(name ?? "", fault);
            }
        }
    }

    private static void WriteIdOf(IBufferWriter<byte> output, SseEvent e)
    {
        if (e.Id is { } id)
        {
            WriteLine(output, id.Length == 0 ? "id:"u8 : "id: "u8, id);
        }
    }

    private static void WriteTypeOf(IBufferWriter<byte> output, SseEvent e)
    {
        if (!string.IsNullOrEmpty(e.Type))
        {
            WriteLine(output, "event: "u8, e.Type);
        }
    }

    private static void WriteCommentOf(IBufferWriter<byte> output, SseEvent e)
    {
        if (e.Comment is { } comment)
        {
            WriteComment(output, comment);
        }
    }

    private static void WriteRetryOf(IBufferWriter<byte> output, SseEvent e)
    {
        if (e.Retry is not { } retry)
        {
            return;
        }

        Span<byte> digits = stackalloc byte[MaxRetryDigits];
        var fits = (retry.Ticks / TimeSpan.TicksPerMillisecond).TryFormat(digits, out var length, provider: null);
        System.Diagnostics.Debug.Assert(fits, "A 64-bit number has at most 20 characters.");
        WriteLine(output, "retry: "u8, digits[..length]);
    }

    private static void WriteFieldsOf(IBufferWriter<byte> output, SseEvent e)
    {
        for (var i = 0; i < e.Fields.Count; i++)
        {
            var (name, value) = e.Fields[i];
            WriteText(output, name);
            WriteLine(output, ": "u8, value);
        }
    }

    private static void WriteDataOf(IBufferWriter<byte> output, SseEvent e)
    {
        if (e.TextOnly is not { } text)
        {
            if (e.DataBytes is { } bytes)
            {
                WriteData(output, bytes.Span);
            }

            return;
        }

        ReadOnlySpan<char> rest = text;
        while (true)
        {
            var line = NextLine(ref rest, out var more);
            WriteLine(output, "data: "u8, line);
            if (!more)
            {
                return;
            }
        }
    }

    private static ReadOnlySpan<char> NextLine(ref ReadOnlySpan<char> rest, out bool more)
    {
        var end = rest.IndexOfAny('\r', '\n');
        more = end >= 0;
        if (!more)
        {
            return rest;
        }

        var line = rest[..end];
        var next = end + 1;
        if (rest[end] == '\r' && next < rest.Length && rest[next] == '\n')
        {
            next++;
        }

        rest = rest[next..];
        return line;
    }

    private static void WriteLine(IBufferWriter<byte> output, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> line)
    {
        if (line.Length > WholeLineBytes)
        {
            output.Write(prefix);
            output.Write(line);
            output.Write("\n"u8);
            return;
        }

        var length = prefix.Length + line.Length + 1;
        var span = output.GetSpan(length);
        prefix.CopyTo(span);
        line.CopyTo(span[prefix.Length..]);
        span[length - 1] = (byte)'\n';
        output.Advance(length);
    }

    private static void WriteLine(IBufferWriter<byte> output, ReadOnlySpan<byte> prefix, ReadOnlySpan<char> line)
    {
        // One UTF-16 unit is at most three bytes of UTF-8.
        if (line.Length * 3L > WholeLineBytes)
        {
            output.Write(prefix);
            WriteText(output, line);
            output.Write("\n"u8);
            return;
        }

        var span = output.GetSpan(prefix.Length + (line.Length * 3) + 1);
        prefix.CopyTo(span);
        Utf8.FromUtf16(line, span[prefix.Length..], out _, out var written);
        var end = prefix.Length + written;
        span[end] = (byte)'\n';
        output.Advance(end + 1);
    }

    private static void WriteText(IBufferWriter<byte> output, ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            var span = output.GetSpan((int)Math.Min(text.Length * 3L, WholeLineBytes));
            Utf8.FromUtf16(text, span, out var read, out var written);
            output.Advance(written);
            text = text[read..];
        }
    }
}
