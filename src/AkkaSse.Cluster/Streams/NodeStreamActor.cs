using Akka.Actor;
using AkkaSse.Cluster.Replication;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Streams;

/// <summary>Talks with the owner of one stream for this node, whoever it is at the time.</summary>
internal sealed class NodeStreamActor : UntypedActor, IWithTimers
{
    // Messages with events on their way to the owner; while they are, the next gathers.
    private const int AppendsInFlight = 4;
    private const int QuestionsInFlight = 64;

    private const long TickInterval = 250;
    private const long HelloAgainAfter = 1_000;
    private const long IdleLimit = 30_000;

    private readonly NodeStream _stream;
    private readonly StreamContext _context;
    private readonly Dictionary<long, StreamWork> _sent = [];
    private readonly OwnerSilence _silence = new();
    private int _appendsSent;
    private IActorRef? _owner;
    private long _term;
    private bool _ownerLeaves;
    private bool _followsThere;
    private bool _helloFollows;
    private long _helloAt = long.MinValue / 2;
    private long _usedAt;
    private long _reading;
    private long _tickAt = long.MaxValue;
    private bool _greeting;

    public NodeStreamActor(NodeStream stream, StreamContext context)
    {
        _stream = stream;
        _context = context;
        _usedAt = Now;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private long Now => _context.Clock();

    protected override void PreStart() => SendWhatWaits();

    protected override void PostStop() => Lose();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Look:
                _usedAt = Now;
                _stream.Looks();
                SendWhatWaits();
                break;
            case AppendAnswer answer:
                if (Sender.Equals(_owner)) _silence.Heard(Now);
                if (TakeSent(answer.Id) is AppendWork append) append.Complete(answer);
                SendWhatWaits();
                break;
            case StreamAnswer answer:
                OnAnswer(answer);
                break;
            case Delivery delivery:
                if (delivery.Segments.Length > 0) _context.Lines.OnReceived(Sender, delivery.Size);
                OnDelivery(delivery);
                break;
            case Welcome welcome:
                OnWelcome(welcome);
                break;
            case Pong pong:
                if (!Sender.Equals(_owner)) break;
                _silence.Heard(Now);
                foreach (var followed in _stream.Followed) followed.Want(pong.Head);
                ReadMissing();
                break;
            case OwnerEnds ends:
                if (!Sender.Equals(_owner))
                {
                    // It never welcomed this node, or is forgotten already: look for the next one at once.
                    if (_owner is null) _helloAt = long.MinValue / 2;
                    SendWhatWaits();
                    break;
                }
                LoseOwner(ends.IsClean);
                break;
            case Terminated ended:
                if (ended.ActorRef.Equals(_owner)) LoseOwner(isClean: false);
                break;
            case Rest:
                if (Sender.Equals(_owner) && _sent.Count == 0 && !_stream.IsUsed) LeaveOwner();
                break;
            case Tick:
                _tickAt = long.MaxValue;
                OnTick();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void OnTick()
    {
        var now = Now;
        _stream.Expire(now);
        List<StreamWork>? late = null;
        foreach (var (_, work) in _sent)
        {
            if (now - work.SentAt > _stream.Streams.AnswerTimeout) (late ??= []).Add(work);
        }
        if (late is not null)
        {
            foreach (var work in late)
            {
                TakeSent(work.Id);
                if (work.Id == _reading) _reading = 0;
                else if (work.IsPatient) _stream.GiveBack([work]);
                else work.Lose();
            }
        }
        if (_owner is { } owner)
        {
            if (_silence.IsLost(now))
            {
                // Watching would tell of its end; it may be an owner that cannot hear.
                LoseOwner(isClean: false);
            }
            else if ((_followsThere || _sent.Count > 0) && _silence.IsToBeAsked(now))
            {
                _silence.Asked(now);
                Tell(owner, new Ping(_followsThere));
            }
        }
        ReadMissing();
        if (_sent.Count == 0 && now - _usedAt > IdleLimit && _stream.TryClose())
        {
            if (_owner is not null) LeaveOwner();
            _stream.Streams.End(_stream);
            Context.Stop(Self);
            return;
        }
        SendWhatWaits();
    }

    private void OnWelcome(Welcome welcome)
    {
        if (welcome.Term < _term) return;
        if (!Sender.Equals(_owner))
        {
            if (_owner is not null)
            {
                // The former owner has not said yet how it ended, and this word has overtaken it. What it was sent may be committed: the
                // next one is greeted again when that is known, or the time for the answers is over.
                if (_sent.Count > 0 && CanAnswer(_owner))
                {
                    _ownerLeaves = true;
                    return;
                }
                LoseOwner(isClean: false, look: false);
            }
            _owner = Sender;
            Context.Watch(Sender);
        }
        _term = welcome.Term;
        _silence.Heard(Now);
        _followsThere = welcome.Follows;
        _greeting = false;
        if (welcome.Follows)
        {
            var now = _context.Now;
            foreach (var followed in _stream.Followed) followed.Apply(welcome.Header, removed: false, now);
        }
        SendWhatWaits();
        ReadMissing();
    }

    private void OnDelivery(Delivery delivery)
    {
        if (!Sender.Equals(_owner)) return;
        _silence.Heard(Now);
        var followed = _stream.Followed;
        if (followed.Length == 0) return;
        var now = _context.Now;
        var runs = ReadRun.Of(delivery.Segments);
        foreach (var f in followed) f.Apply(delivery, runs, now);
        ReadMissing();
    }

    private void OnAnswer(StreamAnswer answer)
    {
        if (TakeSent(answer.Id) is not { } work) return;
        if (answer.Status == StreamAnswer.Moved)
        {
            _stream.GiveBack([work]);
            if (Sender.Equals(_owner))
            {
                // What was sent before may still be answered: nobody else is asked before that is known.
                _ownerLeaves = true;
                if (_sent.Count == 0) LoseOwner(isClean: true);
            }
            return;
        }
        if (Sender.Equals(_owner)) _silence.Heard(Now);
        var ask = (AskWork)work;
        var now = _context.Now;
        if (ask.Id == _reading)
        {
            _reading = 0;
            var runs = ReadRun.Of(answer.Runs);
            foreach (var followed in _stream.Followed) followed.Apply(answer.Header!, runs, now);
            ReadMissing();
        }
        else if (ask.Waiters is { } waiters)
        {
            foreach (var (followed, waiter) in waiters) followed.Synced(waiter, answer.Header!, now);
            ReadMissing();
        }
        ask.Complete(answer);
        SendWhatWaits();
    }

    // One read at a time brings all readers' logs on this node up to date.
    private void ReadMissing()
    {
        if (_reading != 0 || _ownerLeaves || _owner is not { } owner) return;
        foreach (var followed in _stream.Followed)
        {
            if (followed.Missing is not { } missing) continue;
            var work = new AskWork(new StreamQuestion(_stream.Streams.NextId(), StreamAsk.Page)
            {
                Text = missing.Epoch,
                From = missing.From,
                To = missing.To,
            }, long.MaxValue) { IsCatchUp = true };
            _reading = work.Id;
            Send(owner, work);
            return;
        }
    }

    private void SendWhatWaits()
    {
        SendNow();
        Wake();
    }

    private void SendNow()
    {
        var follows = _stream.Follows;
        if (_owner is not { } owner)
        {
            // Nobody could own the stream: a greeting would wait in the region, which does not end before it is delivered.
            if ((follows || _stream.IsUsed) && !_stream.Streams.LeavesNothingBehind) Greet(_context.Region, follows);
            return;
        }
        if (_ownerLeaves)
        {
            if (_sent.Count == 0) LoseOwner(isClean: true);
            return;
        }
        if (_sent.Count == 0 && _silence.IsLost(Now))
        {
            LoseOwner(isClean: true);
            return;
        }
        if (follows != _followsThere)
        {
            Greet(owner, follows);
            // Who waits for the log here to be up to date must first follow; all others need not wait for that.
        }
        while (_stream.Take(_appendsSent < AppendsInFlight, _sent.Count - _appendsSent < QuestionsInFlight) is { } work) Send(owner, work);
    }

    private void Greet(IActorRef to, bool follows)
    {
        var now = Now;
        if (_greeting && follows == _helloFollows && now - _helloAt < HelloAgainAfter) return;
        _greeting = true;
        _helloAt = now;
        _helloFollows = follows;
        Tell(to, new Hello(_stream.Name, follows));
    }

    private void Send(IActorRef owner, StreamWork work)
    {
        work.WasSent = true;
        work.SentAt = Now;
        _sent[work.Id] = work;
        if (work is AppendWork) _appendsSent++;
        Tell(owner, work.Message);
    }

    // All that this actor says to an owner goes the same way, or some of it would overtake the rest.
    private void Tell(IActorRef to, IWireMessage message) => _context.Node.Batches.Tell(to, message, Self);

    private StreamWork? TakeSent(long id)
    {
        if (!_sent.Remove(id, out var work)) return null;
        if (work is AppendWork) _appendsSent--;
        return work;
    }

    // Whether what it says may still be on its way.
    private bool CanAnswer(IActorRef owner)
    {
        if (owner.Path.Address.HasLocalScope) return true;
        foreach (var member in _context.Node.View.Members)
        {
            if (member.Reachable && member.Unique.Address.Equals(owner.Path.Address)) return true;
        }
        return false;
    }

    private void LeaveOwner()
    {
        Tell(_owner!, Goodbye.Instance);
        // The next greeting goes through the region, and not with this.
        _context.Node.Batches.Flush();
        Context.Unwatch(_owner);
        _owner = null;
        _ownerLeaves = false;
        _followsThere = false;
    }

    private void LoseOwner(bool isClean, bool look = true)
    {
        if (_owner is { } owner) Context.Unwatch(owner);
        _owner = null;
        _ownerLeaves = false;
        _followsThere = false;
        _greeting = false;
        _reading = 0;
        var again = new List<StreamWork>();
        var lost = new List<StreamWork>();
        foreach (var (_, work) in _sent)
        {
            // A read of what is missing begins anew with the next owner.
            if (work is AskWork { IsCatchUp: true }) continue;
            if (!isClean && !work.IsRepeatable)
            {
                lost.Add(work);
                continue;
            }
            work.MayBeDone |= !isClean;
            if (!work.IsPatient)
                work.Deadline = isClean ? Now + _stream.Streams.AppendTimeout : work.SentAt + _stream.Streams.AnswerTimeout;
            again.Add(work);
        }
        _sent.Clear();
        _appendsSent = 0;
        again.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        _stream.GiveBack(again);
        foreach (var work in lost) work.Lose();
        if (look) SendWhatWaits();
    }

    // The ActorSystem ends.
    private void Lose()
    {
        LoseOwner(isClean: false, look: false);
        _stream.Disconnect(Self);
    }

    // Often while somebody waits for something, seldom otherwise.
    private void Wake()
    {
        var after = _sent.Count > 0 || (_owner is null && _stream.IsUsed) ? TickInterval : OwnerSilence.AskAfter;
        var at = Now + after;
        if (at >= _tickAt) return;
        _tickAt = at;
        Timers.StartSingleTimer(nameof(Tick), Tick.Instance, TimeSpan.FromMilliseconds(after));
    }

    /// <summary>From the stream: something waits to be sent.</summary>
    internal sealed class Look : INoSerializationVerificationNeeded
    {
        internal static readonly Look Instance = new();
    }

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        internal static readonly Tick Instance = new();
    }
}
