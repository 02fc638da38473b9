using Akka.Actor;
using Akka.Cluster;
using AkkaSse.Cluster.Clients;
using AkkaSse.Cluster.Hosting;

namespace AkkaSse.Cluster.Nodes;

/// <summary>
/// One per ActorSystem, at a fixed path: knows the members and their names, answers requests of other nodes, tells them who this one is.
/// </summary>
internal sealed class NodeActor : ReceiveActor, IWithTimers
{
    internal const string Name = "akkasse-node";

    // Until a member has said its name; few, because joining is waited for.
    private static readonly TimeSpan HelloInterval = TimeSpan.FromMilliseconds(250);

    private readonly ClusterNode _node;
    private readonly AkkaNodes _nodes;
    private readonly Dictionary<UniqueAddress, ClusterMember> _members = [];
    private readonly Dictionary<UniqueAddress, (Hello Hello, IActorRef Actor)> _hellos = [];

    // Members that somebody does not reach.
    private readonly HashSet<UniqueAddress> _unreachable = [];

    public NodeActor(ClusterNode node, AkkaNodes nodes)
    {
        _node = node;
        _nodes = nodes;
        Receive<ClusterEvent.CurrentClusterState>(OnState);
        Receive<ClusterEvent.IMemberEvent>(OnMember);
        Receive<ClusterEvent.ReachabilityEvent>(e => OnReachability(e.Member, e is ClusterEvent.ReachableMember));
        Receive<Request>(m => _nodes.OnRequest(m, Sender, Self));
        Receive<Requests>(m => _nodes.OnRequests(m, Sender, Self));
        Receive<Reply>(m => _nodes.OnReply(m));
        Receive<Replies>(m => _nodes.OnReplies(m, Sender));
        Receive<Hello>(OnHello);
        Receive<NameTaken>(m => _nodes.OnNameTaken(m, Sender.Path.Address.ToString() == m.By));
        Receive<ClaimsQuestion>(m => Sender.Tell(_nodes.Claims.OnQuestion(m, _node), Self));
        Receive<ClaimLost>(m => _nodes.Claims.OnLost(m));
        Receive<PlacesChanged>(m => _nodes.Claims.OnChanged(m));
        Receive<KeepRefusals>(m => _nodes.Claims.OnRefusals(m));
        Receive<SeedQuestion>(
            _ => Sender.Tell(new SeedAnswer(
            _node.Cluster.SelfMember.Status is MemberStatus.Up or MemberStatus.WeaklyUp or MemberStatus.Leaving)
            {
                Shards = _node.Context.Options.Shards,
            }, Self));
        Receive<Tick>(_ =>
        {
            LookAgain();
            Greet();
        });
        Receive<SayHello>(_ =>
        {
            Accept(_node.Self, OwnHello(answer: false), Self);
            foreach (var member in _members.Values) GreetOne(member, answer: false);
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The path of a node's actor.</summary>
    internal static ActorPath PathAt(Address address) => new RootActorPath(address) / "user" / Name;

    protected override void PreStart()
    {
        _node.Cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot, typeof(ClusterEvent.IMemberEvent),
            typeof(ClusterEvent.ReachabilityEvent));
        Timers.StartPeriodicTimer("hello", Tick.Instance, HelloInterval);
        _hellos[_node.Self] = (OwnHello(answer: false), Self);
    }

    protected override void PostStop() => _node.Cluster.Unsubscribe(Self);

    private void OnState(ClusterEvent.CurrentClusterState state)
    {
        foreach (var member in state.Members)
        {
            if (!ClusterRoles.HasHub(member)) continue;
            if (state.Unreachable.Contains(member)) _unreachable.Add(member.UniqueAddress);
            Put(member);
        }
        Publish();
        Greet();
    }

    private void OnMember(ClusterEvent.IMemberEvent e)
    {
        if (!ClusterRoles.HasHub(e.Member)) return;
        if (e is ClusterEvent.MemberRemoved removed)
        {
            Tell(removed);
            _members.Remove(e.Member.UniqueAddress);
            _hellos.Remove(e.Member.UniqueAddress);
            // One that comes back at its address is known before the former one is removed.
            if (!_members.Keys.Any(m => m.Address.Equals(e.Member.Address))) _node.Batches.Forget(e.Member.Address);
            _unreachable.Remove(e.Member.UniqueAddress);
        }
        else
        {
            Put(e.Member);
        }
        Publish();
        if (e is not ClusterEvent.MemberRemoved && _members.TryGetValue(e.Member.UniqueAddress, out var member) && member.Name is null)
            GreetOne(member, answer: true);
    }

    private void OnReachability(Member member, bool reachable)
    {
        if (!ClusterRoles.HasHub(member)) return;
        var was = !_members.TryGetValue(member.UniqueAddress, out var known) || known.Reachable;
        if (reachable) _unreachable.Remove(member.UniqueAddress);
        else _unreachable.Add(member.UniqueAddress);
        Put(member);
        Publish();
        TellReachable(_members[member.UniqueAddress], was);
    }

    // This node may stop reaching, or reach again, what others do not reach anyway: that is no news to the cluster.
    private void LookAgain()
    {
        var changed = false;
        foreach (var unique in _unreachable)
        {
            if (!_members.TryGetValue(unique, out var member) || member.Reachable == Reaches(unique)) continue;
            _members[unique] = member with { Reachable = !member.Reachable };
            changed = true;
            TellReachable(_members[unique], member.Reachable);
        }
        if (changed) Publish();
    }

    private bool Reaches(UniqueAddress member)
    {
        if (!_unreachable.Contains(member)) return true;
        var detector = _node.Cluster.FailureDetector;
        return detector.IsMonitoring(member.Address) && detector.IsAvailable(member.Address);
    }

    private void TellReachable(ClusterMember member, bool was)
    {
        // One that is leaving ends its connections before it has left.
        if (member.Reachable == was || member.Status is MemberStatus.Leaving or MemberStatus.Exiting or MemberStatus.Down) return;
        if (member.Reachable) Log.NodeReachable(_node.Logger, NameOf(member.Unique), member.Unique.Address.ToString());
        else Log.NodeUnreachable(_node.Logger, NameOf(member.Unique), member.Unique.Address.ToString());
    }

    private void Tell(ClusterEvent.MemberRemoved e)
    {
        if (e.Member.UniqueAddress.Equals(_node.Self)) return;
        if (e.PreviousStatus == MemberStatus.Down)
            Log.NodeRemoved(_node.Logger, NameOf(e.Member.UniqueAddress), e.Member.Address.ToString());
        else if (HasLeft(e.PreviousStatus))
            Log.NodeLeft(_node.Logger, NameOf(e.Member.UniqueAddress), e.Member.Address.ToString());
    }

    /// <summary>
    /// Whether a member that is told to be removed has left by itself. Akka.Cluster tells a node that goes itself that all members are
    /// removed: the others are where they were. Pure.
    /// </summary>
    internal static bool HasLeft(MemberStatus before) => before is MemberStatus.Exiting or MemberStatus.Leaving;

    private string NameOf(UniqueAddress member) => _hellos.TryGetValue(member, out var known) ? known.Hello.Node : "without a name";

    private void Put(Member member) =>
        _members[member.UniqueAddress] = new ClusterMember(
            member.UniqueAddress, member.Status, Reaches(member.UniqueAddress), member.HasRole(ClusterRoles.Stream));

    private void OnHello(Hello hello)
    {
        // The sender's address has no uid: it is the incarnation that is there now.
        ClusterMember? from = null;
        foreach (var member in _members.Values)
        {
            if (member.Unique.Address.Equals(Sender.Path.Address) && (from is null || member.Reachable)) from = member;
        }
        if (from is null) return;
        foreach (var (unique, (other, _)) in _hellos)
        {
            if (other.Node != hello.Node || unique.Equals(from.Unique) || !_members.TryGetValue(unique, out var holder) || !holder.Reachable
                || !holder.IsMember)
                continue;
            // The one that was there first keeps the name; both sides see the same start times.
            if ((other.StartedAt, unique.Uid).CompareTo((hello.StartedAt, from.Unique.Uid)) > 0) continue;
            Sender.Tell(new NameTaken(hello.Node, unique.Address.ToString()), Self);
            return;
        }
        // The other one was there first, and says so itself by its greeting, which may come before its answer to this node's.
        if (hello.Node == _node.Context.NodeName && !from.Unique.Equals(_node.Self)
            && (hello.StartedAt, from.Unique.Uid).CompareTo((_nodes.StartedAt.ToUnixTimeMilliseconds(), _node.Self.Uid)) < 0)
            _nodes.OnNameTaken(new NameTaken(hello.Node, from.Unique.Address.ToString()), byHolder: true);
        // The one that came later goes, and hears of it by the greeting of the other.
        if (hello.Shards != 0 && hello.Shards != _node.Context.Options.Shards && IsOlder(from.Unique))
            _nodes.ShardsDiffer(hello, from.Unique.Address);
        Accept(from.Unique, hello, Sender);
        if (hello.Answer) Sender.Tell(OwnHello(answer: false), Self);
    }

    private bool IsOlder(UniqueAddress other) =>
        _node.Cluster.State.Members.FirstOrDefault(m => m.UniqueAddress.Equals(other))?.IsOlderThan(_node.Cluster.SelfMember) == true;

    private void Accept(UniqueAddress from, Hello hello, IActorRef actor)
    {
        var isKnown = _hellos.TryGetValue(from, out var known);
        if (isKnown && known.Hello == hello && known.Actor.Equals(actor)) return;
        _hellos[from] = (hello, actor);
        _node.Batches.Allow(from.Address, hello.TakesBatches);
        if (!isKnown) Log.NodeJoined(_node.Logger, hello.Node, from.Address.ToString());
        Publish();
    }

    private void Greet()
    {
        foreach (var member in _members.Values)
        {
            if (!_hellos.ContainsKey(member.Unique)) GreetOne(member, answer: true);
        }
    }

    private void GreetOne(ClusterMember member, bool answer)
    {
        if (member.Unique.Equals(_node.Self)) return;
        Context.ActorSelection(PathAt(member.Unique.Address)).Tell(OwnHello(answer), Self);
    }

    private Hello OwnHello(bool answer) =>
        new(_node.Context.NodeName, _nodes.StartedAt.ToUnixTimeMilliseconds(), _nodes.IsDraining, _node.Context.Options.Address, answer)
        {
            Shards = _node.Context.Options.Shards,
        };

    private void Publish()
    {
        var members = _members.Values.OrderBy(static m => m.Unique).Select(m => !_hellos.TryGetValue(m.Unique, out var h) ? m : m with
        {
            Name = h.Hello.Node,
            Actor = h.Actor,
            Draining = h.Hello.Draining,
            StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(h.Hello.StartedAt),
            PublicAddress = h.Hello.Address,
        });
        var view = new ClusterView(_node.Self, [.. members]);
        _node.Publish(view);
        _nodes.OnView(view);
    }

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        internal static readonly Tick Instance = new();
    }

    /// <summary>To oneself: something that <see cref="Hello"/> says has changed.</summary>
    internal sealed class SayHello : INoSerializationVerificationNeeded
    {
        internal static readonly SayHello Instance = new();
    }
}
