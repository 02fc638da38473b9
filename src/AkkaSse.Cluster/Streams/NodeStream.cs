using Akka.Actor;
using AkkaSse.Cluster.Replication;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Cluster.Streams;

/// <summary>
/// One stream as this node uses it: what waits to be sent to its owner, and the readers' logs. Lives as long as it is used, over owners and
/// ActorSystems; the actor that talks with the owner belongs to one ActorSystem. Thread-safe.
/// </summary>
internal sealed class NodeStream(string name, AkkaStreams streams)
{
    // Several publishes wait for one answer; more than this and the publisher is told that the node is not serving.
    private const int MostWaiting = 10_000;

    private readonly Lock _gate = new();
    private readonly LinkedList<StreamWork> _waiting = new();
    private readonly List<FollowedStream> _followed = [];
    private AskWork? _sync;
    private IActorRef? _actor;
    private bool _told;
    private bool _closed;

    internal string Name => name;

    internal AkkaStreams Streams => streams;

    internal bool Follows
    {
        get
        {
            lock (_gate) return _followed.Count > 0;
        }
    }

    internal FollowedStream[] Followed
    {
        get
        {
            lock (_gate) return [.. _followed];
        }
    }

    internal bool IsClosed
    {
        get
        {
            lock (_gate) return _closed;
        }
    }

    /// <summary>True, without asking anybody, when a reader's log here says that the stream exists.</summary>
    internal bool IsKnownToExist
    {
        get
        {
            lock (_gate)
            {
                foreach (var followed in _followed)
                {
                    if (followed.Exists) return true;
                }
                return false;
            }
        }
    }

    /// <summary>Null when this object was given up: the caller takes another.</summary>
    internal Task? TryAppend(ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results)
    {
        Task? first = null;
        List<Task>? more = null;
        var all = EventCodec.SizeOf(items.Span);
        lock (_gate)
        {
            if (_closed) return null;
            var at = 0;
            while (at < items.Length)
            {
                // Before a work is taken: one that gets nothing would be sent empty.
                var unit = UnitEnd(items.Span, at, out var atMost);
                if (atMost > streams.MostBytes && EventBlob.BytesOf(items.Span[at..unit]) is var real && real > streams.MostBytes)
                {
                    results.Span[at..unit].Fill(new AppendResult(PublishStatus.TooLarge, StreamPosition.BeforeFirst)
                    {
                        Error = $"The events have {real} bytes as one unit; at most {streams.MostBytes} fit into a message between nodes.",
                    });
                    at = unit;
                    continue;
                }
                var work = WorkFor(at == 0 ? all : 0, out var isNew);
                if (isNew && _waiting.Count > MostWaiting)
                {
                    _waiting.RemoveLast();
                    results.Span[at..items.Length].Fill(new AppendResult(PublishStatus.Unavailable, StreamPosition.BeforeFirst)
                    {
                        Error = $"{MostWaiting} publishes wait for the stream's owner; nothing was appended.",
                    });
                    break;
                }
                var end = at;
                var bytes = (long)work.Bytes;
                while (end < items.Length)
                {
                    var next = UnitEnd(items.Span, end, out var size);
                    if (end > at && bytes + size > StreamContext.MessageBytes) break;
                    end = next;
                    bytes += size;
                    if (bytes > StreamContext.MessageBytes) break;
                }
                work.Add(items.Span[at..end], streams.AutoCreate);
                var done = work.Wait(items[at..end], results[at..end]);
                if (first is null) first = done;
                else (more ??= []).Add(done);
                at = end;
            }
        }
        Tell();
        if (first is null) return Task.CompletedTask;
        if (more is null) return first;
        more.Add(first);
        return Task.WhenAll(more);
    }

    /// <summary>False when this object was given up.</summary>
    internal bool TryAsk(AskWork work)
    {
        lock (_gate)
        {
            if (_closed) return false;
            _waiting.AddLast(work);
        }
        Tell();
        return true;
    }

