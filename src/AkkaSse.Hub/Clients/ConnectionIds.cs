using System.Buffers.Text;
using System.Security.Cryptography;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Ids that a node makes: <c>~node.incarnation.random</c>. They embed node and incarnation, so whoever has one knows where the client is,
/// and no claim is needed. Thread-safe.
/// </summary>
internal sealed class ConnectionIds(string node, string incarnation)
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

    private readonly string _prefix = $"~{node}.{incarnation}.";

    /// <summary>Random text of the given number of url-safe characters.</summary>
    internal static string Random(int characters)
    {
        Span<byte> bytes = stackalloc byte[32];
        RandomNumberGenerator.Fill(bytes);
        return Base64Url.EncodeToString(bytes)[..characters];
    }

    /// <summary>The random part of a new id.</summary>
    internal static Guid Draw()
    {
        var drawn = t_drawn ??= new byte[DrawnIds * RandomBytes];
        if (t_left == 0)
        {
            RandomNumberGenerator.Fill(drawn);
            t_left = DrawnIds;
        }
        var own = drawn.AsSpan(--t_left * RandomBytes, RandomBytes);
        var made = new Guid(own);
        own.Clear();
        return made;
    }

    /// <summary>The id with this random part.</summary>
    internal string Text(Guid made) => string.Create(_prefix.Length + RandomCharacters, (_prefix, made), static (text, s) =>
    {
        s._prefix.CopyTo(text);
        Span<byte> bytes = stackalloc byte[RandomBytes];
        s.made.TryWriteBytes(bytes);
        Base64Url.EncodeToChars(bytes, text[s._prefix.Length..]);
    });

    /// <summary>The random part of an id of this node and incarnation; null for any other.</summary>
    internal Guid? Parse(string id)
    {
        if (id.Length != _prefix.Length + RandomCharacters || !id.StartsWith(_prefix, StringComparison.Ordinal)) return null;
        var text = id.AsSpan(_prefix.Length);
        if (!Base64Url.IsValid(text, out var count) || count != RandomBytes) return null;
        Span<byte> bytes = stackalloc byte[RandomBytes];
        Base64Url.DecodeFromChars(text, bytes);
        // The last character has bits to spare: only one way of writing them is an id.
        Span<char> written = stackalloc char[RandomCharacters];
        Base64Url.EncodeToChars(bytes, written);
        return text.SequenceEqual(written) ? new Guid(bytes) : null;
    }

    /// <summary>The node of an id that a node made; null for an id chosen by a client.</summary>
    internal static string? NodeOf(string id)
    {
        if (id.Length == 0 || id[0] != '~') return null;
        var dot = id.IndexOf('.', StringComparison.Ordinal);
        return dot < 2 ? null : id[1..dot];
    }
}
