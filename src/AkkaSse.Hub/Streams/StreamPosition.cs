using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace AkkaSse.Hub;

/// <summary>
/// A place in a stream: the offset of an event inside an epoch. A reader at a position has seen everything up to and including it.
/// </summary>
/// <remarks>
/// Offset alone lies: after a restart without memory offset 7 may be another event than before. The epoch changes exactly when
/// continuity cannot be proven, so (epoch, offset) names one event for ever.
/// </remarks>
/// <param name="Epoch">Short text of <c>[0-9a-z]</c>; <c>0</c> is the epoch of a stream that does not exist yet.</param>
/// <param name="Offset">Offset of the last event seen; 0 is before the first.</param>
public readonly record struct StreamPosition(string Epoch, long Offset)
{
    /// <summary>Longest epoch text.</summary>
    public const int MaxEpochLength = 16;

    /// <summary>The epoch text of a stream that does not exist yet.</summary>
    public const string NoEpoch = "0";

    /// <summary>Before the first event of a stream that does not exist yet; written <c>0-0</c>.</summary>
    public static StreamPosition BeforeFirst => new(NoEpoch, 0);

    /// <summary>True for <see cref="BeforeFirst"/>, and for the default value, which a refused publish has.</summary>
    public bool IsBeforeFirst => Offset == 0 && Epoch is null or NoEpoch;

    /// <summary>The wire form <c>offset-epoch</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Offset}-{Epoch ?? NoEpoch}");

    /// <summary>Reads the wire form. Nothing but exactly that form is accepted.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out StreamPosition position)
    {
        position = default;
        if (text is null) return false;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash is < 1 or > 19 || text.Length - dash - 1 is < 1 or > MaxEpochLength) return false;
        if (dash > 1 && text[0] == '0') return false;
        for (var i = dash + 1; i < text.Length; i++)
        {
            if (!char.IsAsciiDigit(text[i]) && !char.IsAsciiLetterLower(text[i])) return false;
        }
        if (!long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)) return false;
        position = new StreamPosition(text[(dash + 1)..], offset);
        return true;
    }
}
