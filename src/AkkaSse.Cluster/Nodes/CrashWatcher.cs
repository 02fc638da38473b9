using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using AkkaSse.Cluster.Hosting;

namespace AkkaSse.Cluster.Nodes;

/// <summary>
/// One per ActorSystem of the engine's own, at a fixed path. It looks at the port of every member once, when the member appears. When a
/// connection to a member ends it looks again; where nothing listens any more it says so to the others, and when <see cref="CrashRules"/>
/// are met the member is downed without the seconds of silence that prove a network to be gone.
/// </summary>
internal sealed class CrashWatcher : ReceiveActor
{
    internal const string Name = "akkasse-crash-watcher";

    // How long the word of a node counts: as long as all nodes need to look, several times over.
    private const long WordCounts = 2_000;
    private const long SayAgainAfter = 1_000;

    private readonly ClusterNode _node;
    private readonly CrashEvidence _evidence;

    // Members whose port this node has seen open. A port that it never could reach proves nothing by being closed: addresses may be
    // translated.
    private readonly HashSet<UniqueAddress> _seenOpen = [];
    private readonly HashSet<UniqueAddress> _looking = [];
    private readonly HashSet<UniqueAddress> _downed = [];
    private readonly Dictionary<UniqueAddress, Dictionary<UniqueAddress, long>> _witnesses = [];
    private readonly Dictionary<UniqueAddress, long> _said = [];
    private readonly CancellationTokenSource _stopped = new();

    public CrashWatcher(ClusterNode node)
    {
        _node = node;
        _evidence = CrashEvidence.Of(Context.System.EventStream);
        Receive<DisassociatedEvent>(e => Look(e.RemoteAddress));
        Receive<AssociationErrorEvent>(e => Look(e.RemoteAddress));
        Receive<AssociatedEvent>(e => OnConnected(e.RemoteAddress));
        Receive<Looked>(OnLooked);
        Receive<Crashed>(OnCrashed);
        Receive<ClusterView>(OnView);
    }

    private static long Now => Environment.TickCount64;

    /// <summary>The path of a node's watcher.</summary>
    internal static ActorPath PathAt(Address address) => new RootActorPath(address) / "user" / Name;

    protected override void PreStart()
    {
        var events = Context.System.EventStream;
        events.Subscribe(Self, typeof(DisassociatedEvent));
        events.Subscribe(Self, typeof(AssociationErrorEvent));
        events.Subscribe(Self, typeof(AssociatedEvent));
        events.Subscribe(Self, typeof(ClusterView));
        OnView(_node.View);
    }

    protected override void PostStop()
    {
        Context.System.EventStream.Unsubscribe(Self);
        // The evidence belongs to the ActorSystem and would outlive a restart of this actor, which then would not withdraw it.
        foreach (var suspect in _downed) _evidence.Remove(suspect.Address);
        _stopped.Cancel();
        _stopped.Dispose();
    }

    private void Look(Address address)
    {
        // One that leaves ends its connections by itself.
        if (Suspect(address) is { } suspect) Look(suspect);
    }

    private void Look(UniqueAddress member)
    {
        if (!_looking.Add(member)) return;
        LookAsync(member, _stopped.Token).PipeTo(Self, failure: _ => new Looked(member, PortState.Unknown));
    }

    private static async Task<Looked> LookAsync(UniqueAddress member, CancellationToken stopped) =>
        new(member, await PortProbe.LookAsync(member.Address, stopped).ConfigureAwait(false));

    private UniqueAddress? Suspect(Address address)
    {
        foreach (var member in _node.View.Members)
        {
            if (IsWatched(member) && member.Unique.Address.Equals(address)) return member.Unique;
        }
        return null;
    }

    private bool IsWatched(ClusterMember member) =>
        member.Status is MemberStatus.Up or MemberStatus.WeaklyUp or MemberStatus.Joining && !member.Unique.Equals(_node.Self);

