namespace AkkaSse.AspNetCore;

/// <summary>One copy of a text that many connections keep, like the stream's name and the target of its readers: 110 bytes less for each of them. Thread-safe; a race costs a copy.</summary>
internal static class SharedText
{
    private const int Slots = 1_024;
    private const int Longest = 256;

    private static readonly string?[] s_slots = new string?[Slots];

    /// <summary>The text, or an equal one that somebody has already.</summary>
    internal static string Of(string text)
    {
        if (text.Length > Longest) return text;
        ref var slot = ref s_slots[(uint)text.GetHashCode(StringComparison.Ordinal) % Slots];
        if (slot is { } kept && kept == text) return kept;
        return slot = text;
    }
}
