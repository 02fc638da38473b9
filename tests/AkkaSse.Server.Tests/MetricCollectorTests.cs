using System.Diagnostics.Metrics;
using AkkaSse.Server.Metrics;

namespace AkkaSse.Server.Tests;

public sealed class MetricCollectorTests : IDisposable
{
    private readonly string _name = "akkasse.test." + Guid.NewGuid().ToString("N");
    private readonly Meter _meter;
    private readonly MetricCollector _collector;

    public MetricCollectorTests()
    {
        _meter = new Meter(_name);
        _collector = new MetricCollector(_name);
    }

    public void Dispose()
    {
        _collector.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Counters_add_up_over_threads_and_end_in_total()
    {
        var counter = _meter.CreateCounter<long>("akkasse.events.published", "{event}", "Events.");

        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 1_000; i++) counter.Add(1);
        });

        _collector.Write().ShouldBe(
            "# HELP akkasse_events_published_total Events.\n# TYPE akkasse_events_published_total " +
            "counter\nakkasse_events_published_total 8000\n");
    }

    [Fact]
    public void Updown_counters_and_gauges_show_what_is()
    {
        var connections = _meter.CreateUpDownCounter<int>("akkasse.connections");
        var gauge = _meter.CreateGauge<double>("akkasse.load");
        connections.Add(5);
        connections.Add(-2);
        gauge.Record(0.25);
        gauge.Record(0.5);

        var text = _collector.Write();

        text.ShouldContain("# TYPE akkasse_connections gauge\nakkasse_connections 3\n");
        text.ShouldContain("# TYPE akkasse_load gauge\nakkasse_load 0.5\n");
    }

    [Fact]
    public void Histograms_have_cumulative_buckets_sum_and_count()
    {
        var histogram = _meter.CreateHistogram(
            "akkasse.flush.duration", "s", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        foreach (var value in (double[])[0.05, 0.1, 0.5, 3]) histogram.Record(value, new KeyValuePair<string, object?>("kind", "live"));

        var text = _collector.Write();

        text.ShouldContain("akkasse_flush_duration_seconds_bucket{kind=\"live\",le=\"0.1\"} 2\n");
        text.ShouldContain("akkasse_flush_duration_seconds_bucket{kind=\"live\",le=\"1\"} 3\n");
        text.ShouldContain("akkasse_flush_duration_seconds_bucket{kind=\"live\",le=\"+Inf\"} 4\n");
        text.ShouldContain("akkasse_flush_duration_seconds_sum{kind=\"live\"} 3.65\n");
        text.ShouldContain("akkasse_flush_duration_seconds_count{kind=\"live\"} 4\n");
    }

    [Fact]
    public void Names_of_streams_and_clients_never_become_labels()
    {
        var counter = _meter.CreateCounter<long>("akkasse.dropped");
        counter.Add(1, new KeyValuePair<string, object?>("stream", "a"), new KeyValuePair<string, object?>("policy", "skip"));
        counter.Add(2, new KeyValuePair<string, object?>("stream", "b"), new KeyValuePair<string, object?>("policy", "skip"));

        _collector.Write().ShouldContain("akkasse_dropped_total{policy=\"skip\"} 3\n");
    }

    [Fact]
    public void A_label_with_many_values_is_bounded_and_loses_no_count()
    {
        var counter = _meter.CreateCounter<long>("akkasse.many");
        for (var i = 0; i < 10 * MetricFamily.MaxSeries; i++) counter.Add(1, new KeyValuePair<string, object?>("code", i));

        var lines = _collector.Write().Split('\n').Where(l => l.StartsWith("akkasse_many_total", StringComparison.Ordinal)).ToList();

        lines.Count.ShouldBe(MetricFamily.MaxSeries);
        lines.Sum(l => long.Parse(l.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture))
            .ShouldBe(10 * MetricFamily.MaxSeries);
        lines.ShouldContain(l => l.StartsWith("akkasse_many_total{overflow=\"true\"}", StringComparison.Ordinal));
    }

    [Fact]
    public void An_observable_series_that_is_no_longer_reported_disappears()
    {
        var report = true;
        _meter.CreateObservableGauge("akkasse.engine.state", () => report
            ? new[] { new Measurement<int>(1, new KeyValuePair<string, object?>("node", "a")), new Measurement<int>(
                2, new KeyValuePair<string, object?>("node", "b")) }
            : [new Measurement<int>(3, new KeyValuePair<string, object?>("node", "b"))]);

        _collector.Write().ShouldContain("akkasse_engine_state{node=\"a\"} 1\n");
        report = false;
        var text = _collector.Write();

        text.ShouldNotContain("node=\"a\"");
        text.ShouldContain("akkasse_engine_state{node=\"b\"} 3\n");
    }

    [Fact]
    public void Label_values_are_escaped()
    {
        var counter = _meter.CreateCounter<long>("akkasse.escaped");
        counter.Add(1, new KeyValuePair<string, object?>("text", "a\"b\\c\nd"));

        _collector.Write().ShouldContain("""akkasse_escaped_total{text="a\"b\\c\nd"} 1""");
    }
}