    private void OnLooked(Looked looked)
    {
        _looking.Remove(looked.Member);
        // It may be gone meanwhile, and another one be there in its place.
        if (Suspect(looked.Member.Address) is not { } suspect || !suspect.Equals(looked.Member)) return;
        if (looked.State == PortState.Open)
        {
            _seenOpen.Add(suspect);
            Withdraw(suspect);
        }
        if (looked.State != PortState.Refused || !_seenOpen.Contains(suspect)) return;
        Say(suspect);
        Testify(suspect, _node.Self);
    }

    // Whatever its port says: it is connected.
    private void OnConnected(Address address)
    {
        if (Suspect(address) is { } member) Withdraw(member);
    }

    private void Withdraw(UniqueAddress member)
    {
        if (_witnesses.TryGetValue(member, out var witnesses)) witnesses.Remove(_node.Self);
    }

    private void Say(UniqueAddress suspect)
    {
        if (_said.TryGetValue(suspect, out var at) && Now - at < SayAgainAfter) return;
        _said[suspect] = Now;
        var crashed = new Crashed(suspect.Address.ToString(), suspect.Uid);
        foreach (var member in _node.View.Members)
        {
            if (member.Reachable && !member.Unique.Equals(_node.Self) && !member.Unique.Equals(suspect))
                Context.ActorSelection(PathAt(member.Unique.Address)).Tell(crashed, Self);
        }
    }

    private void OnCrashed(Crashed crashed)
    {
        if (!ActorPath.TryParseAddress(crashed.Address, out var address)) return;
        if (Suspect(address) is not { } suspect || suspect.Uid != crashed.Uid) return;
        var from = Sender.Path.Address;
        foreach (var member in _node.View.Members)
        {
            if (!member.Unique.Address.Equals(from)) continue;
            Testify(suspect, member.Unique);
            break;
        }
        // What another node has found this one looks at too, before its own connection tells.
        if (!_downed.Contains(suspect)) Look(suspect);
    }

    private void Testify(UniqueAddress suspect, UniqueAddress witness)
    {
        if (!_witnesses.TryGetValue(suspect, out var witnesses)) _witnesses[suspect] = witnesses = [];
        witnesses[witness] = Now;
        if (_downed.Contains(suspect)) return;
        // Only who has looked itself decides, and a node that is suspected itself is no witness.
        var heard = witnesses.Where(w => Now - w.Value <= WordCounts && !IsSuspected(w.Key)).Select(static w => w.Key).ToHashSet();
        if (!heard.Contains(_node.Self) || !CrashRules.IsCertain(_node.View, suspect, heard)) return;
        _downed.Add(suspect);
        // A downed member is removed when it is unreachable too.
        _evidence.Add(suspect.Address);
        Log.NodeCrashed(_node.Logger, _node.View.Find(suspect)?.Name ?? "without a name", suspect.Address.ToString());
        _node.Cluster.Down(suspect.Address);
    }

    private bool IsSuspected(UniqueAddress node) =>
        _witnesses.TryGetValue(node, out var witnesses) && witnesses.TryGetValue(_node.Self, out var at) && Now - at <= WordCounts;

    private void OnView(ClusterView view)
    {
        foreach (var member in view.Members)
        {
            if (IsWatched(member) && !_seenOpen.Contains(member.Unique)) Look(member.Unique);
        }
        foreach (var gone in _seenOpen.Concat(_witnesses.Keys).Concat(_downed).Where(m => view.Find(m) is null).ToHashSet())
        {
            if (_downed.Remove(gone)) _evidence.Remove(gone.Address);
            _seenOpen.Remove(gone);
            _witnesses.Remove(gone);
            _said.Remove(gone);
        }
    }

    /// <summary>To oneself: what the port of a member answered.</summary>
    private sealed record Looked(UniqueAddress Member, PortState State) : INoSerializationVerificationNeeded;
}
