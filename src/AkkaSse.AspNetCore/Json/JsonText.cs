using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using AkkaSse.Hub;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Writes small JSON by hand into a buffer whose size the caller has computed; a publish answers some ten thousand times a second.
/// </summary>
internal ref struct JsonText(Span<byte> buffer)
{
    // What RFC 8259 section 7 demands to be escaped.
    private static readonly SearchValues<char> Escaped =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(i => (char)i), '"', '\\']);

    private readonly Span<byte> _buffer = buffer;
    private int _length;

    public readonly ReadOnlySpan<byte> Written => _buffer[.._length];

    /// <summary>
    /// The most that <see cref="String"/> writes for this text: six bytes per UTF-16 unit (<c>\uXXXX</c>) and the quotes, or <c>null</c>.
    /// </summary>
    public static int MaxBytes(string? text) => text is null ? 4 : (text.Length * 6) + 2;

    /// <summary>The most that <see cref="Id"/> writes: a number of 19 digits and an epoch, or the publisher's own id.</summary>
    public static int MaxIdBytes(in PublishResult result) =>
        result.IsOwnId ? MaxBytes(result.Id) : 19 + 1 + StreamPosition.MaxEpochLength + 2;

    public void Raw(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(_buffer[_length..]);
        _length += utf8.Length;
    }

    public void Number(long value)
    {
        Utf8Formatter.TryFormat(value, _buffer[_length..], out var written);
        _length += written;
    }

    /// <summary>The wire id of a publish, without a string for the hub's own.</summary>
    public void Id(in PublishResult result)
    {
        if (!result.HasOffset || result.IsOwnId)
        {
            String(result.Id);
            return;
        }

        _buffer[_length++] = (byte)'"';
        Number(result.Position.Offset);
        _buffer[_length++] = (byte)'-';
        _length += Encoding.UTF8.GetBytes(result.Position.Epoch, _buffer[_length..]);
        _buffer[_length++] = (byte)'"';
    }

    public void String(string? text)
    {
        if (text is null)
        {
            Raw("null"u8);
            return;
        }

        _buffer[_length++] = (byte)'"';
        if (!text.AsSpan().ContainsAny(Escaped)) _length += Encoding.UTF8.GetBytes(text, _buffer[_length..]);
        else Raw(JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes);
        _buffer[_length++] = (byte)'"';
    }
}
