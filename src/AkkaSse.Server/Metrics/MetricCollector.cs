using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace AkkaSse.Server.Metrics;

/// <summary>Collects a meter's instruments in this process and writes them as Prometheus text. Thread-safe.</summary>
/// <remarks>Of our own, because OpenTelemetry's Prometheus exporter is a preview and the text format is a page long.</remarks>
internal sealed class MetricCollector : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly List<MetricFamily> _families = [];
    private long _scrape = 1;

    internal MetricCollector(params string[] meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!meters.Contains(instrument.Meter.Name)) return;
            var family = new MetricFamily(instrument);
            lock (_gate) _families.Add(family);
            listener.EnableMeasurementEvents(instrument, family);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => Record(state, value, value, true, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => Record(state, value, value, true, tags));
        _listener.SetMeasurementEventCallback<short>((_, value, tags, state) => Record(state, value, value, true, tags));
        _listener.SetMeasurementEventCallback<byte>((_, value, tags, state) => Record(state, value, value, true, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => Record(state, value, 0, false, tags));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, state) => Record(state, value, 0, false, tags));
        _listener.SetMeasurementEventCallback<decimal>((_, value, tags, state) => Record(state, (double)value, 0, false, tags));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>Asks the observable instruments and writes everything, families by name.</summary>
    internal string Write()
    {
        lock (_gate)
        {
            _scrape++;
            _listener.RecordObservableInstruments();
            var text = new StringBuilder(8192);
            foreach (var family in _families.OrderBy(f => f.Name, StringComparer.Ordinal)) Write(text, family);
            return text.ToString();
        }
    }

    private void Record(object? state, double value, long whole, bool isWhole, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        ((MetricFamily)state!).Record(value, whole, isWhole, tags, Volatile.Read(ref _scrape));

    private void Write(StringBuilder text, MetricFamily family)
    {
        // An observable instrument that no longer reports a set of tags has none: the old value would be a lie.
        var observed = family.Kind is MetricKind.Last or MetricKind.LastCounter;
        var groups = family.Series.Where(s => !observed || s.Scrape == _scrape || s.Labels.Length == 0).GroupBy(
            s => s.Labels, StringComparer.Ordinal).ToList();
        if (groups.Count == 0) return;
        Head(text, family.Name, family.Help, family.Kind switch
        {
            MetricKind.Counter or MetricKind.LastCounter => "counter",
            MetricKind.Histogram => "histogram",
            _ => "gauge",
        });
        foreach (var group in groups)
        {
            if (family.Kind == MetricKind.Histogram) WriteHistogram(text, family, group.Key, [.. group]);
            else Sample(text, family.Name, group.Key, group.Sum(s => s.Cell.Value));
        }
    }

    private static void WriteHistogram(StringBuilder text, MetricFamily family, string labels, MetricSeries[] series)
    {
        var count = 0L;
        var comma = labels.Length > 0 ? "," : "";
        for (var i = 0; i <= family.Bounds.Length; i++)
        {
            count += series.Sum(s => s.Bucket(i));
            var bound = i < family.Bounds.Length ? Number(family.Bounds[i]) : "+Inf";
            Sample(text, family.Name + "_bucket", $"{labels}{comma}le=\"{bound}\"", count);
        }
        Sample(text, family.Name + "_sum", labels, series.Sum(s => s.Sum));
        Sample(text, family.Name + "_count", labels, count);
    }

    internal static void Head(StringBuilder text, string name, string help, string type) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", "\\\\").Replace("\n", "\\n")).Append('\n')
            .Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    internal static void Sample(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : value.ToString("R", CultureInfo.InvariantCulture);
}
