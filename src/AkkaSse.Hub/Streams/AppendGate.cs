namespace AkkaSse.Hub.Streams;

/// <summary>
/// The policy wait: whether this node's readers are close enough to the head for another event, and who waits for that.
/// </summary>
/// <remarks>
/// The slowest cursor is remembered and looked up again only when it seems to be in the way, so a stream whose readers keep up pays one
/// comparison.
/// </remarks>
internal sealed class AppendGate
{
    // How long a reader that is being ended may take to leave before it is looked for again.
    private static readonly TimeSpan LaggardLeaves = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly HashSet<Cursor> _readers = [];
    private readonly Queue<TaskCompletionSource> _waiters = new();
    private long _slowest = long.MaxValue;
    private int _waiting;

    internal int Bound { get; set; } = 1;

    /// <summary>True while somebody waits: readers then tell of their progress.</summary>
    internal bool HasWaiters => Volatile.Read(ref _waiting) != 0;

    internal void Add(Cursor reader)
    {
        lock (_lock)
        {
            _readers.Add(reader);
            _slowest = Math.Min(_slowest, reader.SeenOffset);
        }
    }

    internal void Remove(Cursor reader)
    {
        lock (_lock)
        {
            _readers.Remove(reader);
            _slowest = 0;
        }
        Progressed();
    }

    /// <summary>Whether one event may be appended after <paramref name="head"/>.</summary>
    internal bool HasSpace(long head)
    {
        if (head - Volatile.Read(ref _slowest) < Bound) return true;
        lock (_lock)
        {
            var slowest = long.MaxValue;
            foreach (var reader in _readers) slowest = Math.Min(slowest, reader.SeenOffset);
            Volatile.Write(ref _slowest, slowest);
            return slowest == long.MaxValue || head - slowest < Bound;
        }
    }

    /// <summary>
    /// A reader has moved or left, or somebody has appended: all who wait look again. One alone might be one who no longer waits.
    /// </summary>
    internal void Progressed()
    {
        if (!HasWaiters) return;
        TaskCompletionSource[] all;
        lock (_lock)
        {
            all = [.. _waiters];
            _waiters.Clear();
            Volatile.Write(ref _waiting, 0);
        }
        foreach (var waiter in all) waiter.TrySetResult();
    }

    /// <summary>Waits for a progress; asked for before the caller looks, so that none is missed.</summary>
    internal Task WaitAsync()
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiters.Enqueue(waiter);
            Volatile.Write(ref _waiting, _waiters.Count);
        }
        return waiter.Task;
    }

    /// <summary>
    /// Waits until the readers are close enough to the head of a log, at most so long; then those that are in the way are ended. The caller
    /// looks again in any case.
    /// </summary>
    internal async ValueTask MakeSpaceAsync(StreamLog log, TimeSpan left, TimeProvider time)
    {
        var space = WaitAsync();
        if (HasSpace(log.Head.Offset) || (left > TimeSpan.Zero && await EndsAsync(space, left, time).ConfigureAwait(false))) return;
        // The readers that are in the way had their time; they are ended, and the event goes on when they have left.
        foreach (var laggard in Laggards(log.Head.Offset)) ((ILaggard)laggard.Owner).EndAsLaggard(laggard);
        await EndsAsync(space, LaggardLeaves, time).ConfigureAwait(false);
    }

    private static async Task<bool> EndsAsync(Task space, TimeSpan limit, TimeProvider time)
    {
        try
        {
            await space.WaitAsync(limit, time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>The readers that are in the way of an append after <paramref name="head"/>.</summary>
    internal Cursor[] Laggards(long head)
    {
        lock (_lock) return [.. _readers.Where(r => head - r.SeenOffset >= Bound)];
    }
}
