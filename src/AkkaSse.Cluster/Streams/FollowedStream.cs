using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Cluster.Streams;

/// <summary>
/// A stream that this node has readers of: its local log, and what its owner has said. What the owner sends is applied one at a time; it
/// survives owners and ActorSystems.
/// </summary>
internal sealed class FollowedStream : IRemoteAttachment, IColdSource
{
    // A stream that was created a moment ago is followed from its base, so that what its waiting readers want comes at once.
    private const long FollowFromBase = 1_000;

    private readonly NodeStream _stream;
    private readonly IStreamSink _sink;
    private readonly Lock _gate = new();
    private readonly List<Waiter> _waiters = [];
    private bool _exists;
    private bool _removed;
    private bool _detached;
    private bool _seen;
    private long _wanted;

    internal FollowedStream(
        NodeStream stream, IStreamSink sink, StreamOptions options, LogBudget budget, ColdCache cache, Action<Exception> fault)
    {
        _stream = stream;
        _sink = sink;
        Feed = new StreamFeed(options, budget, cache, this, fault);
    }

    internal StreamFeed Feed { get; }

    public StreamLog Log => Feed.Log;

    public bool Exists => Volatile.Read(ref _exists);

    internal bool IsOver => Volatile.Read(ref _detached) || Volatile.Read(ref _removed);

    /// <summary>The events that are missing, or null.</summary>
    internal (string Epoch, long From, long To)? Missing
    {
        get
        {
            lock (_gate)
            {
                var head = Log.Head;
                return IsOver || head.Epoch == StreamPosition.NoEpoch || _wanted <= head.Offset
                    ? null
                    : (head.Epoch, head.Offset + 1, _wanted);
            }
        }
    }

    /// <summary>Where the stream stands, from its owner.</summary>
    /// <param name="header">It.</param>
    /// <param name="removed">Whether it was removed meanwhile, also when it exists again.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    internal void Apply(StreamHeader header, bool removed, long now)
    {
        lock (_gate)
        {
            if (IsOver) return;
            if (removed && _exists)
            {
                Remove();
                return;
            }
            var changed = false;
            if (header.HasEpoch)
            {
                Feed.SetOptions(header.Options, now);
                var head = Log.Head;
                if (header.Epoch != head.Epoch)
                {
                    // One that is there when its first reader comes: its history is read on demand.
                    var fromBase = _seen && header.Present && header.Head - header.Base <= FollowFromBase && header.First <= header.Base
                        + 1;
                    Feed.Begin(header.StartAt(fromBase ? header.Base : header.Head));
                    _wanted = header.Head;
                }
                else
                {
                    Feed.Retain(header.First, header.LostThrough, header.ClearedThrough);
                    _wanted = Math.Max(_wanted, header.Head);
                }
                changed = true;
            }
            if (!header.Present && _exists)
            {
                if (header is { HasEpoch: true, RemovedExplicitly: true })
                {
                    Remove();
                    return;
                }
                // Nobody is ended by idle removal, or by the loss of a log: they wait for the stream to be created again.
                Volatile.Write(ref _exists, false);
                changed = true;
            }
            if (header.Present && !_exists)
            {
                Volatile.Write(ref _exists, true);
                changed = true;
            }
            _seen = true;
            if (changed) _sink.OnChanged();
            Settle();
        }
    }

    /// <summary>Committed events, and what came with them.</summary>
    internal void Apply(Delivery delivery, ReadOnlySpan<ReadRun> runs, long now)
    {
        lock (_gate)
        {
            if (IsOver) return;
            if (delivery.Header is { } first && first.Epoch != Log.Head.Epoch) Apply(first, delivery.WasRemoved, now);
            if (IsOver) return;
            foreach (ref readonly var run in runs) Append(delivery.Epoch, run);
            if (delivery.Header is { } header) Apply(header, delivery.WasRemoved, now);
            else if (delivery.Epoch == Log.Head.Epoch) Feed.Retain(delivery.First, delivery.LostThrough, 0);
            if (delivery.Epoch == Log.Head.Epoch) _wanted = Math.Max(_wanted, delivery.Head);
            Settle();
        }
    }

