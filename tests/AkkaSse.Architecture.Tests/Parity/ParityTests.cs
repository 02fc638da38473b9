namespace AkkaSse.Architecture.Tests.Parity;

/// <summary>The inventory: every item is in <c>docs/parity.md</c>, with exactly the tests that carry its id, or with the reason why there
/// is none.</summary>
public class ParityTests
{
    private const string UpdateVariable = "AKKASSE_UPDATE_PARITY";

    private const string Advice =
        $"Rewrite the last column with {UpdateVariable}=1 dotnet test tests/AkkaSse.Architecture.Tests, read the difference and commit it.";

    [Fact]
    public void Every_item_stands_in_the_table_with_the_tests_that_prove_it()
    {
        var proofs = TraitScan.Repository();
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1") Update(proofs);
        Faults(ParityTable.Read(Repository.Lines(ParityTable.File)), proofs).ShouldBeEmpty(Advice);
    }

    [Fact]
    public void Trait_of_a_test_and_of_a_class_is_found_with_its_name()
    {
        // The mark is put together here, so that this test is not found as a proof itself.
        var source = """
            [MARK("parity", "AA-01")]
            public sealed partial class OuterTests(Fixture fixture)
            {
                private static string Helper(string s) => s;

                [Theory, MARK("parity", "AA-02"), MARK("parity", "AA-03")]
                [InlineData("[x]")]
                public async Task Situation_gives_outcome(string s)
                {
                }

                public class Inner
                {
                    [Fact]
                    [MARK("parity", "AA-04")]
                    public void Deep() { }
                }

                [MARK("parity", "AA-05")]
                // A comment in between.
                public static void After<T>() => Helper("");
            }
            """.Replace("MARK", "Tr" + "ait", StringComparison.Ordinal);
        TraitScan.Of(source.Split('\n')).ShouldBe(
        [
            ("AA-01", "OuterTests"), ("AA-02", "OuterTests.Situation_gives_outcome"), ("AA-03", "OuterTests.Situation_gives_outcome"),
            ("AA-04", "Inner.Deep"), ("AA-05", "OuterTests.After"),
        ]);
    }

    [Fact]
    public void Missing_stale_unknown_and_unreasoned_rows_are_found()
    {
        var rows = ParityItems.All.Where(static i => i != "STR-02").Select(static i => new ParityRow(i, "P1", "x", [], "later")).ToList();
        rows[0] = rows[0] with { Tests = ["GoneTests.Gone"], NotYet = null };
        rows[1] = rows[1] with { NotYet = " " };
        rows[2] = rows[2] with { Priority = "P3" };
        rows.Add(new ParityRow("NEW-01", "P1", "x", [], "later"));
        rows.Add(rows[5]);
        var faults = Faults(rows, [("STR-05", "NewTests.New"), ("NO-01", "NewTests.New")]).ToArray();
        faults.ShouldContain(f => f.Contains("STR-02 is missing", StringComparison.Ordinal));
        faults.ShouldContain(f => f.Contains("STR-01 names GoneTests.Gone", StringComparison.Ordinal));
        faults.ShouldContain(f => f.Contains("STR-03 has no test and no reason", StringComparison.Ordinal));
        faults.ShouldContain(f => f.Contains("STR-04 has the priority 'P3'", StringComparison.Ordinal));
        faults.ShouldContain(f => f.Contains("STR-05 is proved by NewTests.New", StringComparison.Ordinal));
        faults.ShouldContain(f => f.Contains("NEW-01 is no item", StringComparison.Ordinal));
        faults.ShouldContain(f => f.Contains("NO-01 is no item", StringComparison.Ordinal));
        faults.ShouldContain(f => f.Contains("stands 2 times", StringComparison.Ordinal));
        faults.Length.ShouldBe(8);
    }

    [Fact]
    public void Rewriting_takes_tests_over_and_keeps_reasons()
    {
        string[] lines = ["# Title", "| id | p | what | proved by |", "|---|---|---|---|", "| STR-01 | P1 | a | not yet: old |",
            "| STR-02 | P2 | b | `Gone.Gone` |", "| STR-03 | P2 | c | not yet: a reason |"];
        var proofs = new[] { ("STR-01", "B.Two"), ("STR-01", "A.One"), ("STR-01", "A.One") }
            .ToLookup(static p => p.Item1, static p => p.Item2);
        ParityTable.Rewrite(lines, proofs).ShouldBe(
        [
            "# Title", "| id | p | what | proved by |", "|---|---|---|---|",
            "| STR-01 | P1 | a | `A.One`<br>`B.Two` |", $"| STR-02 | P2 | b | not yet: {ParityTable.NoTest} |",
                "| STR-03 | P2 | c | not yet: a reason |",
        ]);
    }

    private static void Update(IReadOnlyList<(string Item, string Test)> proofs)
    {
        var rewritten = ParityTable.Rewrite(Repository.Lines(ParityTable.File), proofs
            .ToLookup(static p => p.Item, static p => p.Test)).ToArray();
        File.WriteAllText(Repository.PathOf(ParityTable.File), string.Join('\n', rewritten) + "\n");
    }

    private static IEnumerable<string> Faults(IReadOnlyList<ParityRow> rows, IReadOnlyList<(string Item, string Test)> proofs)
    {
        var known = ParityItems.All.ToHashSet(StringComparer.Ordinal);
        foreach (var missing in known.Except(rows.Select(static r => r.Id))) yield return $"{missing} is missing in {ParityTable.File}.";
        foreach (var twice in rows.GroupBy(static r => r.Id).Where(static g => g.Count() > 1))
            yield return $"{twice.Key} stands {twice.Count()} times in {ParityTable.File}.";
        foreach (var (item, test) in proofs.Where(p => !known.Contains(p.Item)))
            yield return $"{item} is no item, but {test} says that it proves it.";
        var byItem = proofs.ToLookup(static p => p.Item, static p => p.Test);
        foreach (var row in rows.DistinctBy(static r => r.Id))
        {
            if (!known.Contains(row.Id))
            {
                yield return $"{row.Id} is no item.";
                continue;
            }
            if (row.Priority is not ("P1" or "P2")) yield return $"{row.Id} has the priority '{row.Priority}'; P1 and P2 are allowed.";
            foreach (var gone in row.Tests.Except(byItem[row.Id]))
                yield return $"{row.Id} names {gone}, which does not exist or does not carry the id.";
            foreach (var unnamed in byItem[row.Id].Distinct().Except(row.Tests))
                yield return $"{row.Id} is proved by {unnamed}, which {ParityTable.File} does not name.";
            if (row.Tests.Count == 0 && !byItem[row.Id].Any() && string.IsNullOrWhiteSpace(row.NotYet))
                yield return $"{row.Id} has no test and no reason why.";
        }
    }
}
