using Akka.Actor;
using Akka.Cluster.Sharding;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Clients;

/// <summary>
/// Decides who holds a client id. In memory only: what it knows stands on the nodes that hold the claims, and a new incarnation asks every
/// member before it decides; one that does not answer may hold the id, and is waited for until it answers or is no member any more.
/// </summary>
internal sealed class ClientEntity : ReceiveActor, IWithTimers
{
    // Callers have given up after 2 s.
    private const int MaxWaiting = 1_000;
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

    // A node that has answered the entity within this time is believed; later its table is looked at before somebody is refused because of
    // it.
    private const long Believed = 1_000;

    // A node that is told of changes asks again after this time: the message that should have told it may be lost.
    private const long ToldFor = 30_000;

    private readonly string _name;
    private readonly ClusterNode _node;
    private readonly ClaimState _state = new();
    private readonly List<(IEntityMessage Message, IActorRef From)> _waiting = [];
    private readonly HashSet<string> _answered = new(StringComparer.Ordinal);

    // Nodes that remember where the client is. Those that remember it of an earlier incarnation of this entity have forgotten it when they
    // were asked for their claims.
    private readonly HashSet<string> _rememberers = new(StringComparer.Ordinal);
    private readonly long _incarnation;
    private bool _asking;
    private bool _recovered;
    private string? _verifying;
    private long _verifyingSince;

    // What was decided and is answered when the former holder knows that it has lost the id: were the winner told first and this actor's
    // node killed then, both would hold it until somebody asked for the id again.
    private Handover? _handover;

    // Nodes that hold a claim that was given to another, and have not said yet that they know: told again until they do, or are gone.
    private readonly HashSet<string> _untold = new(StringComparer.Ordinal);

    // The node that did not answer last: it is not waited for once more.
    private string? _silent;