    /// <summary>Begins to follow; false when this object was given up.</summary>
    internal bool TryFollow(FollowedStream followed)
    {
        lock (_gate)
        {
            if (_closed) return false;
            _followed.Add(followed);
        }
        return true;
    }

    internal void Detach(FollowedStream followed)
    {
        lock (_gate) _followed.Remove(followed);
        Tell();
    }

    /// <summary>All who ask before the question is sent share it.</summary>
    internal void Sync(FollowedStream followed, FollowedStream.Waiter waiter)
    {
        lock (_gate)
        {
            if (_sync is { WasSent: false } sync)
            {
                sync.Waiters!.Add((followed, waiter));
                return;
            }
            _sync = new AskWork(new StreamQuestion(streams.NextId(), StreamAsk.Header), long.MaxValue) { Waiters = [(followed, waiter)] };
            _waiting.AddLast(_sync);
        }
        Tell();
    }

    internal async ValueTask<long> FirstAtAsync(long at, CancellationToken cancellation) =>
        (await UntilAnsweredAsync(
            new StreamQuestion(streams.NextId(), StreamAsk.FirstAt) { From = at }, cancellation).ConfigureAwait(false)).Number;

    internal async ValueTask<StreamPosition?> FindIdAsync(string id, CancellationToken cancellation)
    {
        var answer = await UntilAnsweredAsync(
            new StreamQuestion(streams.NextId(), StreamAsk.FindId) { Text = id }, cancellation).ConfigureAwait(false);
        return answer.Number > 0 ? new StreamPosition(answer.Header!.Epoch, answer.Number) : null;
    }

    internal async ValueTask<IReadOnlyList<StoredEvent>?> PageAsync(
        FollowedStream followed, string epoch, long from, long to, CancellationToken cancellation)
    {
        while (!followed.IsOver)
        {
            var work = new AskWork(
                new StreamQuestion(streams.NextId(), StreamAsk.Page) { Text = epoch, From = from, To = to }, long.MaxValue);
            if (!TryAsk(work)) return null;
            if (await work.Done.WaitAsync(cancellation).ConfigureAwait(false) is not { } answer) continue;
            if (answer.Header?.Epoch != epoch) return null;
            var events = new List<StoredEvent>();
            foreach (var run in ReadRun.Of(answer.Runs)) events.AddRange(run.Events);
            return events;
        }
        return null;
    }

    /// <summary>There is an ActorSystem again.</summary>
    internal void Connect() => Tell();

    /// <summary>The actor has ended; what it had sent was given back or answered.</summary>
    internal void Disconnect(IActorRef actor)
    {
        lock (_gate)
        {
            if (!actor.Equals(_actor)) return;
            _actor = null;
            _told = false;
        }
        if (streams.Running is null) Refuse();
        else if (IsUsed) Tell();
    }

    /// <summary>
    /// The ActorSystem has ended, or the engine's part in it. An actor that is made while its ActorSystem ends may never begin, and then
    /// never says that it has ended: it is forgotten here, or nobody would talk with the owner again. In one that goes on it is stopped.
    /// </summary>
    internal void Release()
    {
        IActorRef? actor;
        lock (_gate)
        {
            actor = _actor;
            _actor = null;
            _told = false;
        }
        actor?.Tell(PoisonPill.Instance, ActorRefs.NoSender);
        Refuse();
    }

    // There is no ActorSystem: those who would not wait for one are answered.
    private void Refuse() => Expire(long.MaxValue - 1);

    /// <summary>Whether somebody waits for an answer, or follows.</summary>
    internal bool IsUsed
    {
        get
        {
            lock (_gate) return _waiting.Count > 0 || _followed.Count > 0;
        }
    }

    /// <summary>
    /// From the actor: it was told, and looks now. What comes after this is told again, also when there is nothing to do for it yet.
    /// </summary>
    internal void Looks()
    {
        lock (_gate) _told = false;
    }

    /// <summary>From the actor: the next thing to send, or null. Appends beyond the window wait.</summary>
    internal StreamWork? Take(bool appends, bool questions)
    {
        lock (_gate)
        {
            for (var node = _waiting.First; node is not null; node = node.Next)
            {
                if (node.Value is AppendWork ? !appends : !questions) continue;
                _waiting.Remove(node);
                node.Value.WasSent = true;
                if (node.Value is AppendWork append) _ = append.Message;
                return node.Value;
            }
            return null;
        }
    }

