using System.Globalization;
using System.Text;
using System.Text.Json;
using AkkaSse.LoadRig.Load;
using AkkaSse.LoadRig.Measure;

namespace AkkaSse.LoadRig.Reporting;

/// <summary>The figures of a run in the order of their making: printed as a table or as one line of JSON, from the same list.</summary>
internal sealed class RigReport
{
    private readonly RigPlan _plan;
    private readonly List<(string Name, object Value, string Format)> _figures = [];

    internal RigReport(RigPlan plan)
    {
        _plan = plan;
        if (plan.Label.Length > 0) Add("label", plan.Label);
        Add("mode", plan.Mode.ToString().ToLowerInvariant());
        Add("connections", plan.Connections);
        Add("streams", plan.Streams);
        if (plan.Publishes) Add("size", plan.Size);
    }

    /// <summary>What must not be: losses, duplicates, disorder, failed connections or publishes. Empty when the run was clean.</summary>
    internal List<string> Faults { get; } = [];

    internal void Connected(int connected, int failed, IReadOnlyCollection<string> why, double seconds, Histogram time)
    {
        Add("established", connected);
        Fault("connect_failed", failed, why);
        if (_plan.Connections == 0) return;
        Add("connect_s", seconds, "0.000");
        Add("connects_per_s", connected / seconds, "0");
        Milliseconds("connect", time);
    }

    internal void Reconnected(int connected, int failed, IReadOnlyCollection<string> why, Histogram time)
    {
        Add("reconnected", connected);
        Fault("reconnect_failed", failed, why);
        Milliseconds("reconnect", time);
    }

    /// <summary>Publishes to a stream that nobody reads, before a storm and in it.</summary>
    internal void Probed((Histogram Times, string? Fault) quiet, (Histogram Times, string? Fault) storm)
    {
        Add("probe_quiet_p50_ms", quiet.Times.Percentile(0.5) / 1e6, "0.000");
        Add("probe_quiet_p99_ms", quiet.Times.Percentile(0.99) / 1e6, "0.000");
        Add("probe_storm_p50_ms", storm.Times.Percentile(0.5) / 1e6, "0.000");
        Add("probe_storm_p99_ms", storm.Times.Percentile(0.99) / 1e6, "0.000");
        Add("probe_storm_max_ms", storm.Times.Max / 1e6, "0.000");
        if (storm.Fault is { } fault) Faults.Add($"publishing beside the storm failed: {fault}");
    }

    internal void Memory(ProcessUse before, ProcessUse connected, ProcessUse idle, int connections)
    {
        if (_plan.ServerPids.Count == 0) return;
        Add("server_rss_before", before.ResidentBytes);
        Add("server_rss_idle", idle.ResidentBytes);
        if (_plan.Connections > 0) Add("rss_bytes_per_connection", (idle.ResidentBytes - before.ResidentBytes) / connections);
        Add("server_threads", idle.Threads);
        Add("server_cpu_connect_s", connected.CpuSeconds - before.CpuSeconds, "0.00");
        Add("server_cpu_idle_s", idle.CpuSeconds - connected.CpuSeconds, "0.00");
    }

    internal void Published(PublisherSet publishers)
    {
        Add("events_sent", publishers.Sent);
        Add("events_accepted", publishers.Acknowledged);
        Fault("events_rejected", publishers.Rejected, publishers.Rejected > 0 ? [$"first status {publishers.FirstBadStatus}"] : []);
        Fault("events_unanswered", publishers.UnansweredCount, []);
        if (publishers.Sent < _plan.Events)
            Faults.Add($"only {publishers.Sent} of {_plan.Events} events were sent in {_plan.PublishSeconds} s");
        var seconds = (publishers.LastAnswerAt - publishers.FirstAt) / 1e9;
        if (seconds > 0) Add("publishes_per_s", publishers.Acknowledged / seconds, "0");
        Add("publish_p50_ms", publishers.AnswerTime.Percentile(0.5) / 1e6, "0.000");
        Add("publish_p99_ms", publishers.AnswerTime.Percentile(0.99) / 1e6, "0.000");
        if (_plan.Rate > 0) Add("send_late_max_ms", publishers.LatestBy / 1e6, "0.000");
        if (_plan.Window > 0) Fault("window_stuck", publishers.Stuck, []);
    }

