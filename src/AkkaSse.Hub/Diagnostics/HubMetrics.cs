using System.Diagnostics.Metrics;

namespace AkkaSse.Hub.Diagnostics;

/// <summary>The instruments of the meter <c>AkkaSse</c>. No label has the name of a stream or a client.</summary>
internal sealed class HubMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    internal const string MeterName = "AkkaSse";

    private readonly Meter _meter = new(MeterName);
    private long _published;
    private long _delivered;
    private long _deliveredBytes;

    internal HubMetrics(Func<int> connections, Func<int> streams, Func<long> logBytes, Func<int> actors)
    {
        _meter.CreateObservableCounter(
            "akkasse.events.published", () => Volatile.Read(ref _published), "{event}", "Events appended through this node.");
        _meter.CreateObservableCounter("akkasse.events.delivered", () => Volatile.Read(ref _delivered), "{event}",
            "Events written to connections and listeners of this node.");
        _meter.CreateObservableCounter(
            "akkasse.bytes.delivered", () => Volatile.Read(ref _deliveredBytes), "By", "Bytes written to connections of this node.");
        _meter.CreateObservableGauge("akkasse.connections", connections, "{connection}", "Open connections of this node.");
        _meter.CreateObservableGauge("akkasse.streams", streams, "{stream}", "Streams with readers on this node.");
        _meter.CreateObservableGauge("akkasse.log.bytes", logBytes, "By", "Bytes held by the logs of this node.");
        _meter.CreateObservableGauge("akkasse.actors", actors, "{actor}", "Live actors of this node.");
        Connects = _meter.CreateCounter<long>("akkasse.connects", "{connection}", "Requests to connect, by how they were decided.");
        Disconnects = _meter.CreateCounter<long>("akkasse.disconnects", "{connection}", "Ended connections, by reason.");
        Gaps = _meter.CreateCounter<long>("akkasse.gaps", "{gap}", "Gaps told to readers, by reason.");
        Publishes = _meter.CreateCounter<long>("akkasse.publishes.refused", "{publish}", "Publishes that were not appended, by status.");
        FlushFailures = _meter.CreateCounter<long>("akkasse.flush.failures", "{flush}", "Flushes not done within the write timeout.");
        Faults = _meter.CreateCounter<long>("akkasse.faults", "{fault}", "Faults that were contained.");
        FlushWait = _meter.CreateHistogram<double>("akkasse.flush.wait", "s", "How long a flush took that did not complete at once.");
    }

    internal Counter<long> Connects { get; }

    internal Counter<long> Disconnects { get; }

    internal Counter<long> Gaps { get; }

    internal Counter<long> Publishes { get; }

    internal Counter<long> FlushFailures { get; }

    internal Counter<long> Faults { get; }

    internal Histogram<double> FlushWait { get; }

    internal long Published => Volatile.Read(ref _published);

    internal void CountPublished(int events) => Interlocked.Add(ref _published, events);

    internal void CountDelivered(int events, int bytes)
    {
        Interlocked.Add(ref _delivered, events);
        Interlocked.Add(ref _deliveredBytes, bytes);
    }

    public void Dispose() => _meter.Dispose();
}
