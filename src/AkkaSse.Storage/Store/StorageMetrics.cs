using System.Diagnostics.Metrics;
using AkkaSse.Hub.Diagnostics;

namespace AkkaSse.Storage.Store;

/// <summary>The store's instruments, on the hub's meter.</summary>
internal sealed class StorageMetrics : IDisposable
{
    private readonly Meter _meter = new("AkkaSse");
    private readonly Histogram<double> _commit;
    private readonly Counter<long> _commands;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _failed;

    internal StorageMetrics(Func<long> sizeBytes)
    {
        _commit = _meter.CreateHistogram(
            "akkasse.storage.commit.duration", "s", "Time of a commit, its sync included.", advice: HubMetrics.Seconds);
        _commands = _meter.CreateCounter<long>("akkasse.storage.committed.calls", "{call}", "Calls that were made durable.");
        _bytes = _meter.CreateCounter<long>("akkasse.storage.committed.bytes", "By", "Bytes of events and records that were made durable.");
        _failed = _meter.CreateCounter<long>("akkasse.storage.commit.failures", "{commit}", "Commits that the disk did not take.");
        // A rate sees the first one only when there was a 0 before it.
        _failed.Add(0);
        _meter.CreateObservableGauge("akkasse.storage.size", sizeBytes, "By", "Bytes of the files of the store.");
    }

    /// <summary>How long the store took to open, and with how many streams.</summary>
    internal void Recovered(TimeSpan time, int streams)
    {
        _meter.CreateObservableGauge("akkasse.storage.recovery.duration", () => time.TotalSeconds, "s", "Time of the last recovery.");
        _meter.CreateObservableGauge("akkasse.storage.recovery.streams", () => streams, "{stream}",
            "Streams that the last recovery found.");
    }

    internal void Committed(TimeSpan time, int calls, int bytes)
    {
        _commit.Record(time.TotalSeconds);
        _commands.Add(calls);
        _bytes.Add(bytes);
    }

    internal void Failed() => _failed.Add(1);

    public void Dispose() => _meter.Dispose();
}
