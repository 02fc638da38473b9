namespace AkkaSse.AspNetCore;

/// <summary>
/// One copy of a text that many connections keep: up to 150 bytes less for each of them. Thread-safe; a race costs a copy.
/// </summary>
internal sealed class StringPool
{
    private const int Slots = 1_024;
    private const int Longest = 256;

    private readonly string?[] _slots = new string?[Slots];

    /// <summary>Streams' names and requests' targets, the same for all readers of a stream.</summary>
    internal static StringPool Targets { get; } = new();

    /// <summary>
    /// Remote addresses, the same for all who come through one proxy. Apart, because direct ones are all different and would take the
    /// others' places.
    /// </summary>
    internal static StringPool Addresses { get; } = new();

    /// <summary>The text, or an equal one that somebody has already.</summary>
    internal string Of(string text)
    {
        if (text.Length > Longest) return text;
        ref var slot = ref _slots[(uint)text.GetHashCode(StringComparison.Ordinal) % Slots];
        if (slot is { } kept && kept == text) return kept;
        return slot = text;
    }
}
