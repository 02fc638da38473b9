using System.Diagnostics.Metrics;

namespace AkkaSse.Server.Metrics;

/// <summary>How a family's measurements combine.</summary>
internal enum MetricKind
{
    /// <summary>Measurements add up and never fall.</summary>
    Counter,

    /// <summary>Measurements add up.</summary>
    Sum,

    /// <summary>The last measurement counts.</summary>
    Last,

    /// <summary>The last measurement counts, and it never falls.</summary>
    LastCounter,

    /// <summary>Measurements fall into buckets.</summary>
    Histogram,
}

/// <summary>One instrument and its series, one per set of tags. Thread-safe; finding a series allocates nothing.</summary>
internal sealed class MetricFamily
{
    /// <summary>Beyond it new sets of tags share one series: a label with many values would otherwise grow without bound.</summary>
    internal const int MaxSeries = 128;

    // Names of streams and clients are unbounded and may be personal; they never become labels.
    private static readonly string[] Dropped = ["stream", "client", "zone", "subject", "akkasse.stream", "akkasse.client", "akkasse.zone"];

    // Seconds, from a flush in the kernel (0.1 ms) to the default write timeout and beyond.
    private static readonly double[] DefaultBounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
        2.5, 5, 10];

    private readonly Lock _gate = new();
    private volatile MetricSeries[] _series = [];

    internal MetricFamily(Instrument instrument)
    {
        Kind = KindOf(instrument);
        Name = PrometheusName.Of(instrument.Name, instrument.Unit, Kind);
        Help = instrument.Description ?? instrument.Name;
        Bounds = Kind == MetricKind.Histogram ? BoundsOf(instrument) : [];
    }

    internal MetricKind Kind { get; }
    internal string Name { get; }
    internal string Help { get; }
    internal double[] Bounds { get; }
    internal IReadOnlyList<MetricSeries> Series => _series;

    internal void Record(double value, long whole, bool isWhole, ReadOnlySpan<KeyValuePair<string, object?>> tags, long scrape)
    {
        var series = Find(tags);
        series.Scrape = scrape;
        if (Kind == MetricKind.Histogram) series.Observe(value, Bounds);
        else if (Kind is MetricKind.Last or MetricKind.LastCounter) series.Cell.Set(value);
        else if (isWhole) series.Cell.Add(whole);
        else series.Cell.Add(value);
    }

    private MetricSeries Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var series in _series)
        {
            if (series.Has(tags)) return series;
        }
        lock (_gate)
        {
            foreach (var series in _series)
            {
                if (series.Has(tags)) return series;
            }
            if (_series.Length >= MaxSeries) return _series[^1];
            var added = new MetricSeries(tags, Dropped, Bounds.Length, overflow: _series.Length == MaxSeries - 1);
            _series = [.. _series, added];
            return added;
        }
    }

    private static MetricKind KindOf(Instrument instrument)
    {
        var name = instrument.GetType().Name;
        if (name.StartsWith("Histogram", StringComparison.Ordinal)) return MetricKind.Histogram;
        if (name.StartsWith("UpDownCounter", StringComparison.Ordinal)) return MetricKind.Sum;
        if (name.StartsWith("Counter", StringComparison.Ordinal)) return MetricKind.Counter;
        return name.StartsWith("ObservableCounter", StringComparison.Ordinal) ? MetricKind.LastCounter : MetricKind.Last;
    }

    private static double[] BoundsOf(Instrument instrument)
    {
        var advised = instrument switch
        {
            Histogram<double> h => h.Advice?.HistogramBucketBoundaries?.ToArray(),
            Histogram<long> h => h.Advice?.HistogramBucketBoundaries?.Select(b => (double)b).ToArray(),
            Histogram<int> h => h.Advice?.HistogramBucketBoundaries?.Select(b => (double)b).ToArray(),
            _ => null,
        };
        if (advised is { Length: > 0 }) return advised;
        return instrument.Unit is "s" or null
            ? DefaultBounds
            : [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384, 65536, 262144, 1048576];
    }
}
