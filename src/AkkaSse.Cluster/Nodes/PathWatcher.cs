using Akka.Actor;
using AkkaSse.Cluster.Hosting;

namespace AkkaSse.Cluster.Nodes;

/// <summary>
/// One per ActorSystem of the engine's own, at a fixed path. While a member is unreachable for anybody, tells the others every 250 ms which
/// members this node itself cannot reach, and removes what <see cref="PathReports"/> says.
/// </summary>
internal sealed class PathWatcher : ReceiveActor, IWithTimers
{
    internal const string Name = "akkasse-path-watcher";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly ClusterNode _node;
    private readonly PathReports _reports = new();
    private readonly HashSet<string> _downed = new(StringComparer.Ordinal);

    public PathWatcher(ClusterNode node)
    {
        _node = node;
        Receive<BrokenPaths>(OnReport);
        Receive<Tick>(_ => Look());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private static long Now => Environment.TickCount64;

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, Interval);

    private void OnReport(BrokenPaths report)
    {
        // The sender's address has no uid: what an earlier incarnation said counts for 2 s at most.
        foreach (var member in _node.View.Members)
        {
            if (member.Unique.Address.Equals(Sender.Path.Address)) _reports.Add(member.Unique, report.To, Now);
        }
    }

    private void Look()
    {
        var view = _node.View;
        _downed.RemoveWhere(id => view.Members.All(m => m.Id != id));
        // What others observe counts too: then this node may be the one between two that do not reach each other.
        if (_node.Cluster.State.Unreachable.IsEmpty)
        {
            _reports.Clear();
            return;
        }
        var report = new BrokenPaths([.. view.Members.Where(IsUnreached).Select(static m => m.Id)]);
        foreach (var member in view.Members)
        {
            if (!member.Unique.Equals(view.Self) && !IsUnreached(member))
                Context.ActorSelection(new RootActorPath(member.Unique.Address) / "user" / Name).Tell(report, Self);
        }
        _reports.Add(view.Self, report.To, Now);
        foreach (var member in _reports.ToRemove(view, Now))
        {
            if (!_downed.Add(member.Id)) continue;
            Log.PartialPartition(_node.Logger, member.Name ?? "without a name", member.Unique.Address.ToString());
            _node.Cluster.Down(member.Unique.Address);
        }
    }

    // By this node's own failure detector, which looks at nine members at most.
    private bool IsUnreached(ClusterMember member)
    {
        var detector = _node.Cluster.FailureDetector;
        return detector.IsMonitoring(member.Unique.Address) && !detector.IsAvailable(member.Unique.Address);
    }

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        internal static readonly Tick Instance = new();
    }
}
