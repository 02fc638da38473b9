using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace AkkaSse.Postgres.Streams;

/// <summary>
/// A stream that this node follows: its local log, and what is known of its row. Rows and events are applied one at a time, whoever brings
/// them.
/// </summary>
internal sealed class AttachedStream : IRemoteAttachment, IColdSource
{
    // A stream that was created a moment ago is followed from its base, so that what its waiting readers want is read once and at once.
    private const long FollowFromBase = 1_000;

    private readonly Follower _follower;
    private readonly IStreamSink _sink;
    private readonly Lock _gate = new();
    private readonly List<Waiter> _waiters = [];
    private bool _exists;
    private bool _removed;
    private bool _detached;
    private int _version;
    private long _id;
    private long _wanted;

    internal AttachedStream(Follower follower, string name, IStreamSink sink, StreamFeed feed)
    {
        _follower = follower;
        _sink = sink;
        Name = name;
        Hash = PgNames.HashOf(name);
        Feed = feed;
    }

    internal string Name { get; }

    internal long Hash { get; }

    internal StreamFeed Feed { get; private set; }

    /// <summary>The row's id; 0 while there is none.</summary>
    internal long Id => Volatile.Read(ref _id);

    public StreamLog Log => Feed.Log;

    public bool Exists => Volatile.Read(ref _exists);

    internal bool IsBehind
    {
        get
        {
            lock (_gate) return !_detached && !_removed && _id != 0 && _wanted > Log.Head.Offset;
        }
    }

    internal static AttachedStream Create(
        Follower follower, string name, IStreamSink sink, StreamOptions options, LogBudget budget, ColdCache cache, Action<Exception> fault)
    {
        var stream = new AttachedStream(follower, name, sink, null!);
        stream.Feed = new StreamFeed(options, budget, cache, stream, fault);
        return stream;
    }

    /// <summary>Applies the stream's row; null: there is none. Returns true when events are to be read.</summary>
    internal bool Apply(StreamRow? row, long nodeNow)
    {
        lock (_gate)
        {
            if (_detached || _removed) return Done(false);
            if (row is null)
            {
                // A removal leaves a row for a day. None at all was lost with a crash or a restore: its next epoch says so to the readers.
                Volatile.Write(ref _exists, false);
                return Done(false);
            }
            var head = Log.Head;
            var known = head.Epoch != StreamPosition.NoEpoch;
            // Read before something that is already here was appended.
            if (known && row.Epoch == head.Epoch && row.Version < _version) return Done(IsBehindLocked());
            _id = row.Id;
            var changed = false;
            if (row.Version != _version)
            {
                _version = row.Version;
                Feed.SetOptions(row.Options, nodeNow);
                changed = true;
            }
            if (!known || row.Epoch != head.Epoch)
            {
                // A new one: whoever waits wants it from the base. One that is there when its first reader comes: history is read on
                // demand.
                var following = (_exists || _attachedOnce) && row.Present && row.Head - row.Base <= FollowFromBase
                    && row.EffectiveFirst <= row.Base + 1;
                Feed.Begin(row.StartAt(following ? row.Base : row.Head));
                changed = true;
            }
            else
            {
                Feed.Retain(row.EffectiveFirst, row.EffectiveLost, row.Cleared);
            }
            if (!row.Present && _exists)
            {
                if (row.RemovedExplicitly)
                {
                    Remove();
                    return false;
                }
                // Idle removal ends nobody: it waits for the stream to be created again, and its epoch goes on.
                Volatile.Write(ref _exists, false);
                changed = true;
            }
            if (row.Present && !_exists)
            {
                Volatile.Write(ref _exists, true);
                changed = true;
            }
            _attachedOnce = true;
            _wanted = Math.Max(_wanted, row.Head);
            if (row.Epoch != head.Epoch) _wanted = row.Head;
            if (changed) _sink.OnChanged();
            return Done(IsBehindLocked());
        }
    }

    private bool _attachedOnce;

    /// <summary>The first look found no row: a later one is a creation.</summary>
    internal void AttachedWithoutRow() => _attachedOnce = true;

    /// <summary>Applies events of an epoch, which were read or were just committed here. True when all of them are in the log.</summary>
    internal bool Apply(long id, string epoch, ReadOnlySpan<StoredEvent> events)
    {
        lock (_gate)
        {
            if (_detached || _removed || _id != id || events.Length == 0) return false;
            _wanted = Log.Head.Epoch == epoch ? Math.Max(_wanted, events[^1].Offset) : _wanted;
            var before = Log.Head.Offset;
            var result = Feed.Append(epoch, events);
            if (Log.Head.Offset != before) _sink.OnChanged();
            Done(false);
            return result == FeedResult.Appended;
        }
    }

