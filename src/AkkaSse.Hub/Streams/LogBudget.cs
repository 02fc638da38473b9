namespace AkkaSse.Hub.Streams;

/// <summary>Bytes that the chunks of all logs of a node hold, against their common bound. Thread-safe.</summary>
/// <param name="max">The bound in bytes.</param>
public sealed class LogBudget(long max)
{
    private long _used;

    /// <summary>The bound.</summary>
    public long Max { get; } = max;

    /// <summary>Bytes held now.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>True when logs must shrink.</summary>
    public bool IsExceeded => Used > Max;

    internal void Add(long bytes) => Interlocked.Add(ref _used, bytes);
}
