using System.Collections.Concurrent;
using Akka.Actor;
using AkkaSse.Cluster.Streams;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Engine.Specs;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests.Streams;

/// <summary>
/// What a node makes of an owner that is silent, moves or takes its time while publishes are on their way to it: their outcome stays known.
/// </summary>
public sealed class SilentOwnerTests : IAsyncLifetime
{
    private readonly AkkaHarness _harness = new();
    private EngineNode _node = null!;
    private StreamContext _context = null!;
    private long _ahead;
    private long _looks;

    public async Task InitializeAsync()
    {
        _node = await _harness.StartNodeAsync("a");
        _context = ((AkkaStreams)_node.Streams).Running!;
        var clock = _context.Clock;
        _context.Clock = () =>
        {
            Interlocked.Increment(ref _looks);
            return clock() + Volatile.Read(ref _ahead);
        };
    }

    public async Task DisposeAsync() => await _harness.DisposeAsync();

    [Fact]
    public void Owner_of_which_nobody_wanted_anything_is_never_lost_and_one_that_does_not_answer_is_after_15_s()
    {
        var silence = new OwnerSilence();
        silence.Heard(0);
        silence.IsToBeAsked(OwnerSilence.AskAfter).ShouldBeFalse();
        silence.IsToBeAsked(OwnerSilence.AskAfter + 1).ShouldBeTrue();
        silence.IsLost(1_000_000).ShouldBeFalse();
        silence.Asked(1_000_000);
        silence.IsToBeAsked(1_010_000).ShouldBeFalse();
        silence.IsToBeAsked(1_010_001).ShouldBeTrue();
        silence.Asked(1_010_001);
        silence.IsLost(1_000_000 + OwnerSilence.AnswerWithin).ShouldBeFalse();
        silence.IsLost(1_000_001 + OwnerSilence.AnswerWithin).ShouldBeTrue();
        silence.Heard(1_015_002);
        silence.IsLost(1_015_003).ShouldBeFalse();
    }

    [Fact]
    public async Task Publish_after_a_pause_of_25_s_and_more_is_answered_by_the_owner_that_was_idle_too()
    {
        var owner = Place(term: 1);
        (await PublishAsync("first", owner)).Status.ShouldBe(PublishStatus.Accepted);
        // Nothing was published and nobody read meanwhile: neither side had anything to say.
        Interlocked.Add(ref _ahead, 40_000);
        var late = _node.AppendAsync("s", "late");
        // The owner takes its time; the node looks 250 ms later.
        await Eventually.Until(() => owner.Pings > 0 || late.IsCompleted, "the node to look at its owner");
        late.IsCompleted.ShouldBeFalse("an owner that was not asked anything is not lost");
        owner.Answer();
        (await late).Status.ShouldBe(PublishStatus.Accepted);
        owner.Hellos.ShouldBe(1);
    }

    [Fact]
    public async Task Next_owner_that_is_heard_before_the_end_of_the_former_one_leaves_to_it_what_it_holds()
    {
        var former = Place(term: 1);
        (await PublishAsync("first", former)).Status.ShouldBe(PublishStatus.Accepted);
        var held = _node.AppendAsync("s", "held");
        await Eventually.Until(() => former.Waiting == 1, "the former owner to have it");
        var next = Place(term: 2);
        next.Welcome(former.Node!);
        var later = _node.AppendAsync("s", "later");
        // The node has handled its mailbox when it has looked at the clock again, 250 ms later.
        var before = Volatile.Read(ref _looks);
        await Eventually.Until(() => held.IsCompleted || next.Waiting > 0 || Volatile.Read(ref _looks) > before + 3, "the node to go on");
        held.IsCompleted.ShouldBeFalse("the former owner may still answer");
        next.Waiting.ShouldBe(0, "nobody else is asked before the former owner has answered");
        former.Answer();
        (await held).Status.ShouldBe(PublishStatus.Accepted);
        await Eventually.Until(
            () =>
            {
                former.Answer();
                next.Answer();
                return later.IsCompleted;
            },
            "the later one to be answered");
        (await later).Status.ShouldBe(PublishStatus.Accepted);
    }

