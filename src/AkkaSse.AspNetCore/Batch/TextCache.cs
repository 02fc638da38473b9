using System.Text;
using System.Text.Unicode;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Turns UTF-8 into text, and gives the last text again when the bytes are the same: the items of a batch mostly name the same stream and
/// type.
/// </summary>
internal sealed class TextCache
{
    // Names are at most 256 bytes; longer texts are no names and are not kept.
    private readonly byte[] _bytes = new byte[256];
    private int _length = -1;
    private string _text = "";

    /// <summary>Null when the bytes are not UTF-8.</summary>
    public string? Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length == _length && utf8.SequenceEqual(_bytes.AsSpan(0, _length))) return _text;
        if (!Utf8.IsValid(utf8)) return null;
        var text = Encoding.UTF8.GetString(utf8);
        if (utf8.Length > _bytes.Length) return text;
        utf8.CopyTo(_bytes);
        _length = utf8.Length;
        return _text = text;
    }
}
