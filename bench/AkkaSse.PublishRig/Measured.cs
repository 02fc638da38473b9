using System.Diagnostics;
using System.Globalization;

namespace AkkaSse.PublishRig;

/// <summary>What the publishers of one phase saw.</summary>
internal sealed class Phase
{
    /// <summary>How long each request took, in ticks of <see cref="Stopwatch"/>.</summary>
    internal List<long> Ticks { get; } = [];

    internal Dictionary<string, int> Errors { get; } = [];

    internal long Events { get; set; }

    internal double Seconds { get; set; }

    internal void Add(Phase other)
    {
        Ticks.AddRange(other.Ticks);
        Events += other.Events;
        foreach (var (error, count) in other.Errors) Errors[error] = Errors.GetValueOrDefault(error) + count;
    }

    /// <summary>In milliseconds; 0 without a request.</summary>
    internal double Percentile(double of)
    {
        Ticks.Sort();
        return Ticks.Count == 0 ? 0 : Ticks[Math.Min(Ticks.Count - 1, (int)(Ticks.Count * of))] * 1e3 / Stopwatch.Frequency;
    }
}

/// <summary>One line of results.</summary>
internal sealed record Measured(string Label)
{
    internal long Events { get; init; }

    internal double PerSecond { get; init; }

    internal double P50 { get; init; }

    internal double P99 { get; init; }

    /// <summary>Processor time of all nodes per event.</summary>
    internal double NodeMicroseconds { get; init; }

    /// <summary>Context switches of all nodes per event, voluntary and not.</summary>
    internal double NodeSwitches { get; init; }

    internal double LoadMicroseconds { get; init; }

    internal IReadOnlyDictionary<string, int> Errors { get; init; } = new Dictionary<string, int>();

    internal bool IsClean { get; init; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Label}\t{PerSecond:0}\t{P50:0.00}\t{P99:0.00}\t{NodeMicroseconds:0.0}\t{NodeSwitches:0.00}\t{LoadMicroseconds:0.0}\t{Events}\t" +
        $"{(IsClean ? "clean" : "NOT CLEAN")}\t{string.Join("; ", Errors.Select(static e => $"{e.Value} x {e.Key}"))}");

    internal static Measured Parse(string line)
    {
        var fields = line.Split('\t');
        double At(int i) => double.Parse(fields[i], CultureInfo.InvariantCulture);
        return new Measured(fields[0])
        {
            PerSecond = At(1),
            P50 = At(2),
            P99 = At(3),
            NodeMicroseconds = At(4),
            NodeSwitches = At(5),
            LoadMicroseconds = At(6),
            Events = (long)At(7),
            IsClean = fields[8] == "clean",
        };
    }
}

/// <summary>Medians of a file of results, and their ratios to a yardstick's of the same rounds.</summary>
internal static class Report
{
    private static readonly (string Name, Func<Measured, double> Of)[] Columns =
    [
        ("publishes/s", static m => m.PerSecond), ("p50 ms", static m => m.P50), ("p99 ms", static m => m.P99),
        ("nodes µs", static m => m.NodeMicroseconds), ("switches", static m => m.NodeSwitches),
        ("load µs", static m => m.LoadMicroseconds),
    ];

    /// <summary>Labels are <c>case/who</c>; of each case the first who is the yardstick.</summary>
    internal static void Write(IEnumerable<string> lines, TextWriter to)
    {
        var rounds = lines.Select(Measured.Parse).ToList();
        to.WriteLine($"| case | who | {string.Join(" | ", Columns.Select(static c => c.Name))} | to the first: publishes/s, p99 |");
        to.WriteLine($"|---|---|{string.Concat(Columns.Select(static _ => "---|"))}---|");
        foreach (var one in rounds.GroupBy(static r => r.Label.Split('/')[0]))
        {
            var whos = one.GroupBy(static r => r.Label.Split('/')[^1]).ToList();
            foreach (var who in whos)
            {
                var medians = Columns.Select(c => Median(who.Select(c.Of)).ToString("0.##", CultureInfo.InvariantCulture));
                var unclean = who.Count(static m => !m.IsClean) is > 0 and var bad ? $" ({bad} not clean)" : "";
                to.WriteLine($"| {one.Key} | {who.Key}{unclean} | {string.Join(" | ", medians)} | {Ratios(whos[0], who)} |");
            }
        }
    }

    private static string Ratios(IEnumerable<Measured> yardstick, IEnumerable<Measured> who)
    {
        // Round by round: what disturbs the machine disturbs neighbours alike.
        var pairs = yardstick.Zip(who).ToList();
        var rate = Median(pairs.Select(static p => p.Second.PerSecond / p.First.PerSecond));
        var p99 = Median(pairs.Select(static p => p.Second.P99 / p.First.P99));
        return string.Create(CultureInfo.InvariantCulture, $"{rate:0.00}, {p99:0.00}");
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? 0 : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
