using AkkaSse.Server.CommandLine;

namespace AkkaSse.Server.Tests;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Percentiles_are_right_within_seven_percent_from_microseconds_to_minutes()
    {
        for (var microseconds = 1.0; microseconds < 100_000_000; microseconds *= 1.37)
        {
            var histogram = new LatencyHistogram();
            histogram.Add(TimeSpan.FromMicroseconds(microseconds));

            var measured = histogram.Percentile(0.5).TotalMicroseconds;

            measured.ShouldBeInRange(Math.Floor(microseconds), (microseconds * 1.07) + 1);
        }
    }

    [Fact]
    public void Percentile_is_the_latency_that_this_part_stays_within()
    {
        var histogram = new LatencyHistogram();
        for (var i = 0; i < 99; i++) histogram.Add(TimeSpan.FromMilliseconds(1));
        histogram.Add(TimeSpan.FromMilliseconds(500));

        histogram.Percentile(0.5).TotalMilliseconds.ShouldBeInRange(1, 1.1);
        histogram.Percentile(0.99).TotalMilliseconds.ShouldBeInRange(1, 1.1);
        histogram.Percentile(1).TotalMilliseconds.ShouldBeInRange(500, 540);
    }
}
