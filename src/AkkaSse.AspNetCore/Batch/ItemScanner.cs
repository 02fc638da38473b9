using System.Buffers;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Finds the end of a JSON object that arrives in pieces, looking at every byte once. Reading the object again with each piece would be
/// quadratic in the pieces: a megabyte sent byte by byte would cost hours.
/// </summary>
internal struct ItemScanner
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> InString = SearchValues.Create("\"\\"u8);

    private int _depth;
    private bool _string, _escape;

    /// <summary>Goes on with the next bytes.</summary>
    /// <returns>The offset after the object's end, or -1 when it goes on.</returns>
    public int Scan(ReadOnlySpan<byte> bytes)
    {
        var i = 0;
        while (i < bytes.Length)
        {
            if (_escape)
            {
                _escape = false;
                i++;
                continue;
            }

            var next = bytes[i..].IndexOfAny(_string ? InString : Structure);
            if (next < 0) return -1;
            i += next;
            switch (bytes[i++])
            {
                case (byte)'"':
                    _string = !_string;
                    break;
                case (byte)'\\':
                    _escape = true;
                    break;
                case (byte)'{' or (byte)'[':
                    _depth++;
                    break;
                default:
                    if (--_depth == 0) return i;
                    break;
            }
        }
        return -1;
    }
}