    public ClientEntity(string name, ClusterNode node)
    {
        _name = name;
        _node = node;
        _incarnation = Now;
        Receive<Claim>(Accept);
        Receive<Restore>(Accept);
        Receive<Release>(Accept);
        Receive<Locate>(Accept);
        Receive<Refuse>(Accept);
        Receive<RefusedQuestion>(Accept);
        Receive<ClaimsHeld>(OnHeld);
        Receive<Tick>(_ => Ask());
        Receive<ReceiveTimeout>(_ => OnIdle());
        Receive<Stop>(_ => Context.Stop(Self));
        Context.SetReceiveTimeout(Idle);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private long Now => _node.Context.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private bool IsKnown => _recovered && _verifying is null && _handover is null;

    private void Accept(IEntityMessage message)
    {
        if (_waiting.Count < MaxWaiting) _waiting.Add((message, Sender));
        if (!_asking) Begin();
        else Go();
    }

    // False: it waits for an answer of a node, and is decided then.
    private bool Decide(IEntityMessage message, IActorRef from)
    {
        _state.EndWhere(h => _node.View.Members.All(m => m.Id != h.By.Member));
        switch (message)
        {
            case Claim m:
                return OnClaim(m, from);
            case Restore m:
                from.Tell(new ClaimAnswer(
                    _state.Restore(m.By, m.Generation, Now) ? ClaimStatus.Granted : ClaimStatus.InUse, m.Generation, _incarnation), Self);
                TellChanged();
                return true;
            case Release m:
                _state.End(m.Zone, m.Token, m.Generation);
                TellChanged();
                from.Tell(Done.Instance, Self);
                return true;
            case Refuse m:
                OnRefuse(m, from);
                return true;
            case RefusedQuestion m:
                from.Tell(new IsRefused(_state.Refusals.Contains(m.Zone, m.Instance, Now)), Self);
                return true;
            default:
                OnLocate((Locate)message, from);
                return true;
        }
    }

    private void Begin()
    {
        _asking = true;
        Ask();
        KeepAsking();
    }

    private void Ask()
    {
        if (_verifying is { } member)
        {
            // A node that does not answer may hold it.
            if (Now - _verifyingSince < AskAgain.TotalMilliseconds && Find(member) is not null) return;
            _silent = member;
            Verified();
            return;
        }
        TellUntold();
        if (_handover is { } handover && (Now - handover.Since >= AskAgain.TotalMilliseconds || Find(handover.Loser.By.Member) is null))
        {
            _silent = handover.Loser.By.Member;
            HandOver();
            return;
        }
        if (_recovered) return;
        var missing = false;
        foreach (var other in _node.View.Members)
        {
            if (_answered.Contains(other.Id) || !MayHold(other)) continue;
            missing = true;
            if (other.Actor is { } actor) actor.Tell(new ClaimsQuestion(_name, _incarnation), Self);
        }
        if (!missing) Recovered();
    }

    private void OnHeld(ClaimsHeld held)
    {
        if (held.Incarnation != _incarnation) return;
        if (_silent == held.Member) _silent = null;
        if (_verifying == held.Member)
        {
            _state.EndWhere(h => h.By.Member == held.Member && !held.Claims.Any(c => c.Token == h.By.Token));
            foreach (var claim in held.Claims)
            {
                if (_state.Find(claim.Zone) is { } holder && holder.By.Token == claim.Token)
                    _state.Restore(holder.By, holder.Generation, Now);
            }
            Verified();
            return;
        }
        if (_recovered)
        {
            if (_untold.Contains(held.Member)) OnUntold(held);
            return;
        }
        if (!_answered.Add(held.Member)) return;
        if (!held.Refusals.IsEmpty) _state.Refusals.Load(held.Refusals, Now);
        foreach (var claim in held.Claims)
        {
            // One without a generation was granted by nobody that is known; its node takes no late answer any more.
            if (claim.Generation == 0) continue;
            var by = new Claimant(claim.Zone, claim.Instance, claim.Subject, held.Node, held.Member, claim.Token);
            if (_state.Find(claim.Zone) is { } other && other.Generation < claim.Generation)
            {
                TellLost(other);
                _state.End(claim.Zone, other.By.Token, other.Generation);
            }
            if (!_state.Restore(by, claim.Generation, Now)) TellLost(new Holder(by, claim.Generation, Now));
        }
        Ask();
    }

    private void Recovered()
    {
        _recovered = true;
        // Also to those that have joined since.
        if (_state.Refusals.LastUntil > 0) KeepRefusals();
        Go();
    }

    private void Verified()
    {
        _verifying = null;
        TellChanged();
        Go();
    }

    // In the order in which they came.
    private void Go()
    {
        if (!IsKnown) return;
        var decided = 0;
        while (IsKnown && decided < _waiting.Count && Decide(_waiting[decided].Message, _waiting[decided].From)) decided++;
        _waiting.RemoveRange(0, decided);
        if (IsKnown && _untold.Count == 0) Timers.Cancel("ask");
        else KeepAsking();
    }

    private bool OnClaim(Claim m, IActorRef from)
    {
        if (_state.Find(m.By.Zone) is { } holder && Now - holder.SeenAt > Believed
            && Find(holder.By.Member) is { Actor: { } actor } member)
        {
            // It may have given up waiting for the answer that made it the holder.
            _verifying = member.Id;
            _verifyingSince = Now;
            _state.Restore(holder.By, holder.Generation, Now);
            actor.Tell(new ClaimsQuestion(_name, _incarnation), Self);
            KeepAsking();
            return false;
        }
        var refusals = _state.Refusals.Version;
        var (status, generation, loser) = _state.Decide(m.By, m.Policy, Now);
        if (_state.Refusals.Version != refusals) KeepRefusals();
        var answer = new ClaimAnswer(status, generation, _incarnation);
        if (loser is null || Find(loser.By.Member) is not { } losing)
        {
            if (status == ClaimStatus.Granted) TellChanged();
            from.Tell(answer, Self);
            return true;
        }
        _untold.Add(losing.Id);
        TellLost(loser);
        if (losing is { Reachable: true, Actor: { } node } && losing.Id != _silent)
        {
            _handover = new Handover(loser, Now, answer, from);
            node.Tell(new ClaimsQuestion(_name, _incarnation), Self);
        }
        else
        {
            // Gone, perhaps, with the connection that comes back now.
            TellChanged();
            from.Tell(answer, Self);
        }
        KeepAsking();
        return true;
    }

    private void HandOver()
    {
        var handover = _handover!;
        _handover = null;
        TellChanged();
        handover.To.Tell(handover.Answer, Self);
        Go();
    }

    private void TellUntold()
    {
        _untold.RemoveWhere(member => Find(member) is null);
        foreach (var member in _untold) Find(member)!.Actor?.Tell(new ClaimsQuestion(_name, _incarnation), Self);
    }

    // What a node says that has lost a claim: what it still holds beside the holder it is told again.
    private void OnUntold(ClaimsHeld held)
    {
        var knows = true;
        foreach (var claim in held.Claims)
        {
            if (claim.Generation == 0) continue;
            var by = new Claimant(claim.Zone, claim.Instance, claim.Subject, held.Node, held.Member, claim.Token);
            if (_state.Restore(by, claim.Generation, Now)) continue;
            knows = false;
            TellLost(new Holder(by, claim.Generation, Now));
        }
        if (!knows) return;
        _untold.Remove(held.Member);
        if (_handover?.Loser.By.Member == held.Member) HandOver();
        else Go();
    }

    private ClusterMember? Find(string member)
    {
        foreach (var one in _node.View.Members)
        {
            if (one.Id == member) return one;
        }
        return null;
    }

    // One that is joining may know that it is up, and serve, before this node has heard of that; by then it has said its name.
    private static bool MayHold(ClusterMember member) => member.IsMember || member.Status == Akka.Cluster.MemberStatus.Exiting
        || member is { Status: Akka.Cluster.MemberStatus.Joining, Actor: not null };

    private void KeepAsking()
    {
        if (!Timers.IsTimerActive("ask")) Timers.StartPeriodicTimer("ask", Tick.Instance, AskAgain);
    }

    private void OnLocate(Locate m, IActorRef from)
    {
        if (m.Member is { } member) _rememberers.Add(member);
        from.Tell(new Located(
            true, [.. _state.Holders.Select(static h => new Located.Place(h.By.Zone, h.By.Node, h.By.Member, h.Generation))])
            {
                ToldForMilliseconds = m.Member is null ? 0 : ToldFor,
            }, Self);
    }

    private void TellChanged()
    {
        if (_rememberers.Count == 0) return;
        var changed = new PlacesChanged(_name);
        foreach (var member in _node.View.Members)
        {
            if (_rememberers.Contains(member.Id)) member.Actor?.Tell(changed, Self);
        }
        _rememberers.Clear();
    }

    private void OnRefuse(Refuse m, IActorRef from)
    {
        _state.Refusals.Add(m.Zone, m.Instance, Now + m.Milliseconds, Now);
        KeepRefusals();
        from.Tell(Done.Instance, Self);
    }

    private void KeepRefusals()
    {
        var message = new KeepRefusals(_name, _state.Refusals.LastUntil, _state.Refusals.ToBytes());
        foreach (var member in _node.View.Members) member.Actor?.Tell(message, Self);
    }

    private void TellLost(Holder holder) =>
        Find(holder.By.Member)?.Actor?.Tell(new ClaimLost(_name, holder.By.Zone, holder.Generation), Self);

    private void OnIdle()
    {
        var now = Now;
        _state.EndWhere(h => _node.View.Members.All(m => m.Id != h.By.Member));
        _state.Refusals.Expire(now);
        if (_state.IsEmpty && _waiting.Count == 0 && _untold.Count == 0) Context.Parent.Tell(new Passivate(Stop.Instance));
    }

    private sealed record Handover(Holder Loser, long Since, ClaimAnswer Answer, IActorRef To);

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        internal static readonly Tick Instance = new();
    }

    /// <summary>Ends an entity: its shard moves away, or nobody needs it.</summary>
    internal sealed class Stop : INoSerializationVerificationNeeded
    {
        internal static readonly Stop Instance = new();
    }
}
