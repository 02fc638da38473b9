using System.Text;

namespace AkkaSse.Hub.Engine;

/// <summary>
/// Strings of event types. A stream has few types and many events: the strings of the last few are found again and not made again.
/// Thread-safe.
/// </summary>
internal static class TypeNames
{
    private const int Kept = 64;

    // A longer one would keep its memory for as long as the process runs.
    private const int MaxKeptBytes = 256;

    private static readonly string?[] s_names = new string?[Kept];

    internal static string Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxKeptBytes) return Encoding.UTF8.GetString(utf8);
        var hash = (uint)utf8.Length;
        foreach (var b in utf8) hash = (hash * 31) + b;
        ref var place = ref s_names[hash % Kept];
        // Equal as ASCII means the same text; another text is made anew.
        if (Volatile.Read(ref place) is { } known && Ascii.Equals(utf8, known)) return known;
        var name = Encoding.UTF8.GetString(utf8);
        Volatile.Write(ref place, name);
        return name;
    }
}