    [Fact]
    public async Task Owner_that_moves_answers_what_it_holds_however_long_its_voters_take()
    {
        var node = new Recorder();
        var actor = _context.Node.System.ActorOf(Props.Create(() => new RecorderActor(node)));
        _context.Region.Tell(new Hello("t", Follows: false), actor);
        await Eventually.Until(() => node.Any<Welcome>(), "the owner to welcome the node");
        var owner = node.Sender!;
        var copies = (IInternalActorRef)await _context.Node.System.ActorSelection("/user/akkasse-streams").ResolveOne(Eventually.Deadline);
        copies.Suspend();
        var work = new AppendWork(1, long.MaxValue);
        work.Add([new AppendItem(new SseEvent { Data = "held" }, default)], autoCreate: true);
        owner.Tell(work.Message, actor);
        var before = Volatile.Read(ref _looks);
        owner.Tell(StopOwner.Instance, actor);
        await Eventually.Until(() => Volatile.Read(ref _looks) > before, "the owner to begin to stop");
        // More than the 2 s after which it once gave up; it looks every 250 ms.
        Interlocked.Add(ref _ahead, 3_000);
        before = Volatile.Read(ref _looks);
        await Eventually.Until(() => Volatile.Read(ref _looks) >= before + 3 || node.Any<OwnerEnds>(), "the owner to look at the clock");
        (node.Any<AppendAnswer>(), node.Any<OwnerEnds>()).ShouldBe((false, false));
        copies.Resume();
        await Eventually.Until(() => node.Any<OwnerEnds>(), "the owner to end");
        node.Only<AppendAnswer>().Outcomes.Single().Status.ShouldBe(PublishStatus.Accepted);
        node.Only<OwnerEnds>().IsClean.ShouldBeTrue();
    }

    [Fact]
    public async Task Owner_that_knows_a_node_otherwise_greets_it_again_and_does_not_end()
    {
        var node = new Recorder();
        var actor = _context.Node.System.ActorOf(Props.Create(() => new RecorderActor(node)));
        _context.Region.Tell(new Hello("t", Follows: false), actor);
        await Eventually.Until(() => node.Any<Welcome>(), "the owner to welcome the node");
        node.Sender!.Tell(Goodbye.Instance, actor);
        node.Sender.Tell(new Ping(Follows: true), actor);
        await Eventually.Until(() => node.Any<Pong>() || node.Any<OwnerEnds>(), "an answer");
        await Eventually.Until(() => node.Count<Welcome>() == 2 || node.Any<OwnerEnds>(), "the second greeting");
        node.Any<OwnerEnds>().ShouldBeFalse();
        node.Last<Welcome>().Follows.ShouldBeTrue();
    }

    private OwnerDouble Place(long term)
    {
        var owner = new OwnerDouble(term);
        owner.Self = _context.Node.System.ActorOf(Props.Create(() => new OwnerActor(owner)));
        _context.Region = owner.Self;
        return owner;
    }

    private async Task<AppendResult> PublishAsync(string data, OwnerDouble owner)
    {
        var publish = _node.AppendAsync("s", data);
        await Eventually.Until(() => owner.Waiting > 0, "the owner to get it");
        owner.Answer();
        return await publish;
    }

    /// <summary>An owner that answers appends when the test says so.</summary>
    private sealed class OwnerDouble(long term)
    {
        private readonly ConcurrentQueue<(IActorRef From, AppendRequest Request)> _waiting = new();
        private long _offset;

        internal IActorRef Self { get; set; } = ActorRefs.Nobody;

        internal IActorRef? Node { get; private set; }

        internal int Hellos { get; private set; }

        internal int Pings { get; private set; }

        internal int Waiting => _waiting.Count;

        internal void Welcome(IActorRef node) => node.Tell(new Welcome(term, Follows: false, StreamHeader.None), Self);

        internal void Answer()
        {
            while (_waiting.TryDequeue(out var waiting))
                waiting.From.Tell(new AppendAnswer(waiting.Request.Id,
                    [new AppendOutcome(waiting.Request.Count, PublishStatus.Accepted, "e", ++_offset) { HasOffset = true }]), Self);
        }

        internal void Receive(object message, IActorRef from)
        {
            switch (message)
            {
                case Hello { Entity: "s" }:
                    Hellos++;
                    Node = from;
                    Welcome(from);
                    break;
                case AppendRequest request:
                    _waiting.Enqueue((from, request));
                    break;
                case Ping:
                    Pings++;
                    from.Tell(new Pong(_offset), Self);
                    break;
            }
        }
    }

    private sealed class OwnerActor : UntypedActor
    {
        private readonly OwnerDouble _owner;

        public OwnerActor(OwnerDouble owner) => _owner = owner;

        protected override void OnReceive(object message) => _owner.Receive(message, Sender);
    }

    /// <summary>What an actor was told.</summary>
    private sealed class Recorder
    {
        private readonly ConcurrentQueue<object> _messages = new();

        internal IActorRef? Sender { get; private set; }

        internal void Add(object message, IActorRef sender)
        {
            Sender = sender;
            _messages.Enqueue(message);
        }

        internal bool Any<T>() => Count<T>() > 0;

        internal int Count<T>() => _messages.OfType<T>().Count();

        internal T Only<T>() => _messages.OfType<T>().Single();

        internal T Last<T>() => _messages.OfType<T>().Last();
    }

    private sealed class RecorderActor : UntypedActor
    {
        private readonly Recorder _recorder;

        public RecorderActor(Recorder recorder) => _recorder = recorder;

        protected override void OnReceive(object message) => _recorder.Add(message, Sender);
    }
}
