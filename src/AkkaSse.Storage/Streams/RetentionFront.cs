using AkkaSse.Hub;
using AkkaSse.Hub.Streams;
using AkkaSse.Storage.Store;

namespace AkkaSse.Storage.Streams;

/// <summary>
/// The oldest runs of a stream, from which retention takes: some hundred headers in memory, further ones are read when these are used up,
/// so that ten million runs cost no more than ten. Used by the writer's thread.
/// </summary>
/// <remarks>Bounds of count hold to the event; those of bytes and age in runs, which are what was committed together.</remarks>
internal sealed class RetentionFront(DurableStream stream)
{
    private const int Most = 256;

    private readonly Queue<RunHeader> _runs = new();
    // The newest header that was ever in the queue; what is behind it is read from the store.
    private long _known;
    private bool _isComplete = true;
    private long _totalBefore;

    /// <summary>Bytes of all events before the oldest retained run.</summary>
    internal long TotalBefore => Volatile.Read(ref _totalBefore);

    /// <summary>Runs that ended and are still in the store.</summary>
    internal bool HasGarbage { get; set; }

    /// <summary>Begins with what the store has.</summary>
    internal void Begin(RunHeader? oldest, long totalBefore)
    {
        _runs.Clear();
        _known = 0;
        _isComplete = oldest is null;
        _totalBefore = totalBefore;
        if (oldest is not { } run) return;
        _totalBefore = run.Total - run.Bytes;
        _runs.Enqueue(run);
        _known = run.Last;
    }

    /// <summary>A run was appended.</summary>
    internal void Add(in RunHeader run)
    {
        if (!_isComplete || _runs.Count >= Most)
        {
            _isComplete = false;
            return;
        }
        _runs.Enqueue(run);
        _known = run.Last;
    }

    /// <summary>Lets go of everything up to an offset: the stream was cleared.</summary>
    internal void Clear(long totalBytes)
    {
        _runs.Clear();
        _known = stream.Log.Head.Offset;
        _isComplete = true;
        _totalBefore = totalBytes;
        HasGarbage = true;
    }

    /// <summary>Applies the stream's bounds. True when retention has moved.</summary>
    internal bool Trim(ILogStore store, long now)
    {
        var o = stream.Log.Options;
        var head = stream.Log.Head.Offset;
        var (first, lost) = (stream.First, stream.LostThrough);
        if (o.Replay && head - o.MaxEvents + 1 > first)
        {
            first = head - o.MaxEvents + 1;
            lost = first - 1;
        }
        while (first <= head && Oldest(store, head) is { } run)
        {
            var isOver = run.Last < first;
            if (!isOver)
            {
                var isExpired = IsExpired(run, o, now);
                if (!isExpired && !IsBeyond(run, o, head, now)) break;
                if (!isExpired) lost = run.Last;
                first = run.Last + 1;
            }
            _runs.Dequeue();
            _totalBefore = run.Total;
            HasGarbage = true;
        }
        if (first == stream.First) return false;
        stream.LostThrough = Math.Max(stream.LostThrough, lost);
        stream.First = first;
        return true;
    }

    private RunHeader? Oldest(ILogStore store, long head)
    {
        if (_runs.Count == 0 && !_isComplete)
        {
            var read = store.Headers(stream.Number, Math.Max(_known + 1, stream.First), Most);
            foreach (var run in read)
            {
                // What is committed and not yet in the log comes by and by.
                if (run.Last > head) break;
                if (_runs.Count == 0) Volatile.Write(ref _totalBefore, run.Total - run.Bytes);
                _runs.Enqueue(run);
                _known = run.Last;
            }
            _isComplete = _runs.Count == 0 || _known == head;
        }
        return _runs.TryPeek(out var oldest) ? oldest : null;
    }

    private bool IsBeyond(in RunHeader run, StreamOptions o, long head, long now)
    {
        var bytes = stream.TotalBytes - _totalBefore;
        if (!o.Replay) return head - run.Last >= StreamLog.LiveOnlyEvents && bytes - run.Bytes >= StreamLog.LiveOnlyBytes;
        return (bytes > o.MaxBytes && run.Last < head) || run.At < now - (long)o.MaxAge.TotalMilliseconds;
    }

    private static bool IsExpired(in RunHeader run, StreamOptions o, long now)
    {
        var expiry = run.Expiry > 0 ? run.Expiry
            : o.Ttl is { } ttl ? Math.Max(-run.Expiry, run.At + (long)ttl.TotalMilliseconds)
            : 0;
        return expiry != 0 && expiry <= now;
    }
}
