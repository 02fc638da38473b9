using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// A flush that waits for the peer, used again for the next one: says when it is done, and asks the connection for a turn then; given the
/// connection. Made for the first: most connections never need it.
/// </summary>
internal sealed class PendingFlush
{
    private readonly ClientActor _client;
    private readonly Action _done;
    private ValueTaskAwaiter<FlushResult> _awaiter;
    private int _isDone;
    private long _start;
    private int _failures;

    internal PendingFlush(ClientActor client)
    {
        _client = client;
        _done = OnDone;
    }

    /// <summary>When it began, by the coarse clock; 0 while none is in flight.</summary>
    internal long Start => Volatile.Read(ref _start);

    internal bool InFlight { get; private set; }

    internal bool IsDone => Volatile.Read(ref _isDone) != 0;

    internal void Begin(ValueTaskAwaiter<FlushResult> awaiter, long now)
    {
        InFlight = true;
        _failures = 0;
        Volatile.Write(ref _start, now);
        _awaiter = awaiter;
        awaiter.UnsafeOnCompleted(_done);
    }

    /// <summary>Counts the write timeouts that have passed since it began at <paramref name="start"/>. From the sweeper.</summary>
    /// <param name="start">When it began.</param>
    /// <param name="now">The coarse clock.</param>
    /// <param name="timeout">The write timeout.</param>
    /// <param name="failures">The timeouts until now.</param>
    /// <returns>How many of them are new.</returns>
    internal int CountFailures(long start, long now, TimeSpan timeout, out int failures)
    {
        failures = (int)((now - start) / Math.Max(1, (long)timeout.TotalMilliseconds));
        var before = _failures;
        if (failures <= before) return 0;
        _failures = failures;
        return failures - before;
    }

    internal FlushResult End()
    {
        InFlight = false;
        Volatile.Write(ref _isDone, 0);
        Volatile.Write(ref _start, 0);
        var awaiter = _awaiter;
        _awaiter = default;
        return awaiter.GetResult();
    }

    private void OnDone()
    {
        Volatile.Write(ref _isDone, 1);
        _client.SignalInline();
    }
}
