namespace AkkaSse.Postgres.Sessions;

/// <summary>
/// Texts as PostgreSQL stores them: it has no NUL, and no half of a surrogate pair. One of those in a batch would fail everybody's events
/// in it, so it is replaced before; on the wire it would be U+FFFD too.
/// </summary>
internal static class PgText
{
    private const char Replacement = '\uFFFD';

    /// <summary>The text itself when it can be stored, which nearly all can.</summary>
    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(text))]
    internal static string? Storable(string? text)
    {
        if (text is null || !text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') && !text.Contains('\0', StringComparison.Ordinal))
            return text;
        return string.Create(text.Length, text, static (to, from) =>
        {
            for (var i = 0; i < from.Length; i++)
            {
                if (char.IsHighSurrogate(from[i]) && i + 1 < from.Length && char.IsLowSurrogate(from[i + 1]))
                {
                    (to[i], to[i + 1]) = (from[i], from[i + 1]);
                    i++;
                }
                else
                {
                    to[i] = from[i] == '\0' || char.IsSurrogate(from[i]) ? Replacement : from[i];
                }
            }
        });
    }
}
