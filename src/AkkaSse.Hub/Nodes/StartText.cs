using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace AkkaSse.Hub.Nodes;

/// <summary>
/// Starts of readers as nodes write them to each other: the texts of the HTTP API, and <c>after:offset-epoch</c>. A node that does not know
/// a text refuses it; it must not read it as another start, because that loses events. Pure.
/// </summary>
internal static class StartText
{
    private const string After = "after:";

    /// <summary>The texts that <see cref="TryRead"/> reads, for error messages.</summary>
    internal const string Allowed = "earliest, latest, last:N, offset:N, after:offset-epoch, a duration or a time are allowed";

    internal static string Write(StartPosition start) => start.Kind switch
    {
        StartKind.Latest => "latest",
        StartKind.Earliest => "earliest",
        StartKind.Last => string.Create(CultureInfo.InvariantCulture, $"last:{start.Number}"),
        StartKind.Offset => string.Create(CultureInfo.InvariantCulture, $"offset:{start.Number}"),
        StartKind.Age => Durations.Format(start.Age),
        StartKind.Time => start.Time.ToString("O", CultureInfo.InvariantCulture),
        StartKind.Position => After + start.Position,
        _ => throw new UnreachableException($"The start {start.Kind} has no text."),
    };

    internal static bool TryRead(string text, [NotNullWhen(true)] out StartPosition? start)
    {
        if (!text.StartsWith(After, StringComparison.Ordinal)) return StartPosition.TryParse(text, out start);
        start = StreamPosition.TryParse(text[After.Length..], out var position) ? StartPosition.After(position) : null;
        return start is not null;
    }
}
