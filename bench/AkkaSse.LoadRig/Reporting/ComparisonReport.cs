using System.Globalization;
using System.Text.Json;
using AkkaSse.LoadRig.Load;

namespace AkkaSse.LoadRig.Reporting;

/// <summary>Puts the JSON lines of several runs into one Markdown table: the median of the runs of a case, and where a baseline ran too,
/// the ratio to it.</summary>
internal static class ComparisonReport
{
    // What a case is judged by: the first of each list that it has. At a given rate only the cost tells.
    private static readonly string[] Rates = ["deliveries_per_s", "publishes_per_s", "connects_per_s"];

    // On a machine that others use too, this is the figure that survives.
    private static readonly string[] Costs = ["server_us_per_delivery", "server_us_per_publish", "rss_bytes_per_connection"];

    private static readonly (string Title, string Figure, string Format)[] Columns =
    [
        ("deliveries/s", "deliveries_per_s", "N0"), ("publishes/s", "publishes_per_s", "N0"), ("connects/s", "connects_per_s", "N0"),
        ("publish p99 ms", "publish_p99_ms", "0.00"), ("start s", "start_s", "0.00"),
        ("p50 ms", "latency_p50_ms", "0.00"), ("p99 ms", "latency_p99_ms", "0.00"), ("max ms", "latency_max_ms", "0.0"),
        ("server us/delivery", "server_us_per_delivery", "0.00"), ("us/publish", "server_us_per_publish", "0.00"),
        ("RSS bytes/connection", "rss_bytes_per_connection", "N0"),
        ("idle RSS", "server_rss_idle", "N0"),
        ("quiet publish p99 ms", "probe_quiet_p99_ms", "0.00"), ("in the storm", "probe_storm_p99_ms", "0.00"),
        ("rig cores", "rig_cpu_cores", "0.00"),
    ];

    internal static int Print(IReadOnlyList<string> arguments, TextWriter to)
    {
        if (arguments.Count is not (1 or 3) || (arguments.Count == 3 && arguments[1] != "--baseline"))
            throw new RigException("report FILE [--baseline NAME] is meant.");
        var baseline = arguments.Count == 3 ? arguments[2] : null;
        var runs = File.ReadLines(arguments[0]).Where(static l => l.Length > 0)
            .Select(static l => JsonDocument.Parse(l).RootElement).ToArray();
        var groups = runs.GroupBy(static r => r.GetProperty("label").GetString()!).ToDictionary(static g => g.Key, static g => g.ToArray());
        var titles = string.Join(" | ", Columns.Select(static c => c.Title));
        var compared = baseline is null ? "" : $" | rate to {baseline} | cost to {baseline}";
        to.WriteLine($"| case | server | runs | {titles}{compared} | clean |");
        to.WriteLine($"|---|---|---|{string.Concat(Columns.Select(static _ => "---|"))}{(baseline is null ? "" : "---|---|")}---|");
        foreach (var (label, group) in groups)
        {
            var (name, server) = (label[..label.LastIndexOf('/')], label[(label.LastIndexOf('/') + 1)..]);
            var cells = Columns.Select(c => Median(group, c.Figure)?.ToString(c.Format, CultureInfo.InvariantCulture) ?? "");
            var other = baseline is not null && server != baseline ? groups.GetValueOrDefault($"{name}/{baseline}") : null;
            var ratios = baseline is null ? "" : $" | {Ratio(group, other, Rates)} | {Ratio(group, other, Costs)}";
            var faults = group.SelectMany(static g => g.GetProperty("faults").EnumerateArray())
                .Select(static f => f.GetString()).Distinct().ToArray();
            var clean = faults.Length == 0 ? "yes" : "no: " + string.Join("; ", faults);
            to.WriteLine($"| {name} | {server} | {group.Length} | {string.Join(" | ", cells)}{ratios} | {clean} |");
        }
        return 0;
    }

    private static string Ratio(JsonElement[] group, JsonElement[]? baseline, string[] figures)
    {
        var figure = figures.FirstOrDefault(f => baseline is not null && Median(group, f) is not null && Median(baseline, f) is > 0);
        if (figure is null) return "";
        return string.Create(CultureInfo.InvariantCulture, $"{Median(group, figure) / Median(baseline!, figure):0.00}");
    }

    private static double? Median(JsonElement[] group, string figure)
    {
        var values = group.Where(g => g.TryGetProperty(figure, out _)).Select(g => g.GetProperty(figure).GetDouble()).Order().ToArray();
        if (values.Length == 0) return null;
        return values.Length % 2 == 1 ? values[values.Length / 2] : (values[(values.Length / 2) - 1] + values[values.Length / 2]) / 2;
    }
}
