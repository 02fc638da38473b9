using AkkaSse.LoadRig.Measure;

namespace AkkaSse.LoadRig.Load;

/// <summary>All publishing of a phase: when the next event is due, to which stream and on which connection.</summary>
internal sealed class PublisherSet : IDisposable
{
    // A window that nothing moves for so long is opened, and that is counted: an event that was lost would else end the run.
    private const long StuckAfter = 1_000_000_000;

    // So many due events are sent before readers are looked at again.
    private const int MaxAtOnce = 64;

    private readonly Publisher[] _publishers;
    private readonly PublishRequest?[] _requests;
    private readonly Random _random = new(20_260_101);
    private readonly long[] _next;
    private long _deadline;
    private long _due;
    private double _interval;
    private long _target;
    private int _turn;
    private long _forgiven;
    private long _seenDeliveries;
    private long _seenAt;

    internal PublisherSet(Rig rig)
    {
        Rig = rig;
        _requests = new PublishRequest?[rig.Plan.Streams];
        _next = new long[rig.Plan.Streams];
        Accepted = new long[rig.Plan.Streams];
        _publishers = new Publisher[rig.Plan.Publishers];
        for (var i = 0; i < _publishers.Length; i++) _publishers[i] = new Publisher(this, i);
    }

    internal Rig Rig { get; }

    internal RigPlan Plan => Rig.Plan;

    internal bool IsPublishing { get; private set; }

    internal long Sent { get; private set; }

    internal long Acknowledged { get; private set; }

    internal long Rejected { get; private set; }

    internal int FirstBadStatus { get; private set; }

    internal long UnansweredCount { get; private set; }

    internal long Stuck { get; private set; }

    internal long LatestBy { get; private set; }

    internal long FirstAt { get; private set; }

    internal long LastAnswerAt { get; private set; }

    internal long[] Accepted { get; }

    internal Histogram AnswerTime { get; } = new();

    internal ReadOnlySpan<long> Next => _next;

    /// <summary>How long until the next event is due, in milliseconds; -1 when sending waits for answers only.</summary>
    internal int MillisecondsToNext => !IsPublishing || _interval == 0 ? -1 : (int)Math.Clamp((_due - Clock.Now) / 1_000_000, 0, 50);

    internal PublishRequest RequestFor(int stream) => _requests[stream] ??= new PublishRequest(Plan, stream);

    internal void Begin(long events, double rate, double maxSeconds)
    {
        Sent = Acknowledged = Rejected = UnansweredCount = Stuck = LatestBy = FirstAt = LastAnswerAt = _forgiven = 0;
        FirstBadStatus = 0;
        Array.Clear(Accepted);
        AnswerTime.Clear();
        _target = events;
        _interval = rate > 0 ? 1e9 / rate : 0;
        _due = _seenAt = Clock.Now;
        _seenDeliveries = 0;
        _deadline = _due + Clock.Nanoseconds(maxSeconds);
        IsPublishing = true;
        Pump();
    }

    /// <summary>Sends what may be sent now.</summary>
    internal void Pump()
    {
        if (!IsPublishing) return;
        var now = Clock.Now;
        if (Sent >= _target || now > _deadline)
        {
            IsPublishing = false;
            return;
        }
        if (_interval > 0)
        {
            for (var i = 0; i < MaxAtOnce && now >= _due && Sent < _target; i++)
            {
                LatestBy = Math.Max(LatestBy, now - _due);
                // Stamped with the time when it was due: a server that makes the sender late does not look faster for it.
                Send(_publishers[_turn++ % _publishers.Length], _due);
                _due = FirstAt + (long)(Sent * _interval);
            }
            return;
        }
        foreach (var publisher in _publishers)
        {
            while (publisher.InFlight < Plan.Depth && Sent < _target && WindowIsOpen()) Send(publisher, Clock.Now);
        }
    }

    internal void Answered(int stream, int status, int accepted, long time)
    {
        AnswerTime.Add(time);
        LastAnswerAt = Clock.Now;
        Acknowledged += accepted;
        Accepted[stream] += accepted;
        Rejected += Plan.Batch - accepted;
        if (accepted < Plan.Batch && FirstBadStatus == 0) FirstBadStatus = status;
    }

    internal void Unanswered(int requests) => UnansweredCount += (long)requests * Plan.Batch;

    public void Dispose()
    {
        foreach (var publisher in _publishers) publisher.Dispose();
    }

    private void Send(Publisher publisher, long stamp)
    {
        if (FirstAt == 0) FirstAt = stamp;
        var stream = Plan.AtRandom ? _random.Next(_next.Length) : (int)(Sent % _next.Length);
        publisher.Send(stream, _next[stream], stamp);
        _next[stream] += Plan.Batch;
        Sent += Plan.Batch;
    }

    private bool WindowIsOpen()
    {
        if (Plan.Window == 0) return true;
        var needed = Math.Max(0, Sent - Plan.Window + 1) * Rig.DeliveriesPerEvent;
        var delivered = Rig.Ledger.Deliveries;
        if (delivered + _forgiven >= needed) return true;
        var now = Clock.Now;
        if (delivered != _seenDeliveries)
        {
            _seenDeliveries = delivered;
            _seenAt = now;
        }
        else if (now - _seenAt > StuckAfter)
        {
            _forgiven = needed - delivered;
            Stuck++;
            return true;
        }
        return false;
    }
}
