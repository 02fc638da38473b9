using System.Text;
using AkkaSse.LoadRig.Load;
using AkkaSse.LoadRig.Measure;
using AkkaSse.LoadRig.Reporting;

namespace AkkaSse.LoadRig.Tests;

/// <summary>The parts of which every figure is made.</summary>
public class PartsTests
{
    [Fact]
    public void Percentiles_are_within_two_percent_of_the_sorted_values()
    {
        var random = new Random(1);
        var histogram = new Histogram();
        var values = Enumerable.Range(0, 10_000).Select(_ => (long)Math.Exp(random.NextDouble() * 25)).ToArray();
        foreach (var value in values) histogram.Add(value);
        Array.Sort(values);
        foreach (var part in new[] { 0.01, 0.5, 0.9, 0.99, 0.999 })
        {
            double exact = values[(int)Math.Ceiling(part * values.Length) - 1];
            (Math.Abs(histogram.Percentile(part) - exact) / exact).ShouldBeLessThan(0.02, $"at {part}");
        }
        histogram.Max.ShouldBe(values[^1]);
        histogram.Count.ShouldBe(values.Length);
    }

    [Fact]
    public void Largest_duration_has_a_bucket()
    {
        var histogram = new Histogram();
        histogram.Add(long.MaxValue);
        histogram.Percentile(1).ShouldBeGreaterThan(long.MaxValue / 2);
    }

    [Fact]
    public void Chunked_body_is_the_same_cut_at_any_two_places()
    {
        var wire = Encoding.ASCII.GetBytes("5\r\nhello\r\n1A;ext=1\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n");
        for (var a = 0; a <= wire.Length; a++)
        {
            for (var b = a; b <= wire.Length; b++)
            {
                var body = new BodyBytes(chunked: true);
                var text = Take(ref body, wire.AsSpan(0, a)) + Take(ref body, wire.AsSpan(a, b - a)) + Take(ref body, wire.AsSpan(b));
                text.ShouldBe("helloabcdefghijklmnopqrstuvwxyz");
                body.Ended.ShouldBeTrue();
            }
        }
    }

    [Fact]
    public void Payload_is_read_back_bare_and_inside_of_json()
    {
        var payload = new byte[100];
        var stamp = new Stamp(1_234_567_890, 987_654_321_000_000, 654_321, 4_095);
        Payload.Write(payload, stamp.Number, stamp.Time, stamp.Stream, stamp.Publisher);
        Payload.TryRead(payload, payload.Length, out var bare).ShouldBe(true);
        bare.ShouldBe(stamp);
        Payload.TryRead([.. "{\"text\":\""u8, .. payload, .. "\"}"u8], payload.Length, out var wrapped).ShouldBe(true);
        wrapped.ShouldBe(stamp);
        Payload.TryRead(payload.AsSpan(1), payload.Length, out _).ShouldNotBe(true);
        Payload.TryRead("{\"client\":\"x\"}"u8, payload.Length, out _).ShouldBeNull();
    }

    [Fact]
    public void Gaps_without_bounds_explain_any_loss()
    {
        var gaps = new ToldGaps();
        gaps.Add("{\"stream\":\"s\",\"from\":3,\"to\":7,\"epoch\":\"m1\"}"u8);
        (gaps.Count, gaps.Events).ShouldBe((1, 5L));
        gaps.Add("{\"stream\":\"s\",\"from\":null,\"to\":null}"u8);
        (gaps.Count, gaps.Events).ShouldBe((2, long.MaxValue));
    }

    [LinuxFact]
    public void Use_of_this_process_is_read()
    {
        var use = ProcessUse.Of([Environment.ProcessId]);
        use.ResidentBytes.ShouldBeGreaterThan(1 << 20);
        use.Threads.ShouldBeGreaterThan(0);
        use.CpuSeconds.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Comparison_takes_medians_and_ratios()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(file,
            [
                Line("fanout/akkasse", 100), Line("fanout/akkasse", 300), Line("fanout/akkasse", 200), Line("fanout/bare", 400),
            ]);
            var text = new StringWriter();
            ComparisonReport.Print([file, "--baseline", "bare"], text);
            text.ToString().ShouldContain("| fanout | akkasse | 3 | 200 |");
            text.ToString().ShouldContain("| 0.50 |  | yes |");
        }
        finally
        {
            File.Delete(file);
        }

        static string Line(string label, int rate) => $$"""{"label":"{{label}}","deliveries_per_s":{{rate}},"faults":[]}""";
    }

    private static string Take(ref BodyBytes body, ReadOnlySpan<byte> received)
    {
        var text = new StringBuilder();
        while (received.Length > 0) text.Append(Encoding.ASCII.GetString(body.Next(ref received)));
        return text.ToString();
    }
}
