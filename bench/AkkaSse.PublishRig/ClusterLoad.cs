using System.Diagnostics;
using System.Globalization;

namespace AkkaSse.PublishRig;

/// <summary>What a load of <c>cluster</c> is told on the command line.</summary>
internal sealed record LoadOptions(string Kind, IReadOnlyList<Uri> Nodes)
{
    /// <summary>Processes of the nodes, whose processor time and context switches are counted.</summary>
    internal IReadOnlyList<int> Pids { get; init; } = [];

    internal int Streams { get; init; } = 20;

    internal int InFlight { get; init; } = 64;

    /// <summary>Bytes of an event's data.</summary>
    internal int Bytes { get; init; } = 200;

    /// <summary>Events in one request of the kind <c>batch</c>.</summary>
    internal int Batch { get; init; } = 256;

    internal double WarmSeconds { get; init; } = 2;

    internal double Seconds { get; init; } = 5;

    internal string Label { get; init; } = "";

    internal static LoadOptions Parse(string[] args)
    {
        var nodes = new List<Uri>();
        var options = new LoadOptions(args[0], nodes);
        for (var i = 1; i + 1 < args.Length; i += 2)
        {
            var value = args[i + 1];
            int Number() => int.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture);
            double Seconds() => double.Parse(value, CultureInfo.InvariantCulture);
            switch (args[i])
            {
                case "--node":
                    nodes.Add(new Uri(value));
                    break;
                case "--pids":
                    options = options with { Pids = [.. value.Split(',').Select(p => int.Parse(p, CultureInfo.InvariantCulture))] };
                    break;
                case "--streams":
                    options = options with { Streams = Number() };
                    break;
                case "--in-flight":
                    options = options with { InFlight = Number() };
                    break;
                case "--bytes":
                    options = options with { Bytes = Number() };
                    break;
                case "--batch":
                    options = options with { Batch = Number() };
                    break;
                case "--warm":
                    options = options with { WarmSeconds = Seconds() };
                    break;
                case "--seconds":
                    options = options with { Seconds = Seconds() };
                    break;
                case "--label":
                    options = options with { Label = value };
                    break;
                default:
                    throw new FormatException($"{args[i]} is not known.");
            }
        }
        if (nodes.Count == 0 || nodes.Exists(static n => !n.IsLoopback))
            throw new FormatException("--node has to name a loopback address.");
        return options;
    }
}

/// <summary>
/// A closed loop over three nodes: so many publishers, each on one node, each with one publish on its way, over the streams in turn.
/// </summary>
internal static class ClusterLoad
{
    internal static async Task<Measured> RunAsync(LoadOptions options)
    {
        await using var target = PublishTarget.Of(options);
        await target.BeginAsync().ConfigureAwait(false);
        await PhaseAsync(target, options, options.WarmSeconds).ConfigureAwait(false);
        var before = ProcessCost.Of(options.Pids);
        using var self = Process.GetCurrentProcess();
        var ownBefore = self.TotalProcessorTime;
        var phase = await PhaseAsync(target, options, options.Seconds).ConfigureAwait(false);
        var cost = ProcessCost.Of(options.Pids) - before;
        self.Refresh();
        var own = self.TotalProcessorTime - ownBefore;
        var stored = await target.StoredAsync().ConfigureAwait(false);
        var events = Math.Max(1, phase.Events);
        return new Measured(options.Label.Length > 0 ? options.Label : options.Kind)
        {
            Events = phase.Events,
            PerSecond = phase.Events / phase.Seconds,
            P50 = phase.Percentile(0.50),
            P99 = phase.Percentile(0.99),
            NodeMicroseconds = cost.ProcessorSeconds * 1e6 / events,
            NodeSwitches = cost.Switches / (double)events,
            LoadMicroseconds = own.TotalSeconds * 1e6 / events,
            Errors = phase.Errors,
            // Every publish that was acknowledged is stored, and what was refused for certain is not.
            IsClean = phase.Errors.Count == 0 && stored == target.Acknowledged,
        };
    }

    private static async Task<Phase> PhaseAsync(PublishTarget target, LoadOptions options, double seconds)
    {
        var started = Stopwatch.GetTimestamp();
        var end = started + (long)(seconds * Stopwatch.Frequency);
        var publishers = new Task<Phase>[options.InFlight];
        for (var p = 0; p < publishers.Length; p++)
        {
            var publisher = p;
            publishers[p] = Task.Run(() => PublisherAsync(target, options, publisher, end));
        }
        var all = new Phase();
        foreach (var one in await Task.WhenAll(publishers).ConfigureAwait(false)) all.Add(one);
        all.Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return all;
    }

    private static async Task<Phase> PublisherAsync(PublishTarget target, LoadOptions options, int publisher, long end)
    {
        var phase = new Phase();
        for (var n = publisher; ; n++)
        {
            var begun = Stopwatch.GetTimestamp();
            if (begun >= end) return phase;
            var error = await target.PublishAsync(publisher, n % options.Streams).ConfigureAwait(false);
            if (error is null)
            {
                phase.Ticks.Add(Stopwatch.GetTimestamp() - begun);
                phase.Events += target.EventsEach;
            }
            else
            {
                phase.Errors[error] = phase.Errors.GetValueOrDefault(error) + 1;
            }
        }
    }
}
