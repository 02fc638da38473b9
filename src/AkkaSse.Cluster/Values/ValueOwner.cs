using Akka.Actor;
using Akka.Cluster.Sharding;
using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Values;

/// <summary>What the actors of values share in one ActorSystem. Thread-safe.</summary>
internal sealed class ValueContext(Hosting.ClusterNode node, ReplicaPeers peers, ValueKind kind)
{
    internal ReplicaPeers Peers => peers;

    internal ValueKind Kind => kind;

    internal IActorRef Region { get; set; } = ActorRefs.Nobody;

    /// <summary>In milliseconds since 1970.</summary>
    internal long Now => node.Context.Time.GetUtcNow().ToUnixTimeMilliseconds();
}

/// <summary>The owner of one key.</summary>
internal sealed class ValueOwner(string name, ValueContext context) : LogOwner<ValueState>(name, context.Peers, context.Kind)
{
    private static readonly TimeSpan RestAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    private readonly List<(IActorRef From, ValueQuestion Question)> _waiting = [];
    private readonly Queue<(IActorRef To, ValueAnswer Answer, long Index)> _answers = new();
    private StoredValue _proposed = StoredValue.None;
    private bool _stopping;

    protected override void PreStart()
    {
        base.PreStart();
        SetReceiveTimeout();
    }

    private protected override void OnRecovered(ValueState? left)
    {
        _proposed = State.Current;
        if (left is { Current: { Version: > 0 } value })
        {
            Leader.Propose(new ValueCommand(_proposed = value));
            Leader.Flush();
        }
        foreach (var (from, question) in _waiting) Answer(from, question);
        _waiting.Clear();
    }

    private protected override void OnOther(object message)
    {
        switch (message)
        {
            // Who waits for an answer asks the next owner.
            case ValueQuestion when _stopping || IsDissolving:
                break;
            case ValueQuestion question:
                SetReceiveTimeout();
                if (Leader.IsRecovered) Answer(Sender, question);
                else _waiting.Add((Sender, question));
                break;
            case Look:
                if (Leader.NeedsTick || _answers.Count > 0 || !Leader.IsRecovered) SetReceiveTimeout();
                else if (!State.Current.IsLive(context.Now)) Dissolve();
                else Context.Parent.Tell(new Passivate(Streams.StopOwner.Instance), Self);
                break;
            case Streams.StopOwner:
                _stopping = true;
                if (_answers.Count == 0) Context.Stop(Self);
                else Timers.StartSingleTimer(nameof(PoisonPill), PoisonPill.Instance, StopLimit);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private protected override void OnTurnEnd()
    {
    }

    private protected override void OnCommitted(long index)
    {
        while (_answers.TryPeek(out var oldest) && oldest.Index <= index)
        {
            _answers.Dequeue();
            oldest.To.Tell(oldest.Answer, Self);
        }
        if (_stopping && _answers.Count == 0) Context.Stop(Self);
    }

    private protected override void OnDissolved() => Context.Parent.Tell(new Passivate(Streams.StopOwner.Instance), Self);

    private void Answer(IActorRef from, ValueQuestion question)
    {
        var now = context.Now;
        var live = _proposed.IsLive(now);
        var version = live ? _proposed.Version : 0;
        StoredValue? next = null;
        ValueAnswer answer;
        switch (question.Ask)
        {
            case ValueAsk.Put when question.Expected is null || question.Expected == version:
                // Versions of a key that ended and came again must not repeat: they follow the clock.
                next = new StoredValue(question.Bytes, Math.Max(_proposed.Version + 1, now * 1_000), now + question.Ttl);
                answer = new ValueAnswer(true, next.Version, default);
                break;
            case ValueAsk.Delete when live && (question.Expected is null || question.Expected == version):
                next = _proposed with { Bytes = null, Version = _proposed.Version + 1 };
                answer = new ValueAnswer(true, version, default);
                break;
            case ValueAsk.Get when live:
                answer = new ValueAnswer(true, version, _proposed.Bytes!.Value);
                break;
            default:
                answer = new ValueAnswer(false, version, default);
                break;
        }
        if (question.Ask == ValueAsk.Tidy && !live && _answers.Count == 0)
        {
            Dissolve();
            return;
        }
        var index = next is not null ? Leader.Propose(new ValueCommand(next)) : _proposed.Version > 0
            ? Leader.Propose(ValueCommand.Nothing)
            : Leader.Last;
        _proposed = next ?? _proposed;
        _answers.Enqueue((from, answer, index));
        Leader.Flush();
        if (index <= Leader.Commit) OnCommitted(Leader.Commit);
    }

    private void SetReceiveTimeout() => Timers.StartSingleTimer(nameof(Look), Look.Instance, RestAfter);

    private sealed class Look : INoSerializationVerificationNeeded
    {
        internal static readonly Look Instance = new();
    }
}