    /// <summary>
    /// Events that were missing. Where the owner does not have them any more the log begins again after the hole, and readers find out what
    /// they have missed.
    /// </summary>
    internal void Apply(StreamHeader header, ReadOnlySpan<ReadRun> runs, long now)
    {
        lock (_gate)
        {
            if (IsOver) return;
            if (header.Epoch == Log.Head.Epoch && header.HasEpoch)
            {
                var next = Log.Head.Offset + 1;
                var first = runs.Length > 0 ? runs[0].Events[0].Offset : header.Head + 1;
                if (first > next && header.First > next)
                {
                    Feed.Begin(header.StartAt(Math.Max(first, header.First) - 1));
                    _sink.OnChanged();
                }
                foreach (ref readonly var run in runs) Append(header.Epoch, run);
            }
            Apply(header, removed: false, now);
        }
    }

    /// <summary>The owner says how far it is.</summary>
    internal void Want(long head)
    {
        lock (_gate) _wanted = Math.Max(_wanted, head);
    }

    public async ValueTask SyncAsync(CancellationToken cancellation)
    {
        var waiter = new Waiter();
        lock (_gate)
        {
            if (IsOver) return;
            _waiters.Add(waiter);
        }
        _stream.Sync(this, waiter);
        await waiter.Done.Task.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>The owner's answer to somebody's <see cref="SyncAsync"/>: it waits until the log has what the answer says.</summary>
    internal void Synced(Waiter waiter, StreamHeader header, long now)
    {
        lock (_gate)
        {
            waiter.Head = header.HasEpoch ? header.Head : 0;
            waiter.Epoch = header.Epoch;
            Apply(header, removed: false, now);
        }
    }

    public ValueTask<long> FirstAtAsync(DateTimeOffset at, CancellationToken cancellation) =>
        _stream.FirstAtAsync(at.ToUnixTimeMilliseconds(), cancellation);

    public ValueTask<StreamPosition?> FindIdAsync(string id, CancellationToken cancellation) => _stream.FindIdAsync(id, cancellation);

    public ValueTask<IReadOnlyList<StoredEvent>?> ReadAsync(string epoch, long from, long to, CancellationToken cancellation) =>
        _stream.PageAsync(this, epoch, from, to, cancellation);

    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_detached) return ValueTask.CompletedTask;
            Volatile.Write(ref _detached, true);
            Feed.End();
            End();
        }
        _stream.Detach(this);
        return ValueTask.CompletedTask;
    }

    // Under the gate.
    private void Append(string epoch, in ReadRun run)
    {
        if (epoch != Log.Head.Epoch) return;
        if (run.IsTransient)
        {
            Feed.AppendTransient(run.Events[0].Event, run.Events[0].At);
            _sink.OnChanged();
            return;
        }
        var before = Log.Head.Offset;
        _wanted = Math.Max(_wanted, run.Events[^1].Offset);
        Feed.Append(epoch, run.Events);
        if (Log.Head.Offset != before) _sink.OnChanged();
    }

    private void Remove()
    {
        Volatile.Write(ref _exists, false);
        Volatile.Write(ref _removed, true);
        _sink.OnRemoved();
        End();
    }

    private void End()
    {
        foreach (var waiter in _waiters) waiter.Done.TrySetResult();
        _waiters.Clear();
    }

    private void Settle()
    {
        var head = Log.Head;
        for (var i = _waiters.Count - 1; i >= 0; i--)
        {
            var waiter = _waiters[i];
            // A head of an epoch that is over is never reached, and need not be.
            if (waiter.Head < 0 || (waiter.Epoch == head.Epoch && waiter.Head > head.Offset)) continue;
            waiter.Done.TrySetResult();
            _waiters.RemoveAt(i);
        }
    }

    /// <summary>Somebody who waits until the log here has what was appended before.</summary>
    internal sealed class Waiter
    {
        internal TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>What the log must have; -1 until the owner has answered.</summary>
        internal long Head { get; set; } = -1;

        internal string Epoch { get; set; } = StreamPosition.NoEpoch;
    }
}
