using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster.Sharding;
using AkkaSse.Cluster.Replication;
using AkkaSse.Cluster.Wire;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Streams;

/// <summary>
/// The owner of one stream: decides its order, commits with the log's voters, then answers those who asked and sends one message to each
/// node that has readers.
/// </summary>
internal sealed partial class StreamOwner : LogOwner<StreamState>, IStreamLimits
{
    // How often an owner that is told to stop looks whether it has waited long enough for commits on their way.
    private static readonly TimeSpan StopInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(5);
    private const long RestAfter = 30_000;

    private readonly StreamContext _context;
    private readonly Dictionary<IActorRef, Session> _sessions = [];
    private readonly List<(IActorRef From, bool Follows)> _waiting = [];
    private readonly List<IActorRef> _tidiers = [];
    private readonly Queue<Turn> _turns = new();
    private StreamDecider? _decider;
    private Turn? _turn;
    private long _activeAt = ReplicaPeers.Now;
    private long _restoredAt;
    private long _stopBy;
    private bool _stopping;
    private bool _clean;

    public StreamOwner(string name, StreamContext context)
        : base(name, context.Peers, context.Kind)
    {
        _context = context;
    }

    string? IStreamLimits.Take() => _context.Census.Take(Name);

    string IStreamLimits.NewEpoch() => Epochs.New('a');

    protected override void PreStart()
    {
        base.PreStart();
        Schedule(IdleInterval, IdleLook.Instance);
    }

    protected override void PostStop()
    {
        foreach (var (node, _) in _sessions) Tell(node, new OwnerEnds(_clean));
        foreach (var (node, _) in _waiting) Tell(node, new OwnerEnds(IsClean: true));
        // Before Akka.NET says that this actor has ended.
        Peers.Node.Batches.Flush();
        _context.Census.EndLed(Name);
        base.PostStop();
    }

    private protected override void OnRecovered(StreamState? left)
    {
        if (left is { Present: true })
        {
            Log.StreamRestored(_context.Node.Logger, Name, left.Retained, Leader.UncleanRecoveryIsComplete);
            foreach (var command in StreamRestore.Commands(left, Epochs.New('a'), _context.Now))
                _restoredAt = Leader.Propose(new StreamCommand(command));
            Leader.Flush();
            return;
        }
        Open();
    }

    private void Open()
    {
        _decider = new StreamDecider(Name, State, _context.Options, this);
        if (State.HasEpoch) _context.Census.SetLed(Name, State.Header);
        foreach (var (node, follows) in _waiting) Greet(node, follows);
        _waiting.Clear();
        foreach (var tidier in _tidiers) LookIdle(tidier);
        _tidiers.Clear();
    }

