using System.Diagnostics.Metrics;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Diagnostics;

/// <summary>
/// The instruments of the meter <c>AkkaSse</c>. No label has the name of a stream or a client; where there are namespaces, publishes,
/// deliveries, readers and refusals have one label with the prefix of theirs.
/// </summary>
internal sealed class HubMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    internal const string MeterName = "AkkaSse";

    private readonly Meter _meter = new(MeterName);
    private readonly HubOptions _options;
    private readonly NamespaceCounters[]? _namespaces;
    private long _published;
    private long _delivered;
    private long _deliveredBytes;

    internal HubMetrics(
        HubOptions options, Func<int> connections, Func<int> streams, Func<IEnumerable<StreamActor>> attached, Func<long> logBytes,
        Func<int> actors)
    {
        _options = options;
        if (options.ListNamespaces() is { Count: > 0 } all)
            _namespaces = [.. all.Select(static n => new NamespaceCounters(n.Index, n.Prefix))];
        _meter.CreateObservableCounter<long>(
            "akkasse.events.published", () => Split(Volatile.Read(ref _published), static n => n.Published), "{event}",
            "Events appended through this node.");
        _meter.CreateObservableCounter<long>(
            "akkasse.events.delivered", () => Split(Volatile.Read(ref _delivered), static n => n.Delivered), "{event}",
            "Events written to connections and listeners of this node.");
        _meter.CreateObservableCounter(
            "akkasse.delivered.bytes", () => Volatile.Read(ref _deliveredBytes), "By", "Bytes written to connections of this node.");
        _meter.CreateObservableGauge("akkasse.connections", connections, "{connection}", "Open connections of this node.");
        _meter.CreateObservableGauge<long>("akkasse.readers", () => Readers(attached()), "{reader}",
            "Streams that connections and listeners of this node read, each once for each of its readers.");
        _meter.CreateObservableGauge("akkasse.streams", streams, "{stream}", "Streams with readers on this node.");
        _meter.CreateObservableGauge("akkasse.log.bytes", logBytes, "By", "Bytes held by the logs of this node.");
        _meter.CreateObservableGauge("akkasse.actors", actors, "{actor}", "Live actors of this node.");
        Connects = _meter.CreateCounter<long>("akkasse.connects", "{connection}", "Requests to connect, by how they were decided.");
        Disconnects = _meter.CreateCounter<long>("akkasse.disconnects", "{connection}", "Ended connections, by reason.");
        Gaps = _meter.CreateCounter<long>("akkasse.gaps", "{gap}", "Gaps told to readers, by reason.");
        Publishes = _meter.CreateCounter<long>("akkasse.publishes.refused", "{publish}", "Publishes that were not appended, by status.");
        FlushFailures = _meter.CreateCounter<long>("akkasse.flush.failures", "{flush}", "Flushes not done within the write timeout.");
        Faults = _meter.CreateCounter<long>("akkasse.faults", "{fault}", "Faults that were contained.");
        FlushWait = _meter.CreateHistogram("akkasse.flush.wait", "s", "How long a flush took that did not complete at once.",
            advice: Seconds);
    }

    /// <summary>Seconds, from a flush in the kernel (0.1 ms) to the default write timeout and beyond.</summary>
    internal static InstrumentAdvice<double> Seconds { get; } = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    internal Counter<long> Connects { get; }

    internal Counter<long> Disconnects { get; }

    internal Counter<long> Gaps { get; }

    internal Counter<long> Publishes { get; }

    internal Counter<long> FlushFailures { get; }

    internal Counter<long> Faults { get; }

    internal Histogram<double> FlushWait { get; }

    internal long Published
    {
        get
        {
            var all = Volatile.Read(ref _published);
            foreach (var n in _namespaces ?? []) all += n.Published;
            return all;
        }
    }

    /// <summary>What a stream is counted in besides; null when it is in no namespace.</summary>
    internal NamespaceCounters? CountersOf(string stream) =>
        _namespaces is { } all && _options.NamespaceOf(stream) is { } found ? all[found.Index] : null;

    internal void CountPublished(string stream, int events)
    {
        if (CountersOf(stream) is { } own) own.CountPublished(events);
        else Interlocked.Add(ref _published, events);
    }

    /// <summary>Counts an event for one client, which is of no stream.</summary>
    internal void CountSent() => Interlocked.Increment(ref _published);

    /// <summary>Counts a turn's output.</summary>
    /// <param name="events">Events outside of namespaces; those of a namespace are counted in its own object.</param>
    /// <param name="bytes">Bytes of all.</param>
    internal void CountDelivered(int events, int bytes)
    {
        if (events > 0) Interlocked.Add(ref _delivered, events);
        Interlocked.Add(ref _deliveredBytes, bytes);
    }

    internal void CountRefused(string stream, PublishStatus status)
    {
        var why = new KeyValuePair<string, object?>("status", status.ToString());
        if (CountersOf(stream) is { } own) Publishes.Add(1, why, own.Tag);
        else Publishes.Add(1, why);
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>
    /// What has not happened yet is a 0 and not nothing: a rate sees the first one only when there was a 0 before it. At the start of the
    /// hub, because whoever listens may come after the hub was made.
    /// </summary>
    internal void CountNothing()
    {
        Faults.Add(0);
        FlushFailures.Add(0);
        foreach (var status in Enum.GetValues<PublishStatus>().Where(static s => s != PublishStatus.Accepted))
            Publishes.Add(0, new KeyValuePair<string, object?>("status", status.ToString()));
        foreach (var reason in Enum.GetValues<CloseReason>().Where(static r => r != CloseReason.None))
            Disconnects.Add(0, new KeyValuePair<string, object?>("reason", reason.ToString()));
        foreach (var reason in Enum.GetValues<GapReason>()) Gaps.Add(0, new KeyValuePair<string, object?>("reason", Gap.WordOf(reason)));
    }

    private IEnumerable<Measurement<long>> Split(long outside, Func<NamespaceCounters, long> counted)
    {
        yield return new Measurement<long>(outside);
        foreach (var n in _namespaces ?? []) yield return new Measurement<long>(counted(n), n.Tag);
    }

    // Counted when somebody asks: a reader that comes or goes touches nothing shared.
    private IEnumerable<Measurement<long>> Readers(IEnumerable<StreamActor> attached)
    {
        var outside = 0L;
        var inside = new long[_namespaces?.Length ?? 0];
        foreach (var stream in attached)
        {
            if (HubNames.IsInternal(stream.Name)) continue;
            if (stream.Counters is { } own) inside[own.Index] += stream.Readers;
            else outside += stream.Readers;
        }
        yield return new Measurement<long>(outside);
        foreach (var n in _namespaces ?? []) yield return new Measurement<long>(inside[n.Index], n.Tag);
    }
}
