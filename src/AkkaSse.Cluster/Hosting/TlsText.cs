using System.Globalization;
using System.Text;

namespace AkkaSse.Cluster.Hosting;

/// <summary>Makes text that a stranger chose fit for a line of the log. Pure.</summary>
internal static class TlsText
{
    /// <summary>How many UTF-16 characters of a stranger's text are kept: a subject of a real authority has fewer than 150.</summary>
    internal const int MaxLength = 200;

    /// <summary>
    /// The text in one line: each control character, line or paragraph separator, invisible format character (U+202E would turn the rest of
    /// the line around) and lone surrogate becomes a question mark. Text longer than <see cref="MaxLength"/> is cut there and ends in an
    /// ellipsis, which counts.
    /// </summary>
    internal static string Clean(string text)
    {
        var clean = new StringBuilder(Math.Min(text.Length, MaxLength));
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var isRune = Rune.DecodeFromUtf16(rest, out var rune, out var used) == System.Buffers.OperationStatus.Done;
            // One character is kept free for the ellipsis unless this is the end.
            if (clean.Length + used > (used == rest.Length ? MaxLength : MaxLength - 1)) return clean.Append('…').ToString();
            if (isRune && !IsHidden(rune)) clean.Append(rest[..used]);
            else clean.Append('?');
            rest = rest[used..];
        }
        return clean.ToString();
    }

    private static bool IsHidden(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
