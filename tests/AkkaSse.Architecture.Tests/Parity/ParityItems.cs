using System.Text.RegularExpressions;

namespace AkkaSse.Architecture.Tests.Parity;

/// <summary>The complete list of items: how many there are of each kind, so that no row of the table can be lost unnoticed.</summary>
internal static partial class ParityItems
{
    private static readonly (string Kind, int Count)[] Kinds =
    [
        ("STR", 11), ("PUB", 13), ("TGT", 8), ("ZON", 11), ("RPL", 14), ("WIRE", 18), ("HTTP", 15), ("CLI", 23), ("OBS", 7), ("CFG", 20),
    ];

    internal static IReadOnlyList<string> All { get; } = [.. Kinds
        .SelectMany(static k => Enumerable.Range(1, k.Count).Select(n => $"{k.Kind}-{n:00}"))];

    internal static bool IsId(string text) => Id().IsMatch(text);

    [GeneratedRegex("^[A-Z]+-[0-9]+$")]
    private static partial Regex Id();
}
