using Akka.Actor;

namespace AkkaSse.Cluster.Nodes;

/// <summary>
/// Requests on their way to one node, in order. While messages are on their way the next requests gather and go in one: each message costs
/// the same wake-ups of threads on both sides, whatever is in it. Thread-safe.
/// </summary>
/// <param name="to">The node's actor.</param>
/// <param name="self">This node's.</param>
internal sealed class RequestLine(IActorRef to, IActorRef self) : IThreadPoolWorkItem
{
    /// <summary>
    /// At most so many requests are without an answer; the next ones wait outside. An unbounded burst would hold up the heartbeats on the
    /// same connection.
    /// </summary>
    internal const int Window = 1_024;

    // Two: one is being handled there while the next is under way.
    private const int MostOnTheWay = 2;

    /// <summary>One message has about so many bytes of requests, or of replies; a larger one goes alone.</summary>
    internal const int MostBytes = 64 << 10;

    // Messages get lost with their connection: after so long without an answer none is under way any more.
    private const long LostAfter = 1_000;

    private readonly Lock _gate = new();
    private readonly Queue<Request> _waiting = [];
    private readonly List<Request> _batch = [];
    private int _onTheWay;
    private long _heardAt;
    private bool _isScheduled;

    internal IActorRef To => to;

    internal SemaphoreSlim Permits { get; } = new(Window);

    internal void Add(Request request)
    {
        lock (_gate)
        {
            _waiting.Enqueue(request);
            if (_onTheWay >= MostOnTheWay && Environment.TickCount64 - _heardAt > LostAfter) _onTheWay = 0;
            Schedule();
        }
    }

    /// <summary>The other node has taken a message.</summary>
    internal void Arrived()
    {
        lock (_gate)
        {
            _heardAt = Environment.TickCount64;
            if (_onTheWay > 0) _onTheWay--;
            Schedule();
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        lock (_gate)
        {
            _isScheduled = false;
            var bytes = 0;
            while (_waiting.TryPeek(out var next) && (_batch.Count == 0 || bytes + next.Body.Length <= MostBytes))
            {
                _batch.Add(_waiting.Dequeue());
                bytes += next.Body.Length;
            }
            if (_batch.Count == 0) return;
            if (_onTheWay++ == 0) _heardAt = Environment.TickCount64;
            // Under the gate: in order.
            to.Tell(new Requests([.. _batch]), self);
            _batch.Clear();
            Schedule();
        }
    }

    // Behind what the pool has to do already, which may add more.
    private void Schedule()
    {
        if (_isScheduled || _waiting.Count == 0 || _onTheWay >= MostOnTheWay) return;
        _isScheduled = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}
