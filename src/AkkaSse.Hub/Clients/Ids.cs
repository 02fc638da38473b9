using System.Buffers.Text;
using System.Security.Cryptography;

namespace AkkaSse.Hub.Clients;

/// <summary>Ids that the server makes: they embed node and incarnation, so whoever has one knows where the client is, and no claim is needed.</summary>
internal static class Ids
{
    // 16 bytes are 128 bits, 22 characters.
    private const int RandomBytes = 16;
    private const int RandomCharacters = 22;

    // The system's generator costs two system calls and 4 us a call, so a thread draws for 32 ids at a time.
    private const int DrawnIds = 32;

    [ThreadStatic]
    private static byte[]? t_drawn;

    [ThreadStatic]
    private static int t_left;

    /// <summary>Random text of the given number of url-safe characters.</summary>
    internal static string Random(int characters)
    {
        Span<byte> bytes = stackalloc byte[32];
        RandomNumberGenerator.Fill(bytes);
        return Base64Url.EncodeToString(bytes)[..characters];
    }

    internal static string Make(string node, string incarnation)
    {
        var length = 1 + node.Length + 1 + incarnation.Length + 1 + RandomCharacters;
        return string.Create(length, (node, incarnation), static (text, s) =>
        {
            text[0] = '~';
            var at = 1;
            s.node.CopyTo(text[at..]);
            text[at += s.node.Length] = '.';
            s.incarnation.CopyTo(text[++at..]);
            text[at += s.incarnation.Length] = '.';
            Draw(text[++at..]);
        });
    }

    private static void Draw(Span<char> text)
    {
        var drawn = t_drawn ??= new byte[DrawnIds * RandomBytes];
        if (t_left == 0)
        {
            RandomNumberGenerator.Fill(drawn);
            t_left = DrawnIds;
        }
        var own = drawn.AsSpan(--t_left * RandomBytes, RandomBytes);
        Base64Url.EncodeToChars(own, text);
        own.Clear();
    }

    /// <summary>The node of an id that a server made; null for an id chosen by a client.</summary>
    internal static string? NodeOf(string id)
    {
        if (id.Length == 0 || id[0] != '~') return null;
        var dot = id.IndexOf('.', StringComparison.Ordinal);
        return dot < 2 ? null : id[1..dot];
    }
}