    internal void Delivered(PhaseResult phase, Ledger ledger, int disconnects, Losses losses)
    {
        if (_plan.Connections > 0)
        {
            Add("expected", phase.Expected);
            Add("deliveries", ledger.Deliveries);
            Add("seconds", phase.Seconds, "0.000");
            Add("deliveries_per_s", ledger.Deliveries / phase.Seconds, "0");
            Add("received_mb_per_s", phase.ReceivedBytes / phase.Seconds / 1e6, "0.0");
            Add("events_per_receive", phase.Receives == 0 ? 0 : (double)ledger.Deliveries / phase.Receives, "0.00");
            Fault("lost", losses.Silent, []);
            Add("missed_and_told", losses.Told);
            Add("gaps_told", losses.Gaps);
            Fault("duplicated", ledger.Duplicates, []);
            Fault("out_of_order", ledger.OutOfOrder, []);
            Fault("readers_with_another_order", ledger.Disagreeing, []);
            Fault("malformed", ledger.Malformed, []);
            Fault("disconnects", disconnects, []);
            foreach (var (name, part) in new[] { ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999) })
                Add($"latency_{name}_ms", ledger.Latency.Percentile(part) / 1e6, "0.000");
            Add("latency_max_ms", ledger.Latency.Max / 1e6, "0.000");
            Add("latency_mean_ms", ledger.Latency.Mean / 1e6, "0.000");
        }
        if (_plan.ServerPids.Count > 0)
        {
            Add("server_cpu_s", phase.ServerCpuSeconds, "0.00");
            Add("server_cpu_cores", phase.ServerCpuSeconds / phase.Seconds, "0.00");
            if (ledger.Deliveries > 0) Add("server_us_per_delivery", phase.ServerCpuSeconds / ledger.Deliveries * 1e6, "0.000");
            else if (phase.Accepted > 0) Add("server_us_per_publish", phase.ServerCpuSeconds / phase.Accepted * 1e6, "0.000");
            Add("server_rss_after", phase.ServerBytes);
        }
        Add("rig_cpu_cores", phase.RigCpuSeconds / phase.Seconds, "0.00");
    }

    internal void Stalled(int stalled, int ended, int told, long silent, long deliveries)
    {
        Add("stalled", stalled);
        Add("stalled_disconnected", ended);
        Add("stalled_told_of_a_gap", told);
        Add("stalled_deliveries", deliveries);
        Fault("stalled_lost_in_silence", silent, []);
    }

    internal string ToTable()
    {
        var text = new StringBuilder();
        var width = _figures.Max(static f => f.Name.Length);
        foreach (var (name, value, format) in _figures)
            text.Append(CultureInfo.InvariantCulture, $"{name.PadRight(width)}  {Text(value, format)}\n");
        text.Append('\n').Append(Faults.Count == 0 ? "clean\n" : "NOT CLEAN: " + string.Join("; ", Faults) + "\n");
        return text.ToString();
    }

    internal string ToJson()
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            foreach (var (name, value, format) in _figures)
            {
                if (value is string text) json.WriteString(name, text);
                else json.WritePropertyName(name);
                if (value is not string) json.WriteRawValue(Text(value, format));
            }
            json.WriteBoolean("clean", Faults.Count == 0);
            json.WriteStartArray("faults");
            foreach (var fault in Faults) json.WriteStringValue(fault);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static string Text(object value, string format) =>
        value is IFormattable number ? number.ToString(format, CultureInfo.InvariantCulture) : value.ToString()!;

    private void Milliseconds(string what, Histogram time)
    {
        Add($"{what}_p50_ms", time.Percentile(0.5) / 1e6, "0.000");
        Add($"{what}_p99_ms", time.Percentile(0.99) / 1e6, "0.000");
        Add($"{what}_max_ms", time.Max / 1e6, "0.000");
    }

    private void Fault(string name, long count, IReadOnlyCollection<string> why)
    {
        Add(name, count);
        if (count > 0) Faults.Add($"{name} {count}{(why.Count > 0 ? $" ({string.Join(", ", why)})" : "")}");
    }

    private void Add(string name, object value, string format = "0") => _figures.Add((name, value, format));
}
