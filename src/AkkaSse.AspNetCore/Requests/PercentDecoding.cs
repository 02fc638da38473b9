using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace AkkaSse.AspNetCore;

/// <summary>
/// The one place where percent-encoding is undone, once. Strict: every <c>%</c> is followed by two hex digits, the bytes are well-formed
/// UTF-8, and what stands unencoded is printable ASCII. Lenient decoders disagree with each other, and names decide who may read what.
/// </summary>
internal static class PercentDecoding
{
    private static readonly SearchValues<char> PlainPath =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?\"<>[\\]^`{|}#");

    private static readonly SearchValues<char> PlainQuery =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*,;=:@/?\"<>[\\]^`{|}#");

    /// <summary>Decodes a path segment or a query part.</summary>
    /// <param name="raw">As it stands in the request target.</param>
    /// <param name="query">True in a query, where <c>+</c> means a space (as forms and <c>URLSearchParams</c> write it).</param>
    /// <param name="text">The decoded text; "" when this fails.</param>
    /// <returns>Null when fine, else what is wrong, as the end of a sentence that begins with the thing's name.</returns>
    public static string? TryDecode(ReadOnlySpan<char> raw, bool query, out string text)
    {
        if (!raw.ContainsAnyExcept(query ? PlainQuery : PlainPath))
        {
            text = raw.Length == 0 ? "" : new string(raw);
            return null;
        }

        text = "";
        byte[]? rented = null;
        var bytes = raw.Length <= 512 ? stackalloc byte[512] : rented = ArrayPool<byte>.Shared.Rent(raw.Length);
        try
        {
            var length = 0;
            for (var i = 0; i < raw.Length; i++)
            {
                var c = raw[i];
                if (c == '%')
                {
                    if (i + 2 >= raw.Length || !char.IsAsciiHexDigit(raw[i + 1]) || !char.IsAsciiHexDigit(raw[i + 2]))
                        return "contains a '%' without two hex digits after it.";
                    bytes[length++] = (byte)((Hex(raw[i + 1]) << 4) | Hex(raw[i + 2]));
                    i += 2;
                }
                else if (c is < '!' or > '~')
                {
                    return "contains a character that must be percent-encoded.";
                }
                else
                {
                    bytes[length++] = query && c == '+' ? (byte)' ' : (byte)c;
                }
            }

            if (!Utf8.IsValid(bytes[..length])) return "is not UTF-8 after decoding.";
            text = Encoding.UTF8.GetString(bytes[..length]);
            return null;
        }
        finally
        {
            if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static int Hex(char c) => c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}
