using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using AkkaSse.Cluster.Hosting;

namespace AkkaSse.Cluster.Nodes;

/// <summary>
/// One per ActorSystem of the engine's own, at a fixed path. When a connection to a member ends, it looks at the member's port at once;
/// where nothing listens any more, it says so to the others, and when <see cref="CrashRules"/> are met the member is downed without the
/// seconds of silence that prove a network to be gone.
/// </summary>
internal sealed class CrashWatcher : ReceiveActor
{
    internal const string Name = "akkasse-crash-watcher";

    private readonly ClusterNode _node;
    private readonly CrashEvidence _evidence;
    private readonly HashSet<UniqueAddress> _looking = [];
    private readonly Dictionary<UniqueAddress, HashSet<UniqueAddress>> _witnesses = [];
    private readonly HashSet<UniqueAddress> _downed = [];
    private readonly CancellationTokenSource _stopped = new();

    public CrashWatcher(ClusterNode node)
    {
        _node = node;
        _evidence = CrashEvidence.Of(Context.System.EventStream);
        Receive<DisassociatedEvent>(e => Look(e.RemoteAddress));
        Receive<AssociationErrorEvent>(e => Look(e.RemoteAddress));
        Receive<Looked>(OnLooked);
        Receive<Crashed>(OnCrashed);
        Receive<ClusterView>(OnView);
    }

    /// <summary>The path of a node's watcher.</summary>
    internal static ActorPath PathAt(Address address) => new RootActorPath(address) / "user" / Name;

    protected override void PreStart()
    {
        var events = Context.System.EventStream;
        events.Subscribe(Self, typeof(DisassociatedEvent));
        events.Subscribe(Self, typeof(AssociationErrorEvent));
        events.Subscribe(Self, typeof(ClusterView));
    }

    protected override void PostStop()
    {
        Context.System.EventStream.Unsubscribe(Self);
        _stopped.Cancel();
        _stopped.Dispose();
    }

    private void Look(Address address)
    {
        // One that leaves ends its connections by itself.
        if (Suspect(address) is not { } suspect || !_looking.Add(suspect)) return;
        LookAsync(suspect, _stopped.Token).PipeTo(Self, failure: _ => new Looked(suspect, PortState.Unknown));
    }

    private static async Task<Looked> LookAsync(UniqueAddress suspect, CancellationToken stopped) =>
        new(suspect, await PortProbe.LookAsync(suspect.Address, stopped).ConfigureAwait(false));

    private UniqueAddress? Suspect(Address address)
    {
        foreach (var member in _node.View.Members)
        {
            if (member.Status is MemberStatus.Up or MemberStatus.WeaklyUp or MemberStatus.Joining && member.Unique.Address.Equals(address)
                && !member.Unique.Equals(_node.Self))
                return member.Unique;
        }
        return null;
    }

    private void OnLooked(Looked looked)
    {
        _looking.Remove(looked.Suspect);
        if (looked.State == PortState.Open) Forget(looked.Suspect);
        // It may be gone meanwhile, and another one be there in its place.
        if (looked.State != PortState.Refused || Suspect(looked.Suspect.Address) is not { } suspect || !suspect.Equals(looked.Suspect))
            return;
        _evidence.Add(suspect.Address);
        var crashed = new Crashed(suspect.Address.ToString(), suspect.Uid);
        foreach (var member in _node.View.Members)
        {
            if (member.Reachable && !member.Unique.Equals(_node.Self) && !member.Unique.Equals(suspect))
                Context.ActorSelection(PathAt(member.Unique.Address)).Tell(crashed, Self);
        }
        Testify(suspect, _node.Self);
    }

    private void OnCrashed(Crashed crashed)
    {
        if (Suspect(Address.Parse(crashed.Address)) is not { } suspect || suspect.Uid != crashed.Uid) return;
        var from = Sender.Path.Address;
        foreach (var member in _node.View.Members)
        {
            if (!member.Unique.Address.Equals(from)) continue;
            Testify(suspect, member.Unique);
            break;
        }
        // What another node has found this one can look at too, before its own connection tells.
        Look(suspect.Address);
    }

    private void Testify(UniqueAddress suspect, UniqueAddress witness)
    {
        if (!_witnesses.TryGetValue(suspect, out var witnesses)) _witnesses[suspect] = witnesses = [];
        witnesses.Add(witness);
        // Only who has looked itself decides.
        if (!witnesses.Contains(_node.Self) || !CrashRules.IsCertain(_node.View, suspect, witnesses) || !_downed.Add(suspect)) return;
        Log.NodeCrashed(_node.Logger, _node.View.Find(suspect)?.Name ?? "without a name", suspect.Address.ToString());
        _node.Cluster.Down(suspect.Address);
    }

    private void OnView(ClusterView view)
    {
        foreach (var suspect in _witnesses.Keys)
        {
            if (view.Find(suspect) is null) Forget(suspect);
        }
    }

    private void Forget(UniqueAddress suspect)
    {
        _evidence.Remove(suspect.Address);
        _witnesses.Remove(suspect);
        _downed.Remove(suspect);
    }

    /// <summary>To oneself: what the port of a member answered.</summary>
    private sealed record Looked(UniqueAddress Suspect, PortState State) : INoSerializationVerificationNeeded;
}
