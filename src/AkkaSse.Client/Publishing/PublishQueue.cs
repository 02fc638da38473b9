namespace AkkaSse.Client;

/// <summary>
/// Events waiting for their requests: one queue per lane under one bound. What does not fit waits in line before it, in the order of the
/// calls, so that the order within a stream is that of the calls whatever the load. Thread-safe.
/// </summary>
internal sealed class PublishQueue
{
    private readonly Lock _lock = new();
    private readonly Queue<PendingPublish>[] _lanes;
    private readonly TaskCompletionSource?[] _sleepers;
    private readonly Queue<PendingPublish> _line = new();
    private readonly int _maxEvents;
    private readonly long _maxBytes;
    private int _events;
    private long _bytes;
    private bool _closed;

    public PublishQueue(int lanes, int maxEvents, long maxBytes)
    {
        _lanes = new Queue<PendingPublish>[lanes];
        _sleepers = new TaskCompletionSource?[lanes];
        _maxEvents = maxEvents;
        _maxBytes = maxBytes;
        for (var i = 0; i < lanes; i++)
        {
            _lanes[i] = new Queue<PendingPublish>();
        }
    }

    /// <summary>
    /// Puts an event in. It is the caller's to wait for <paramref name="space"/>, when that is not null, before it makes more.
    /// </summary>
    /// <returns>False when the queue is closed.</returns>
    public bool TryAdd(PendingPublish pending, out Task? space)
    {
        space = null;
        TaskCompletionSource? sleeper = null;
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }

            if (_line.Count == 0 && HasSpaceFor(pending))
            {
                sleeper = Admit(pending);
            }
            else
            {
                space = pending.Wait();
                _line.Enqueue(pending);
            }
        }

        sleeper?.TrySetResult();
        return true;
    }

    /// <summary>Moves events of a lane into a batch, at most so many and so large, but at least one.</summary>
    public void Take(int lane, List<PendingPublish> batch, int maxEvents, int maxBytes)
    {
        lock (_lock)
        {
            var queue = _lanes[lane];
            var bytes = batch.Sum(p => p.Cost);
            while (batch.Count < maxEvents && queue.TryPeek(out var next) && (batch.Count == 0 || bytes + next.Cost <= maxBytes))
            {
                bytes += next.Cost;
                batch.Add(queue.Dequeue());
            }
        }
    }

    /// <summary>Completes when the lane has something; false when it never will again.</summary>
    public ValueTask<bool> WaitAsync(int lane)
    {
        lock (_lock)
        {
            if (_lanes[lane].Count > 0)
            {
                return new ValueTask<bool>(true);
            }

            // What still stands in line will come into some lane; until then a closed queue is not at its end.
            if (_closed && _line.Count == 0)
            {
                return new ValueTask<bool>(false);
            }

            var sleeper = _sleepers[lane] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return SleepAsync(sleeper.Task, lane);
        }
    }

    /// <summary>Answered events make space for those in line.</summary>
    public void Release(int events, long bytes)
    {
        List<TaskCompletionSource>? sleepers = null;
        lock (_lock)
        {
            _events -= events;
            _bytes -= bytes;
            while (_line.TryPeek(out var next) && HasSpaceFor(next))
            {
                _line.Dequeue();
                if (Admit(next) is { } sleeper)
                {
                    (sleepers ??= []).Add(sleeper);
                }

                next.Admitted();
            }

            if (_closed && _line.Count == 0)
            {
                WakeAll(ref sleepers);
            }
        }

        sleepers?.ForEach(s => s.TrySetResult());
    }

    /// <summary>Takes nothing more; what is in goes out.</summary>
    public void Close()
    {
        List<TaskCompletionSource>? sleepers = null;
        lock (_lock)
        {
            _closed = true;
            WakeAll(ref sleepers);
        }

        sleepers?.ForEach(s => s.TrySetResult());
    }

    private async ValueTask<bool> SleepAsync(Task sleeper, int lane)
    {
        await sleeper.ConfigureAwait(false);
        return await WaitAsync(lane).ConfigureAwait(false);
    }

    // One event larger than the whole bound must pass, too, when it is alone.
    private bool HasSpaceFor(PendingPublish pending) =>
        pending.IsMarker || (_events < _maxEvents && (_bytes + pending.Cost <= _maxBytes || _events == 0));

    private TaskCompletionSource? Admit(PendingPublish pending)
    {
        if (!pending.IsMarker)
        {
            _events++;
            _bytes += pending.Cost;
        }

        _lanes[pending.Lane].Enqueue(pending);
        return Wake(pending.Lane);
    }

    private TaskCompletionSource? Wake(int lane)
    {
        var sleeper = _sleepers[lane];
        _sleepers[lane] = null;
        return sleeper;
    }

    private void WakeAll(ref List<TaskCompletionSource>? sleepers)
    {
        for (var lane = 0; lane < _lanes.Length; lane++)
        {
            if (Wake(lane) is { } sleeper)
            {
                (sleepers ??= []).Add(sleeper);
            }
        }
    }
}
