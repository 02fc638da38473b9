using System.Globalization;
using System.Text.Json;
using AkkaSse.LoadRig.Load;

namespace AkkaSse.LoadRig.Reporting;

/// <summary>Puts the JSON lines of several runs into one Markdown table: the median of the runs of a case, and where a baseline ran too,
/// the ratio to it.</summary>
internal static class ComparisonReport
{
    // What a case is judged by: the first of these figures that it has is compared.
    private static readonly string[] Compared = ["deliveries_per_s", "publishes_per_s", "connects_per_s"];

    private static readonly (string Title, string Figure, string Format)[] Columns =
    [
        ("deliveries/s", "deliveries_per_s", "N0"), ("publishes/s", "publishes_per_s", "N0"), ("connects/s", "connects_per_s", "N0"),
        ("p50 ms", "latency_p50_ms", "0.00"), ("p99 ms", "latency_p99_ms", "0.00"), ("max ms", "latency_max_ms", "0.0"),
        ("server us/delivery", "server_us_per_delivery", "0.00"), ("RSS bytes/connection", "rss_bytes_per_connection", "N0"),
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
        to.WriteLine($"| case | server | runs | {titles} | to {baseline ?? "baseline"} | clean |");
        to.WriteLine($"|---|---|---|{string.Concat(Columns.Select(static _ => "---|"))}---|---|");
        foreach (var (label, group) in groups)
        {
            var (name, server) = (label[..label.LastIndexOf('/')], label[(label.LastIndexOf('/') + 1)..]);
            var cells = Columns.Select(c => Median(group, c.Figure)?.ToString(c.Format, CultureInfo.InvariantCulture) ?? "");
            var ratio = baseline is not null && server != baseline && groups.TryGetValue($"{name}/{baseline}", out var other)
                ? Ratio(group, other) : "";
            var faults = group.SelectMany(static g => g.GetProperty("faults").EnumerateArray())
                .Select(static f => f.GetString()).Distinct().ToArray();
            var clean = faults.Length == 0 ? "yes" : "no: " + string.Join("; ", faults);
            to.WriteLine($"| {name} | {server} | {group.Length} | {string.Join(" | ", cells)} | {ratio} | {clean} |");
        }
        return 0;
    }

    private static string Ratio(JsonElement[] group, JsonElement[] baseline)
    {
        // At a given rate there is nothing to win but time.
        var figure = Compared.FirstOrDefault(f => Median(group, f) is not null && Median(baseline, f) is not null);
        if (group[0].TryGetProperty("send_late_max_ms", out _)) figure = "latency_p99_ms";
        return figure is not null && Median(group, figure) is { } a && Median(baseline, figure) is { } b and > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{a / b:0.00} ({figure})")
            : "";
    }

    private static double? Median(JsonElement[] group, string figure)
    {
        var values = group.Where(g => g.TryGetProperty(figure, out _)).Select(g => g.GetProperty(figure).GetDouble()).Order().ToArray();
        if (values.Length == 0) return null;
        return values.Length % 2 == 1 ? values[values.Length / 2] : (values[(values.Length / 2) - 1] + values[values.Length / 2]) / 2;
    }
}
