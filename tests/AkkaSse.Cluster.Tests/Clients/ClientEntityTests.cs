using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using AkkaSse.Cluster.Clients;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;

namespace AkkaSse.Cluster.Tests.Clients;

/// <summary>An entity between nodes that answer, are silent and lose what they are told, as the test wants.</summary>
public sealed class ClientEntityTests : IAsyncLifetime
{
    private readonly ActorSystem _system = ActorSystem.Create("claims", ConfigurationFactory.ParseString("""
        akka {
          actor.provider = cluster
          remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
          coordinated-shutdown.run-by-clr-shutdown-hook = off
        }
        """));

    private readonly ClusterNode _node;
    private readonly NodeDouble _a, _b;
    private readonly Recorder _claimant;

    public ClientEntityTests()
    {
        var host = Substitute.For<IEngineHost>();
        host.Options.Returns(new HubOptions { NodeName = "e" });
        host.Time.Returns(TimeProvider.System);
        var context = new EngineContext(new AkkaClusterOptions(), host, NullLogger.Instance) { MaxFrameBytes = 1 << 20, OwnsSystem = true };
        _node = new ClusterNode(context, _system);
        (_a, _b) = (new NodeDouble("a", 1), new NodeDouble("b", 2));
        foreach (var node in new[] { _a, _b }) node.Actor = _system.ActorOf(Props.Create(() => new NodeDoubleActor(node)));
        _claimant = new Recorder();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _system.Terminate();

    [Fact]
    public async Task Id_is_given_to_another_only_when_its_holder_knows_that_it_has_lost_it()
    {
        _a.Holds(new HeldEntry("z", "i", "u", Token: 1, Generation: 7));
        See(_a.Member(), _b.Member());
        var entity = Begin();
        // What the holder is told is lost on its way.
        _a.TakesLosses = false;
        Claim(entity, _b, token: 2);
        await Eventually.Until(() => _a.Losses > 0 && (_a.Questions >= 2 || _claimant.Answer is not null), "the holder to be told");
        _claimant.Answer.ShouldBeNull("were this node killed now, both would hold the id until somebody asks for it again");
        _a.TakesLosses = true;
        await Eventually.Until(() => _claimant.Answer is not null, "the claim to be answered");
        _claimant.Answer!.Status.ShouldBe(ClaimStatus.Granted);
        await Eventually.Until(() => _a.Held == 0, "the former holder to know");
    }

    [Fact]
    public async Task Holder_that_is_silent_is_told_again_until_it_knows()
    {
        _a.Holds(new HeldEntry("z", "i", "u", Token: 1, Generation: 7));
        See(_a.Member(), _b.Member());
        var entity = Begin();
        Claim(entity, _b, token: 2, instance: "i");
        await Eventually.Until(() => _claimant.Answer is not null, "the first to be answered");
        // The next holder says nothing any more: its node stands, or is gone with the connection that comes back.
        _b.Holds(new HeldEntry("z", "i", "u", Token: 2, _claimant.Answer!.Generation));
        _b.IsSilent = true;
        _claimant.Answer = null;
        Claim(entity, _a, token: 3, instance: "i");
        await Eventually.Until(() => _claimant.Answer is not null, "the second to be answered without it");
        _claimant.Answer!.Status.ShouldBe(ClaimStatus.Granted);
        _b.Held.ShouldBe(1);
        _b.IsSilent = false;
        await Eventually.Until(() => _b.Held == 0, "the node that was silent to know that it has lost the id");
    }

    [Fact]
    public async Task Node_that_has_said_its_name_is_asked_although_it_is_not_known_to_be_up_yet()
    {
        // It knows that it is up before others do, and serves.
        _a.Holds(new HeldEntry("z", "i", "u", Token: 1, Generation: 7));
        See(_a.Member() with { Status = MemberStatus.Joining }, _b.Member());
        var entity = Begin();
        Claim(entity, _b, token: 2, instance: "j", subject: "v");
        await Eventually.Until(() => _claimant.Answer is not null, "the claim to be answered");
        _claimant.Answer!.Status.ShouldBe(ClaimStatus.InUse);
    }

    private void See(params ClusterMember[] members) => _node.Publish(new ClusterView(_node.Self, [.. members]));

    private IActorRef Begin() => _system.ActorOf(Props.Create(() => new ClientEntity("c", _node)));

    private void Claim(IActorRef entity, NodeDouble by, long token, string instance = "j", string subject = "u")
    {
        var recorder = _claimant;
        var to = _system.ActorOf(Props.Create(() => new RecorderActor(recorder)));
        var claimant = new Claimant("z", instance, subject, by.Name, by.Member().Id, token);
        entity.Tell(new Claim("c", claimant, DuplicateClientPolicy.ReplaceSamePrincipal), to);
    }

    /// <summary>A node's actor and its table of claims.</summary>
    private sealed class NodeDouble(string name, int uid)
    {
        private readonly UniqueAddress _unique = new(new Address("akka.tcp", "claims", name, 1), uid);
        private ImmutableList<HeldEntry> _held = [];

        internal string Name => name;

        internal IActorRef Actor { get; set; } = ActorRefs.Nobody;

        internal volatile bool TakesLosses = true;
        internal volatile bool IsSilent;
        internal volatile int Losses;
        internal volatile int Questions;

        internal int Held => _held.Count;

        internal void Holds(HeldEntry claim) => _held = _held.Add(claim);

        internal ClusterMember Member() =>
            new(_unique, MemberStatus.Up, Reachable: true, HostsStreams: true) { Name = name, Actor = Actor };

        internal void Receive(object message, IActorRef from, IActorRef self)
        {
            switch (message)
            {
                case ClaimLost lost:
                    Losses++;
                    if (TakesLosses && !IsSilent) _held = _held.RemoveAll(h => h.Zone == lost.Zone && h.Generation == lost.Generation);
                    break;
                case ClaimsQuestion question:
                    Questions++;
                    if (!IsSilent) from.Tell(new ClaimsHeld(question.Incarnation, Member().Id, name, _held), self);
                    break;
            }
        }
    }

    private sealed class NodeDoubleActor : UntypedActor
    {
        private readonly NodeDouble _node;

        public NodeDoubleActor(NodeDouble node) => _node = node;

        protected override void OnReceive(object message) => _node.Receive(message, Sender, Self);
    }

    private sealed class Recorder
    {
        internal volatile ClaimAnswer? Answer;
    }

    private sealed class RecorderActor : UntypedActor
    {
        private readonly Recorder _recorder;

        public RecorderActor(Recorder recorder) => _recorder = recorder;

        protected override void OnReceive(object message) => _recorder.Answer = (ClaimAnswer)message;
    }
}
