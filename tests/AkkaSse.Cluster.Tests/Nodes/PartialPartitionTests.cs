using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Cluster.Nodes;

namespace AkkaSse.Cluster.Tests.Nodes;

/// <summary>Which node has to go when some do not reach each other, who decides, and when.</summary>
public sealed class PartialPartitionTests
{
    [Theory]
    // Nodes in order (s holds streams, e does not), broken paths, who has to go.
    [InlineData("sss", "02", "2")]
    [InlineData("sss", "20", "2")]
    [InlineData("sss", "01", "1")]
    [InlineData("sss", "01 02", "0")]
    [InlineData("sss", "01 02 12", "")]
    [InlineData("ss", "01", "")]
    [InlineData("sssss", "04 13", "34")]
    [InlineData("sssss", "01 23 34", "13")]
    [InlineData("sssss", "01 02 03 04", "0")]
    [InlineData("sssss", "01 02 12 34", "")]
    [InlineData("sse", "02", "2")]
    [InlineData("ess", "02", "0")]
    [InlineData("esss", "01 02", "0")]
    [InlineData("sss", "", "")]
    public void Fewest_nodes_go_with_which_all_that_stay_reach_each_other(string nodes, string paths, string gone)
    {
        var holds = nodes.Select(static c => c == 's').ToArray();
        var removed = PartialPartition.ToRemove(holds, Paths(paths));
        string.Concat(removed).ShouldBe(gone);
    }

    [Fact]
    public void All_graphs_of_five_nodes_leave_a_majority_without_a_broken_path_or_are_not_decided()
    {
        var all = (from a in Enumerable.Range(0, 5) from b in Enumerable.Range(0, 5) where a < b select (a, b)).ToArray();
        for (var set = 1; set < 1 << all.Length; set++)
        {
            var paths = all.Where((_, i) => (set & (1 << i)) != 0).ToArray();
            var removed = PartialPartition.ToRemove([true, true, true, true, true], paths);
            if (removed.Count > 0)
            {
                removed.Count.ShouldBeLessThan(3);
                paths.ShouldAllBe(p => removed.Contains(p.a) || removed.Contains(p.b));
            }
            // No smaller set would do, and none was overlooked.
            for (var gone = 0; gone < 32; gone++)
            {
                if (!paths.All(p => (gone & (1 << p.a)) != 0 || (gone & (1 << p.b)) != 0)) continue;
                var count = int.PopCount(gone);
                if (count < 3) removed.Count.ShouldBeInRange(1, count);
            }
        }
    }

    [Fact]
    public void Node_between_two_that_do_not_reach_each_other_removes_the_higher_one_when_that_has_lasted_and_they_do_nothing()
    {
        var net = new Net(3);
        net.Break(0, 2);
        net.Step().ShouldBe([]);
        for (var time = 500; time < PathReports.StableAfter; time += 500) net.Step(500).ShouldBe([]);
        net.Step(500).ShouldBe([(1, 2)]);
    }

    [Fact]
    public void Node_that_is_silent_for_anybody_keeps_all_from_deciding()
    {
        var net = new Net(5);
        net.Break(0, 2);
        net.Silence(4);
        for (var i = 0; i < 40; i++) net.Step(500).ShouldBe([]);
    }

    [Fact]
    public void Path_that_comes_and_goes_removes_nobody()
    {
        var net = new Net(3);
        for (var i = 0; i < 40; i++)
        {
            if (i % 4 == 0) net.Break(0, 2);
            else if (i % 4 == 3) net.Heal(0, 2);
            net.Step(500).ShouldBe([]);
        }
    }

    [Fact]
    public void First_of_those_that_reach_all_decides_alone()
    {
        var net = new Net(5);
        net.Break(0, 3);
        for (var i = 0; i < 5; i++) net.Step(500);
        net.Step(500).ShouldBe([(1, 3)]);
    }

    [Fact]
    public void Nobody_decides_where_nobody_reaches_all()
    {
        var net = new Net(4);
        net.Break(0, 2);
        net.Break(1, 3);
        for (var i = 0; i < 40; i++) net.Step(500).ShouldBe([]);
    }

    private static (int A, int B)[] Paths(string paths) =>
        [.. paths.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static p => (p[0] - '0', p[1] - '0'))];

    /// <summary>Nodes that report to each other every 500 ms over the paths that are whole.</summary>
    private sealed class Net
    {
        private readonly ImmutableArray<ClusterMember> _members;
        private readonly PathReports[] _reports;
        private readonly HashSet<(int, int)> _broken = [];
        private readonly HashSet<int> _silent = [];
        private long _now;

        internal Net(int nodes)
        {
            _members = [.. Enumerable.Range(0, nodes).Select(static i => new ClusterMember(
                new UniqueAddress(new Address("akka.tcp", "s", $"10.0.0.{i}", 4053), i), MemberStatus.Up, true, true))];
            _reports = [.. Enumerable.Range(0, nodes).Select(static _ => new PathReports())];
        }

        internal void Break(int a, int b) => _broken.Add((a, b));

        internal void Heal(int a, int b) => _broken.Remove((a, b));

        internal void Silence(int node) => _silent.Add(node);

        /// <summary>Who removes whom.</summary>
        internal List<(int By, int Node)> Step(long after = 0)
        {
            _now += after;
            for (var from = 0; from < _members.Length; from++)
            {
                if (_silent.Contains(from)) continue;
                var unreached = _members.Where((_, to) => !Reaches(from, to)).Select(static m => m.Id).ToList();
                for (var to = 0; to < _members.Length; to++)
                {
                    if (Reaches(from, to)) _reports[to].Add(_members[from].Unique, unreached, _now);
                }
            }
            var removed = new List<(int, int)>();
            for (var i = 0; i < _members.Length; i++)
            {
                foreach (var member in _reports[i].ToRemove(new ClusterView(_members[i].Unique, _members), _now))
                    removed.Add((i, _members.IndexOf(member)));
            }
            return removed;
        }

        private bool Reaches(int a, int b) => !_broken.Contains((Math.Min(a, b), Math.Max(a, b)));
    }
}