    private protected override void OnOther(object message)
    {
        switch (message)
        {
            case AppendRequest request:
                if (MayAsk(request.Id)) Append(request);
                break;
            case StreamQuestion question:
                if (MayAsk(question.Id)) Ask(question);
                break;
            case Hello hello:
                // One that lets its log go answers no more: the next owner is asked by itself.
                if (_decider is null || IsDissolving) Wait(hello.Follows);
                else Greet(Sender, hello.Follows);
                break;
            case Ping ping:
                OnPing(ping);
                break;
            case Goodbye:
                Forget(Sender);
                break;
            case Terminated ended:
                Forget(ended.ActorRef);
                break;
            case Tidy:
                if (_decider is null) _tidiers.Add(Sender);
                else LookIdle(Sender);
                break;
            case IdleLook:
                OnIdleLook();
                Schedule(IdleInterval, IdleLook.Instance);
                break;
            case StopOwner:
                OnStop();
                break;
            case StopLook:
                if (_context.Clock() < _stopBy) Schedule(StopInterval, StopLook.Instance);
                else Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private protected override void OnTurnEnd()
    {
        if (_turn is not { } turn || Leader.IsDeposed) return;
        _turn = null;
        if (!turn.Change.IsEmpty) turn.Index = Leader.Propose(new StreamCommand(turn.Change.Take()));
        // A stream that nobody created has no log, and gets none by being asked for.
        else if (turn.NeedsProof && State.HasEpoch) turn.Index = Leader.Propose(StreamCommand.Nothing);
        else turn.Index = Leader.Last;
        _decider!.Proposed(turn.Index);
        _turns.Enqueue(turn);
        if (turn.Index <= Leader.Commit) OnCommitted(Leader.Commit);
    }

    private protected override void OnCommitted(long index)
    {
        if (_decider is null)
        {
            // Nobody is told of what is being restored before all of it stands.
            if (_restoredAt == 0 || index < _restoredAt) return;
            Open();
        }
        _decider!.Committed(index);
        Publish(index);
        if (_stopping && _turns.Count == 0 && _turn is null) StopCleanly();
    }

    private bool MayAsk(long id)
    {
        if (_decider is not null && !_stopping && !IsDissolving && _sessions.ContainsKey(Sender)) return true;
        Tell(Sender, new StreamAnswer(id, StreamAnswer.Moved));
        return false;
    }

    private Turn Gather(int bytes = 0)
    {
        _activeAt = ReplicaPeers.Now;
        if (_turn is { Change.IsEmpty: false } full && full.Change.Bytes + bytes > StreamContext.MessageBytes)
        {
            OnTurnEnd();
            Leader.Flush();
        }
        if (_turn is { } turn) return turn;
        EndTurn();
        return _turn = new Turn(new StreamChange(_context.Now));
    }

    private void Append(AppendRequest request)
    {
        var span = OwnerTracing.Begin(Name, request);
        var turn = Gather(request.Items.Length);
        var present = _decider!.IsPresent;
        var outcomes = _decider.Append(request, turn.Change, turn.Segments);
        turn.IsMeta |= present != _decider.IsPresent;
        foreach (ref readonly var outcome in outcomes.AsSpan()) turn.NeedsProof |= outcome.Status != PublishStatus.Accepted;
        turn.Answers.Add((Sender, new AppendAnswer(request.Id, outcomes)));
        if (span is not null) (turn.Spans ??= []).Add(span);
    }

    private void Ask(StreamQuestion question)
    {
        switch (question.Ask)
        {
            case StreamAsk.Page:
                Page(question);
                return;
            case StreamAsk.FirstAt:
                Tell(Sender, new StreamAnswer(question.Id, 1) { Number = StreamReads.FirstAt(State, question.From) });
                return;
            case StreamAsk.FindId:
                Tell(Sender, new StreamAnswer(question.Id, 1)
                {
                    Number = StreamReads.FindId(State, question.Text ?? ""),
                    Header = State.Header,
                });
                return;
        }
        var turn = Gather();
        byte status = 0;
        string? error = null;
        switch (question.Ask)
        {
            case StreamAsk.Create:
                var created = _decider!.Create(question.Options, turn.Change, out error);
                turn.IsMeta = true;
                status = (byte)created;
                break;
            case StreamAsk.Remove:
                if (_decider!.Remove(turn.Change))
                {
                    turn.IsMeta = turn.WasRemoved = true;
                    status = 1;
                }
                break;
            case StreamAsk.Clear:
                if (_decider!.Clear(turn.Change))
                {
                    turn.IsMeta = true;
                    status = 1;
                }
                break;
        }
        turn.NeedsProof = true;
        turn.Questions.Add((Sender, question, status, error));
    }

    private void Greet(IActorRef node, bool follows)
    {
        if (!_sessions.TryGetValue(node, out var session))
        {
            _sessions[node] = session = new Session();
            Context.Watch(node);
        }
        if (!follows)
        {
            session.Follows = false;
            Tell(node, new Welcome(Leader.Term.Number, Follows: false, StreamHeader.None));
            return;
        }
        var turn = Gather();
        turn.NeedsProof = true;
        turn.Followers.Add(node);
    }

    private void Wait(bool follows)
    {
        _waiting.RemoveAll(w => w.From.Equals(Sender));
        _waiting.Add((Sender, follows));
    }

    private void OnPing(Ping ping)
    {
        if (_decider is null || IsDissolving)
        {
            if (!_sessions.ContainsKey(Sender)) Wait(ping.Follows);
            return;
        }
        // A node may have been given up that lives, and a greeting may be on its way: it is greeted again, which loses nothing.
        if (!_sessions.TryGetValue(Sender, out var session) || session.Follows != ping.Follows) Greet(Sender, ping.Follows);
        Tell(Sender, new Pong(State.Head));
    }

    private void Forget(IActorRef node)
    {
        if (_sessions.Remove(node)) Context.Unwatch(node);
    }

    private void Page(StreamQuestion question)
    {
        EventRun[] runs = [];
        if (question.Text == State.Epoch)
        {
            runs = StreamReads.Page(State, Math.Max(question.From, State.First), question.To, StreamContext.MessageBytes);
            var reached = runs.Length > 0 ? runs[^1].Last : State.Head;
            // From here on everything is sent again as it comes.
            if (reached >= State.Head && _sessions.TryGetValue(Sender, out var session)) session.IsBehind = false;
        }
        Tell(Sender, new StreamAnswer(question.Id, 1) { Header = State.Header, Runs = runs });
    }

    // Once nobody reads: what has been idle for long enough is removed.
    private void LookIdle(IActorRef asker)
    {
        if (State.IsForgettable(_context.Now) && _sessions.Count == 0 && _turn is null && _turns.Count == 0 && !_stopping) Dissolve();
        var turn = _turn is null && _turns.Count == 0 && !_stopping && !IsDissolving && !IsFollowed() ? Gather() : null;
        if (turn is null)
        {
            Tell(asker, new Tidied(Name));
            return;
        }
        State.Sweep(turn.Change.At);
        turn.IsMeta |= _decider!.RemoveIdle(turn.Change);
        turn.Answers.Add((asker, new Tidied(Name)));
    }

    private protected override void OnDissolved() => Context.Parent.Tell(new Passivate(StopOwner.Instance), Self);

    private bool IsFollowed()
    {
        foreach (var (_, session) in _sessions)
        {
            if (session.Follows) return true;
        }
        return false;
    }

    private void OnIdleLook()
    {
        if (_decider is null || _stopping || IsDissolving) return;
        State.Sweep(_context.Now);
        if (ReplicaPeers.Now - _activeAt < RestAfter || _turn is not null || _turns.Count > 0 || Leader.NeedsTick || IsFollowed()) return;
        // The replicas stay with the voters: whoever asks next wakes a new owner.
        if (_sessions.Count == 0 && (!State.HasEpoch || State.IsForgettable(_context.Now))) Dissolve();
        else if (_sessions.Count == 0) Context.Parent.Tell(new Passivate(StopOwner.Instance), Self);
        else foreach (var (node, _) in _sessions) Tell(node, Rest.Instance);
    }

    private void OnStop()
    {
        if (_stopping) return;
        _stopping = true;
        if (_turns.Count == 0 && _turn is null && (_restoredAt == 0 || _decider is not null)) StopCleanly();
        else
        {
            // As long as anybody may wait for its answers: to end earlier would make an outcome unknown that is about to be known.
            _stopBy = _context.Clock() + _context.AnswerTimeout;
            Schedule(StopInterval, StopLook.Instance);
        }
    }

    private void StopCleanly()
    {
        _clean = true;
        Context.Stop(Self);
    }

    private void Schedule(TimeSpan after, object message) => Timers.StartSingleTimer(message.GetType().Name, message, after);

    /// <summary>A node that talks with this owner.</summary>
    private sealed class Session
    {
        /// <summary>It gets every event.</summary>
        internal bool Follows { get; set; }

        /// <summary>It was told once that the head moves, and reads pages until it has caught up.</summary>
        internal bool IsBehind { get; set; }
    }

    /// <summary>What was decided in one turn and waits for its commit.</summary>
    private sealed class Turn(StreamChange change)
    {
        internal StreamChange Change => change;

        internal long Index { get; set; }

        /// <summary>Its answers say something that only the owner may say.</summary>
        internal bool NeedsProof { get; set; }

        internal bool IsMeta { get; set; }

        internal bool WasRemoved { get; set; }

        internal List<EventRun> Segments { get; } = [];

        internal List<(IActorRef To, IWireMessage Answer)> Answers { get; } = [];

        internal List<(IActorRef To, StreamQuestion Question, byte Status, string? Error)> Questions { get; } = [];

        internal List<IActorRef> Followers { get; } = [];

        /// <summary>Of its appends that are traced; null for none.</summary>
        internal List<Activity>? Spans { get; set; }
    }

    private sealed class IdleLook : INoSerializationVerificationNeeded
    {
        internal static readonly IdleLook Instance = new();
    }

    private sealed class StopLook : INoSerializationVerificationNeeded
    {
        internal static readonly StopLook Instance = new();
    }
}
