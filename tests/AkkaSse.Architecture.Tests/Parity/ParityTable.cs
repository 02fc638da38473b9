namespace AkkaSse.Architecture.Tests.Parity;

/// <summary>One row: an item, how urgent it is, what it says, and the tests that prove it or why none does.</summary>
/// <param name="Id">The item, like <c>WIRE-03</c>.</param>
/// <param name="Priority"><c>P1</c>: one of the five systems compared does it; <c>P2</c>: beyond them.</param>
/// <param name="What">What is promised.</param>
/// <param name="Tests">Tests that prove it.</param>
/// <param name="NotYet">The reason why there is none; null when there are tests.</param>
internal sealed record ParityRow(string Id, string Priority, string What, IReadOnlyList<string> Tests, string? NotYet)
{
    internal const string NotYetMark = "not yet: ";

    internal string Render() =>
        $"| {Id} | {Priority} | {What} | " +
        (Tests.Count > 0 ? string.Join("<br>", Tests.Select(static t => $"`{t}`")) : NotYetMark + NotYet) + " |";
}

/// <summary>The table of <c>docs/parity.md</c>.</summary>
internal static class ParityTable
{
    internal const string File = "docs/parity.md";

    // Said of an item that lost its tests, until somebody writes the reason.
    internal const string NoTest = "no test carries this id";

    internal static IReadOnlyList<ParityRow> Read(IEnumerable<string> lines) => [.. lines.Select(Parse).OfType<ParityRow>()];

    /// <summary>The same lines with the last column rewritten from what the tests say.</summary>
    internal static IEnumerable<string> Rewrite(IEnumerable<string> lines, ILookup<string, string> proofs)
    {
        foreach (var line in lines)
        {
            if (Parse(line) is not { } row)
            {
                yield return line;
                continue;
            }
            var tests = proofs[row.Id].Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
            yield return (row with { Tests = tests, NotYet = tests.Length > 0 ? null : string.IsNullOrWhiteSpace(row.NotYet) ? NoTest
                : row.NotYet }).Render();
        }
    }

    private static ParityRow? Parse(string line)
    {
        if (!line.StartsWith("| ", StringComparison.Ordinal)) return null;
        var cells = line.Trim().Trim('|').Split('|', StringSplitOptions.TrimEntries);
        if (cells.Length != 4 || !ParityItems.IsId(cells[0])) return null;
        var proof = cells[3];
        return proof.StartsWith('`')
            ? new ParityRow(cells[0], cells[1], cells[2],
                [.. proof.Split("<br>", StringSplitOptions.TrimEntries).Select(static t => t.Trim('`'))], null)
            : new ParityRow(cells[0], cells[1], cells[2], [], proof.StartsWith(ParityRow.NotYetMark, StringComparison.Ordinal)
                ? proof[ParityRow.NotYetMark.Length..] : "");
    }
}