    /// <summary>
    /// What follows the log is gone from the engine: the log begins again after it, and readers find out what they have missed.
    /// </summary>
    internal void Skip(StreamRow row)
    {
        lock (_gate)
        {
            if (_detached || _removed || row.Epoch != Log.Head.Epoch || row.EffectiveFirst <= Log.Head.Offset + 1) return;
            Feed.Begin(row.StartAt(row.EffectiveFirst - 1));
            _sink.OnChanged();
        }
    }

    internal void ApplyTransient(SseEvent e, long nodeNow)
    {
        lock (_gate)
        {
            if (_detached || _removed) return;
            Feed.AppendTransient(e, nodeNow);
            _sink.OnChanged();
        }
    }

    /// <summary>Somebody says that the head is there. True when it is not yet here.</summary>
    internal bool Want(long head)
    {
        lock (_gate)
        {
            if (_id == 0) return false;
            _wanted = Math.Max(_wanted, head);
            return IsBehindLocked();
        }
    }

    /// <summary>Completes when the log has the head that the next row says.</summary>
    internal Task WaitAsync()
    {
        var waiter = new Waiter();
        lock (_gate)
        {
            if (_detached || _removed) return Task.CompletedTask;
            _waiters.Add(waiter);
        }
        return waiter.Done.Task;
    }

    /// <summary>The waiters that a look at the row which begins now will serve.</summary>
    internal void LookBegins()
    {
        lock (_gate)
        {
            foreach (var waiter in _waiters) waiter.Asked = true;
        }
    }

    /// <summary>The head that the look has seen: those who waited for it wait for that.</summary>
    internal void LookEnded(StreamRow? row)
    {
        lock (_gate)
        {
            foreach (var waiter in _waiters)
            {
                if (waiter.Asked && waiter.Head < 0) waiter.Head = row is { Present: true } ? row.Head : 0;
            }
            Done(false);
        }
    }

    /// <summary>The look failed: the next one serves them.</summary>
    internal void LookFailed()
    {
        lock (_gate)
        {
            foreach (var waiter in _waiters) waiter.Asked = false;
        }
    }

    public async ValueTask SyncAsync(CancellationToken cancellation)
    {
        var synced = WaitAsync();
        _follower.Look(this);
        await synced.WaitAsync(cancellation).ConfigureAwait(false);
    }

    public ValueTask<long> FirstAtAsync(DateTimeOffset at, CancellationToken cancellation) =>
        _follower.History.FirstAtAsync(this, at, cancellation);

    public ValueTask<StreamPosition?> FindIdAsync(string id, CancellationToken cancellation) =>
        _follower.History.FindIdAsync(this, id, cancellation);

    public ValueTask<IReadOnlyList<StoredEvent>?> ReadAsync(string epoch, long from, long to, CancellationToken cancellation) =>
        _follower.History.PageAsync(this, epoch, from, to, cancellation);

    internal bool IsDetached => Volatile.Read(ref _detached);

    public ValueTask DisposeAsync()
    {
        _follower.Detach(this);
        lock (_gate)
        {
            Volatile.Write(ref _detached, true);
            Feed.End();
            foreach (var waiter in _waiters) waiter.Done.TrySetResult();
            _waiters.Clear();
        }
        return ValueTask.CompletedTask;
    }

    // Under the gate.
    private void Remove()
    {
        Volatile.Write(ref _exists, false);
        _removed = true;
        _sink.OnRemoved();
        foreach (var waiter in _waiters) waiter.Done.TrySetResult();
        _waiters.Clear();
    }

    private bool IsBehindLocked() => !_detached && !_removed && _id != 0 && _wanted > Log.Head.Offset;

    private bool Done(bool result)
    {
        var head = Log.Head.Offset;
        for (var i = _waiters.Count - 1; i >= 0; i--)
        {
            if (_waiters[i].Head < 0 || (_waiters[i].Head > head && _id != 0)) continue;
            _waiters[i].Done.TrySetResult();
            _waiters.RemoveAt(i);
        }
        return result;
    }

    private sealed class Waiter
    {
        internal TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal bool Asked { get; set; }

        internal long Head { get; set; } = -1;
    }
}
