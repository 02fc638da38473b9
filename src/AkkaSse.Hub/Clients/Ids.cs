using System.Buffers.Text;
using System.Security.Cryptography;

namespace AkkaSse.Hub.Clients;

/// <summary>Ids that the server makes: they embed node and incarnation, so whoever has one knows where the client is, and no claim is needed.</summary>
internal static class Ids
{
    // 16 bytes are 128 bits, 22 characters.
    private const int RandomBytes = 16;

    /// <summary>Random text of the given number of url-safe characters.</summary>
    internal static string Random(int characters)
    {
        Span<byte> bytes = stackalloc byte[32];
        RandomNumberGenerator.Fill(bytes);
        return Base64Url.EncodeToString(bytes)[..characters];
    }

    internal static string Make(string node, string incarnation)
    {
        Span<byte> bytes = stackalloc byte[RandomBytes];
        RandomNumberGenerator.Fill(bytes);
        return string.Concat("~", node, ".", string.Concat(incarnation, ".", Base64Url.EncodeToString(bytes)));
    }

    /// <summary>The node of an id that a server made; null for an id chosen by a client.</summary>
    internal static string? NodeOf(string id)
    {
        if (id.Length == 0 || id[0] != '~') return null;
        var dot = id.IndexOf('.', StringComparison.Ordinal);
        return dot < 2 ? null : id[1..dot];
    }
}
