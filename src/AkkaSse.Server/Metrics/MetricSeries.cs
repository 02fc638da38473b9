using System.Globalization;
using System.Text;

namespace AkkaSse.Server.Metrics;

/// <summary>One set of tags and what was measured with it.</summary>
internal sealed class MetricSeries
{
    private readonly KeyValuePair<string, object?>[] _tags;
    private readonly long[] _buckets;
    private double _sum;

    internal MetricSeries(ReadOnlySpan<KeyValuePair<string, object?>> tags, string[] dropped, int bounds, bool overflow)
    {
        _tags = tags.ToArray();
        _buckets = new long[bounds + 1];
        Labels = overflow ? "overflow=\"true\"" : Render(_tags, dropped);
    }

    /// <summary>
    /// The labels as they stand between braces; "" for none. Two series may share them when a dropped tag told them apart.
    /// </summary>
    internal string Labels { get; }

    internal Cell Cell { get; } = new();

    /// <summary>Number of the scrape that last saw it, for observable instruments.</summary>
    internal long Scrape { get; set; }

    internal double Sum => Volatile.Read(ref _sum);

    internal long Bucket(int index) => Interlocked.Read(ref _buckets[index]);

    internal bool Has(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length != _tags.Length) return false;
        for (var i = 0; i < tags.Length; i++)
        {
            if (!ReferenceEquals(tags[i].Key, _tags[i].Key) && tags[i].Key != _tags[i].Key) return false;
            if (!ReferenceEquals(tags[i].Value, _tags[i].Value) && !Equals(tags[i].Value, _tags[i].Value)) return false;
        }
        return true;
    }

    internal void Observe(double value, double[] bounds)
    {
        var index = Array.BinarySearch(bounds, value);
        Interlocked.Increment(ref _buckets[index < 0 ? ~index : index]);
        double seen;
        do
        {
            seen = Volatile.Read(ref _sum);
        }
        while (Interlocked.CompareExchange(ref _sum, seen + value, seen) != seen);
    }

    private static string Render(KeyValuePair<string, object?>[] tags, string[] dropped)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in tags.Where(t => !dropped.Contains(t.Key)).OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            if (text.Length > 0) text.Append(',');
            text.Append(PrometheusName.Label(key)).Append("=\"");
            foreach (var c in Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")
            {
                _ = c switch { '\\' => text.Append("\\\\"), '"' => text.Append("\\\""), '\n' => text.Append("\\n"), _ => text.Append(c) };
            }
            text.Append('"');
        }
        return text.ToString();
    }
}
