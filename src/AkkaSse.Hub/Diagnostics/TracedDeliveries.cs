namespace AkkaSse.Hub.Diagnostics;

/// <summary>
/// The events of one log here that carry a trace and that no reader was written yet. Made for the first such event while somebody listens;
/// a log without one has none. Thread-safe.
/// </summary>
internal sealed class TracedDeliveries
{
    /// <summary>So many wait. One more, and the oldest gets no span: nobody may ever read the stream.</summary>
    internal const int Most = 64;

    // Who comes later reads history, which is no delivery of the publish.
    private static readonly TimeSpan MostAge = TimeSpan.FromMinutes(1);

    // The clock of all spans, whatever the hub's is.
    private static readonly TimeProvider s_time = TimeProvider.System;

    private readonly Lock _gate = new();
    private readonly Queue<Traced> _waiting = new();
    private int _count;

    /// <summary>What a delivery looks at before it asks anything.</summary>
    internal bool IsEmpty => Volatile.Read(ref _count) == 0;

    /// <summary>An event is about to be appended.</summary>
    internal void Add(long offset, in TraceParent parent)
    {
        lock (_gate)
        {
            if (_waiting.Count == Most) _waiting.Dequeue();
            _waiting.Enqueue(new Traced(offset, parent, s_time.GetUtcNow()));
            Volatile.Write(ref _count, _waiting.Count);
        }
    }

    /// <summary>The log begins anew: offsets may come again.</summary>
    internal void Clear()
    {
        lock (_gate)
        {
            _waiting.Clear();
            Volatile.Write(ref _count, 0);
        }
    }

    /// <summary>A reader was written these offsets, inclusive: those that are its first readers' make their spans.</summary>
    internal void Written(string stream, string epoch, long from, long to)
    {
        List<Traced>? first = null;
        var oldest = s_time.GetUtcNow() - MostAge;
        lock (_gate)
        {
            for (var left = _waiting.Count; left > 0; left--)
            {
                var next = _waiting.Dequeue();
                if (next.Offset >= from && next.Offset <= to) (first ??= []).Add(next);
                else if (next.At >= oldest) _waiting.Enqueue(next);
            }
            Volatile.Write(ref _count, _waiting.Count);
        }
        if (first is null) return;
        foreach (var e in first) HubTracing.Delivered(stream, new StreamPosition(epoch, e.Offset).ToString(), e.Parent, e.At);
    }

    private readonly record struct Traced(long Offset, TraceParent Parent, DateTimeOffset At);
}
