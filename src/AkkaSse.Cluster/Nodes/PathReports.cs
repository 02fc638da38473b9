using Akka.Cluster;
using AkkaSse.Cluster.Hosting;

namespace AkkaSse.Cluster.Nodes;

/// <summary>
/// What the members report about the paths between them, and who decides when some are broken. Only a node that every member reports to can
/// know that nothing but paths is broken: where a node is silent the cluster is cut, or that node is gone, and the split brain resolver
/// decides. Pure; times are milliseconds of one clock.
/// </summary>
internal sealed class PathReports
{
    /// <summary>So long a report counts: nodes report every 250 ms while somebody is unreachable for anybody.</summary>
    internal const long Counts = 1_750;

    /// <summary>
    /// So long the same paths must be broken, after the 3 to 4 s of the failure detector. With 0.5 s for reports and ticks it is below the
    /// 4 s of stable-after, when the resolver would remove both ends.
    /// </summary>
    internal const long StableAfter = 2_500;

    private readonly Dictionary<UniqueAddress, (long At, HashSet<string> Unreached)> _reports = [];
    private HashSet<(int A, int B)> _broken = [];
    private string _members = "";
    private long _since;

    /// <param name="from">Who reports.</param>
    /// <param name="unreached">The members that it cannot reach, by <see cref="ClusterMember.Id"/>.</param>
    /// <param name="now">When it was received.</param>
    internal void Add(UniqueAddress from, IEnumerable<string> unreached, long now) => _reports[from] = (now, [.. unreached]);

    /// <summary>Nobody is unreachable for anybody.</summary>
    internal void Clear()
    {
        _reports.Clear();
        _broken = [];
    }

    /// <summary>The members that this node is to remove now; none while others decide, or nobody may.</summary>
    /// <param name="view">The membership.</param>
    /// <param name="now">The time.</param>
    internal IReadOnlyList<ClusterMember> ToRemove(ClusterView view, long now)
    {
        var members = view.Members.Where(static m => m.IsMember).ToArray();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < members.Length; i++) places[members[i].Id] = i;
        HashSet<(int A, int B)> broken = [];
        var complete = true;
        for (var i = 0; i < members.Length; i++)
        {
            if (!_reports.TryGetValue(members[i].Unique, out var report) || now - report.At > Counts)
            {
                complete = false;
                break;
            }
            foreach (var id in report.Unreached)
            {
                if (places.TryGetValue(id, out var other)) broken.Add((Math.Min(i, other), Math.Max(i, other)));
            }
        }
        var known = string.Join(' ', places.Keys);
        if (!complete || !broken.SetEquals(_broken) || known != _members)
        {
            (_broken, _members, _since) = (complete ? broken : [], known, now);
            return [];
        }
        if (broken.Count == 0 || now - _since < StableAfter || Decider(members, broken) is not { } decider
            || !decider.Unique.Equals(view.Self)) return [];
        return [.. PartialPartition.ToRemove([.. members.Select(static m => m.HostsStreams)], broken).Select(i => members[i])];
    }

    // The first that reaches all others: all that reach all know the same.
    private static ClusterMember? Decider(ClusterMember[] members, HashSet<(int A, int B)> broken)
    {
        for (var i = 0; i < members.Length; i++)
        {
            if (!broken.Any(p => p.A == i || p.B == i)) return members[i];
        }
        return null;
    }
}
