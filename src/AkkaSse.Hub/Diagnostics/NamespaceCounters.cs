namespace AkkaSse.Hub.Diagnostics;

/// <summary>
/// What is counted for one namespace. The actor of a stream holds the object of its namespace, so that a delivery looks nothing up.
/// Thread-safe.
/// </summary>
internal sealed class NamespaceCounters(int index, string prefix)
{
    private const int PublishedAt = 16;
    private const int DeliveredAt = 17;

    // 16 longs before and behind the two are 128 bytes each: processors fetch cache lines in pairs, and namespaces must not share one.
    private readonly long[] _counts = new long[34];

    /// <summary>The namespace's place among those of the hub.</summary>
    internal int Index => index;

    /// <summary>The label.</summary>
    internal KeyValuePair<string, object?> Tag { get; } = new("namespace", prefix);

    internal long Published => Volatile.Read(ref _counts[PublishedAt]);

    internal long Delivered => Volatile.Read(ref _counts[DeliveredAt]);

    internal void CountPublished(int events) => Interlocked.Add(ref _counts[PublishedAt], events);

    internal void CountDelivered(int events) => Interlocked.Add(ref _counts[DeliveredAt], events);
}