    /// <summary>From the actor: these were certainly not done, or may be done again; they go before everything else.</summary>
    internal void GiveBack(List<StreamWork> works)
    {
        lock (_gate)
        {
            for (var i = works.Count - 1; i >= 0 && !_closed; i--)
            {
                works[i].WasSent = false;
                _waiting.AddFirst(works[i]);
            }
            if (!_closed) return;
        }
        foreach (var work in works) Fail(work, PublishStatus.Closed, "The hub has stopped.");
    }

    /// <summary>Answers those who have waited too long for an owner.</summary>
    internal void Expire(long now)
    {
        List<StreamWork>? late = null;
        lock (_gate)
        {
            for (var node = _waiting.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.Deadline <= now)
                {
                    (late ??= []).Add(node.Value);
                    _waiting.Remove(node);
                }
                node = next;
            }
        }
        if (late is null) return;
        foreach (var work in late)
            Fail(work, PublishStatus.Unavailable, streams.NoOwner);
    }

    /// <summary>The engine ends: everybody is answered.</summary>
    internal void Close(PublishStatus status, string error)
    {
        StreamWork[] waiting;
        lock (_gate)
        {
            _closed = true;
            waiting = [.. _waiting];
            _waiting.Clear();
            _actor = null;
        }
        foreach (var work in waiting) Fail(work, status, error);
    }

    /// <summary>From the actor, when nobody has used it for a time: true when it is given up now.</summary>
    internal bool TryClose()
    {
        lock (_gate)
        {
            if (_waiting.Count > 0 || _followed.Count > 0) return false;
            return _closed = true;
        }
    }

    private static void Fail(StreamWork work, PublishStatus status, string error)
    {
        if (work.MayBeDone) work.Lose();
        else work.Refuse(status, error);
    }

    // Under the gate. The last work that waits, while it has space: all of it goes in one message.
    private AppendWork WorkFor(long size, out bool isNew)
    {
        isNew = false;
        if (_waiting.Last?.Value is AppendWork { IsSealed: false } last && Joins(last.Bytes, size)) return last;
        isNew = true;
        var work = new AppendWork(streams.NextId(), ReplicaPeers.Now + streams.AppendTimeout);
        _waiting.AddLast(work);
        return work;
    }

    /// <summary>
    /// Whether an append goes along with what waits already. What fits into one message is not divided over two: of these the first could
    /// be lost or come too late, and the second be accepted, out of order.
    /// </summary>
    /// <param name="waiting">Bytes of the message so far.</param>
    /// <param name="size">Bytes of the whole append; 0 for the rest of one that is divided.</param>
    internal static bool Joins(long waiting, long size) =>
        waiting < StreamContext.MessageBytes && (size > StreamContext.MessageBytes || waiting + size <= StreamContext.MessageBytes);

    // The items under one key of a run are decided as one: they travel together.
    private static int UnitEnd(ReadOnlySpan<AppendItem> items, int at, out long size)
    {
        var end = KeyedRun.End(items, at);
        size = EventCodec.SizeOf(items[at..end]);
        return end;
    }

    private async ValueTask<StreamAnswer> UntilAnsweredAsync(StreamQuestion question, CancellationToken cancellation)
    {
        while (true)
        {
            var work = new AskWork(question, long.MaxValue);
            if (!TryAsk(work)) throw new OperationCanceledException("The stream is not followed any more.");
            if (await work.Done.WaitAsync(cancellation).ConfigureAwait(false) is { } answer) return answer;
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private void Tell()
    {
        IActorRef actor;
        lock (_gate)
        {
            if (_told || _closed || (_actor ??= streams.Begin(this)) is not { } present) return;
            actor = present;
            _told = true;
        }
        actor.Tell(NodeStreamActor.Look.Instance, ActorRefs.NoSender);
    }
}
