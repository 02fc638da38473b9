using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication;

public sealed class PartsTests
{
    private static readonly NodeId[] Nodes = [.. Enumerable.Range(0, 6).Select(static i => new NodeId($"n{i}", i))];

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 2, 1)]
    [InlineData(3, 2, 2)]
    [InlineData(4, 3, 2)]
    [InlineData(5, 3, 3)]
    public void Every_recovery_meets_every_commit(int voters, int commit, int recovery)
    {
        VoterSet.CommitQuorum(voters).ShouldBe(commit);
        VoterSet.RecoveryQuorum(voters).ShouldBe(recovery);
        (commit + recovery).ShouldBe(voters + 1);
    }

    [Theory]
    [InlineData(new long[] { 5, 9, 7 }, 2, 7)]
    [InlineData(new long[] { 5, -1, -1 }, 2, -1)]
    [InlineData(new long[] { 5 }, 1, 5)]
    [InlineData(new long[] { 5 }, 2, -1)]
    [InlineData(new long[] { 4, 3, 2, 1 }, 3, 2)]
    public void The_committed_index_is_what_enough_voters_have(long[] matches, int needed, long expected) =>
        Quorum.Reached(matches, needed).ShouldBe(expected);

    [Theory]
    [InlineData(3, 3, false, 2)]
    [InlineData(3, 1, false, 2)]
    [InlineData(3, 1, true, 2)]
    [InlineData(3, 3, true, 2)]
    [InlineData(2, 1, true, 1)]
    [InlineData(2, 1, false, 2)]
    [InlineData(2, 0, true, 2)]
    [InlineData(4, 2, true, 2)]
    [InlineData(4, 1, true, 3)]
    public void Only_a_change_may_do_without_voters_that_were_removed(int voters, int left, bool joint, int expected) =>
        Quorum.Needed(voters, left, joint).ShouldBe(expected);

    [Theory]
    [InlineData(3, 3, 2, true)]
    [InlineData(3, 1, 1, false)]
    [InlineData(2, 2, 1, false)] // the other may have helped the next leader
    [InlineData(2, 1, 1, true)]
    [InlineData(4, 4, 2, false)]
    [InlineData(4, 3, 3, true)]
    [InlineData(4, 2, 2, true)]
    [InlineData(4, 1, 1, false)]
    [InlineData(1, 0, 0, false)]
    public void A_leader_hears_a_majority_or_all_that_are_left(int voters, int left, int heard, bool expected) =>
        Quorum.Heard(voters, left, heard).ShouldBe(expected);

    [Fact]
    public void However_many_were_removed_every_recovery_meets_every_commit()
    {
        for (var voters = 1; voters <= 7; voters++)
        {
            // Removals are in one order for all: what a leader sees as left contains what a later view does.
            for (var earlier = 1; earlier <= voters; earlier++)
            {
                for (var later = 1; later <= earlier; later++)
                {
                    foreach (var (commits, recovers) in new[] { (earlier, later), (later, earlier) })
                    {
                        var needed = Quorum.Needed(voters, commits, joint: true);
                        for (var heard = 0; heard <= recovers; heard++)
                        {
                            if (!Quorum.Heard(voters, recovers, heard)) continue;
                            // A majority may have acknowledged before it was removed; fewer are all that are left.
                            var meets = needed + heard > voters || (needed == commits && heard == recovers);
                            meets.ShouldBeTrue($"{voters} voters, {commits} left when {needed} committed, " +
                                $"{recovers} left when {heard} were heard");
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public void Terms_are_ordered_by_number_then_node_then_incarnation()
    {
        Term[] ordered = [Term.None, new(1, Nodes[0], 1), new(1, Nodes[0], 2), new(1, Nodes[1], 1), new(2, Nodes[0], 1), new(
            2, Nodes[0] with { Uid = 9 }, 1)];
        ordered.OrderDescending().Reverse().ShouldBe(ordered);
    }

    [Fact]
    public void The_order_of_nodes_depends_on_the_name_and_spreads()
    {
        var firsts = Enumerable.Range(0, 600).Select(i => Rendezvous.Order($"stream-{i}", Nodes)[0]).GroupBy(static n => n).ToDictionary(
            static g => g.Key, static g => g.Count());
        firsts.Count.ShouldBe(6);
        firsts.Values.ShouldAllBe(static c => c > 60 && c < 140);
        var all = Rendezvous.Order("x", Nodes);
        Rendezvous.Order("x", Nodes.Reverse()).ShouldBe(all);
        Rendezvous.Order("x", Nodes.Where(n => n != all[0])).ShouldBe(all.Skip(1), "without one node the others keep their order");
    }

    [Fact]
    public void Entries_are_kept_in_order_and_let_go_at_the_front()
    {
        var log = new EntryLog(10);
        for (var i = 11; i <= 60; i++)
        {
            log.Add(new Entry(i, Term.None, new Note(i)));
            if (i % 3 == 0) log.TakeFirst().Index.ShouldBe(log.After);
        }
        (log.After, log.Last).ShouldBe((27, 60));
        log[28].Index.ShouldBe(28);
        Should.Throw<ArgumentOutOfRangeException>(() => log[27]);
        Should.Throw<ArgumentOutOfRangeException>(() => log[61]);
        Should.Throw<ArgumentException>(() => log.Add(new Entry(60, Term.None, new Note(0))));
        log.Slice(50, 100, 350).Select(static e => e.Index).ShouldBe([51, 52, 53]);
        log.Slice(50, 100, 1).Length.ShouldBe(1, "one entry goes, however large");
        log.Slice(60, 100, 1000).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("012", "01234", "", "", null, null)] // all is well; nobody moves because nodes joined
    [InlineData("01", "012", "", "", "", "2")] // too few
    [InlineData("012", "013", "", "", "2", "3")] // one was removed
    [InlineData("012", "01", "", "", "2", null)] // and there is nobody to take its place
    [InlineData("012", "0123", "2", "", null, null)] // unreachable is not removed
    [InlineData("012", "0123", "", "1", "1", "3")] // one wants to leave
    [InlineData("012", "012", "", "1", "1", null)] // and nobody can take its place
    [InlineData("012", "012", "2", "1", null, null)] // but those that stay could not commit
    [InlineData("0", "0", "", "0", null, null)] // the last one stays
    [InlineData("01", "02", "", "", "1", null)] // the dead first: nothing can be committed with them
    [InlineData("01", "012", "2", "", null, null)] // no vote for a node that does not answer
    [InlineData("01", "345", "", "", null, null)] // nobody is left
    public void The_next_step_for_a_set_of_voters(
        string voters, string members, string unreachable, string draining, string? remove, string? learn)
    {
        var plan = VoterPlan.Next("log", new VoterSet(1, [.. Of(voters).Select(static n => new Voter(n, 1))]), new MemberView(
            Of(members), Of(unreachable), Of(draining)), static _ => false, 3);
        if (remove is null && learn is null)
        {
            plan.ShouldBeNull();
            return;
        }
        plan!.Remove.Select(static v => v.Node).ShouldBe(Of(remove!));
        plan.Learn.ShouldBe(learn is null ? null : Of(learn)[0]);
    }

    private static NodeId[] Of(string numbers) => [.. numbers.Select(static c => Nodes[c - '0'])];
}
