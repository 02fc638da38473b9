using System.Diagnostics.Metrics;

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
        _commit = _meter.CreateHistogram<double>("akkasse.storage.commit.duration", "s", "Time of a commit, its sync included.");
        _commands = _meter.CreateCounter<long>("akkasse.storage.committed.calls", "{call}", "Calls that were made durable.");
        _bytes = _meter.CreateCounter<long>("akkasse.storage.committed.bytes", "By", "Bytes of events and records that were made durable.");
        _failed = _meter.CreateCounter<long>("akkasse.storage.commit.failures", "{commit}", "Commits that the disk did not take.");
        _meter.CreateObservableGauge("akkasse.storage.size", sizeBytes, "By", "Bytes of the files of the store.");
    }

    /// <summary>How long the store took to open, in seconds.</summary>
    internal void Recovered(TimeSpan time, int streams) =>
        _meter.CreateObservableGauge("akkasse.storage.recovery.duration",
            () => new Measurement<double>(time.TotalSeconds, new KeyValuePair<string, object?>("streams", streams)), "s",
            "Time of the last recovery.");

    internal void Committed(TimeSpan time, int calls, int bytes)
    {
        _commit.Record(time.TotalSeconds);
        _commands.Add(calls);
        _bytes.Add(bytes);
    }

    internal void Failed() => _failed.Add(1);

    public void Dispose() => _meter.Dispose();
}
