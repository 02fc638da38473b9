using AkkaSse.Storage.Store;

namespace AkkaSse.Storage.Tests.Support;

/// <summary>A store whose disk a test holds: commits wait, or fail.</summary>
internal sealed class HeldStore(ILogStore inner) : ILogStore
{
    private readonly ManualResetEventSlim _open = new(true);
    private int _holding;

    /// <summary>What every commit throws; null for none.</summary>
    internal StoreException? Fault { get; set; }

    /// <summary>Commits that wait.</summary>
    internal int Holding => Volatile.Read(ref _holding);

    /// <summary>Commits that are done.</summary>
    internal int Commits { get; private set; }

    public string? Doubt => inner.Doubt;

    public int Damaged => inner.Damaged;

    public long LastLog => inner.LastLog;

    public long SizeBytes => inner.SizeBytes;

    internal void Hold() => _open.Reset();

    internal void Release() => _open.Set();

    public void Accept() => inner.Accept();

    public IEnumerable<StoredLog> Logs() => inner.Logs();

    public IEnumerable<StoredRecord> Records() => inner.Records();

    public void Commit(StoreBatch batch)
    {
        Interlocked.Increment(ref _holding);
        _open.Wait();
        Interlocked.Decrement(ref _holding);
        if (Fault is { } fault) throw fault;
        inner.Commit(batch);
        Commits++;
    }

    public List<StoredRun> Read(long log, long from, long to, int maxBytes) => inner.Read(log, from, to, maxBytes);

    public List<RunHeader> Headers(long log, long from, int most) => inner.Headers(log, from, most);

    public long? FindId(long log, string id) => inner.FindId(log, id);

    public void Dispose()
    {
        inner.Dispose();
        _open.Dispose();
    }
}
