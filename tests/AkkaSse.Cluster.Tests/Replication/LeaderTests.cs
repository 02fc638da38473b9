using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication;

public sealed class LeaderTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(5, 3)]
    public void A_log_that_nobody_holds_is_founded_with_as_many_voters_as_there_should_be(int nodes, int voters)
    {
        var rack = new Rack(nodes);
        var leader = rack.Recovered(notes: 10);

        rack.Told[0].Kind.ShouldBe(LeaderEffectKind.Recovered);
        leader.Voters!.Voters.Count.ShouldBe(voters);
        leader.State!.Sum.ShouldBe(55);
        rack.Replicas.Count.ShouldBe(voters, "the other nodes have let go");
    }

    [Fact]
    public void Nothing_is_founded_while_a_member_has_not_answered_however_long_it_takes()
    {
        var rack = new Rack(4);
        rack.Cut.Add(rack.Nodes[3]);
        var leader = rack.Lead(rack.Nodes[0]);
        for (var now = 0; now < 100_000; now += 100)
        {
            leader.Tick(now);
            rack.Settle(leader);
        }
        leader.IsRecovered.ShouldBeFalse();

        leader.SetMembers(new MemberView([.. rack.Nodes.Take(3)]));
        rack.Settle(leader);
        leader.IsRecovered.ShouldBeTrue();
    }

    [Fact]
    public void A_founder_waits_until_every_member_has_confirmed()
    {
        var rack = new Rack(4);
        var leader = rack.Lead(rack.Nodes[0]);
        var (installs, others) = (new List<LeaderEffect>(), 0);
        while (leader.TryTake(out var effect))
        {
            if (effect.Message is InstallSnapshot) installs.Add(effect);
            else if (effect.Kind == LeaderEffectKind.Send) leader.Receive(effect.To!, rack.Answer(effect.To!, effect.Message!)!);
            else others++;
        }
        installs.Count.ShouldBe(4, "also the node without a vote is asked to confirm");
        foreach (var install in installs.Take(3)) leader.Receive(install.To!, rack.Answer(install.To!, install.Message!)!);
        leader.IsRecovered.ShouldBeFalse();
        leader.Receive(installs[3].To!, rack.Answer(installs[3].To!, installs[3].Message!)!);
        leader.IsRecovered.ShouldBeTrue();
        others.ShouldBe(0);
    }

    [Fact]
    public void A_majority_commits_and_one_alone_does_not()
    {
        var rack = new Rack(3);
        var leader = rack.Recovered();
        rack.Cut.Add(rack.Nodes[1]);
        leader.Propose(new Note(7));
        leader.Flush();
        rack.Settle(leader);
        leader.Commit.ShouldBe(1);
        leader.Committed(1).Command.ShouldBeOfType<Note>().Id.ShouldBe(7);

        rack.Cut.Add(rack.Nodes[2]);
        leader.Propose(new Note(8));
        leader.Flush();
        rack.Settle(leader);
        leader.Commit.ShouldBe(1);
        leader.UncommittedBytes.ShouldBe(100);
        Should.Throw<ArgumentOutOfRangeException>(() => leader.Committed(2));
    }

    [Fact]
    public void The_next_leader_takes_over_what_was_committed_and_the_former_is_deposed_and_stays_silent()
    {
        var rack = new Rack(3);
        var former = rack.Recovered(notes: 3);
        var next = rack.Lead(rack.Nodes[1], heard: 1);
        rack.Settle(next);
        next.IsRecovered.ShouldBeTrue();
        next.State!.Sum.ShouldBe(6);

        former.Propose(new Note(100));
        former.Flush();
        rack.Told.Clear();
        rack.Settle(former);
        former.IsDeposed.ShouldBeTrue();
        rack.Told.ShouldHaveSingleItem().Kind.ShouldBe(LeaderEffectKind.Deposed);
        Should.Throw<InvalidOperationException>(() => former.Propose(new Note(101)));
        former.Flush();
        former.Tick(1_000_000);
        former.TryTake(out _).ShouldBeFalse();
    }

    [Fact]
    public void A_hint_that_is_too_low_costs_a_round_trip_and_no_reign()
    {
        var rack = new Rack(3);
        rack.Recovered(notes: 1);
        var next = rack.Lead(rack.Nodes[0], heard: 0, incarnation: 2);
        var first = next.Term;
        rack.Settle(next);
        // The same number with a later incarnation is a later term, so nobody refuses it.
        next.Term.ShouldBe(first);

        var low = rack.Lead(rack.Nodes[1], heard: -5);
        rack.Settle(low);
        low.IsRecovered.ShouldBeTrue();
        low.Term.Number.ShouldBe(2);
    }

    [Fact]
    public void Entries_that_only_the_best_voter_holds_are_kept_and_committed_under_the_new_term()
    {
        var rack = new Rack(3);
        var former = rack.Recovered(notes: 2);
        rack.Cut.Add(rack.Nodes[1]);
        former.Propose(new Note(50));
        former.Flush();
        // Sent to both, and it arrives at one of them; no answer comes back.
        while (former.TryTake(out var effect))
        {
            if (effect.Kind == LeaderEffectKind.Send && effect.To == rack.Nodes[2]) rack.Answer(effect.To, effect.Message!);
        }
        rack.Cut.Clear();
        rack.Cut.Add(rack.Nodes[0]);

        var next = rack.Lead(rack.Nodes[1], heard: 10, members: rack.Nodes);
        rack.Settle(next);
        next.IsRecovered.ShouldBeTrue();
        next.State!.Sum.ShouldBe(53);
    }

    [Fact]
    public void The_survivor_of_two_goes_on_alone_once_the_other_was_removed()
    {
        var rack = new Rack(2);
        rack.Recovered(notes: 4);
        rack.Cut.Add(rack.Nodes[1]);
        var next = rack.Lead(rack.Nodes[0], heard: 10);
        rack.Settle(next);
        next.IsRecovered.ShouldBeFalse("two votes are needed as long as the other may live");

        next.SetMembers(new MemberView([rack.Nodes[0]]));
        rack.Settle(next);
        next.IsRecovered.ShouldBeTrue();
        next.State!.Sum.ShouldBe(10);
        next.Voters!.Voters.ShouldHaveSingleItem().Node.ShouldBe(rack.Nodes[0]);
        next.BeganAnew.ShouldBeFalse();
    }

    [Fact]
    public void A_log_whose_majority_is_gone_begins_anew_after_the_limit_and_says_so()
    {
        var rack = new Rack(3);
        rack.Recovered(notes: 4);
        rack.Told.Clear();
        rack.Replicas.Remove(rack.Nodes[1]);
        rack.Replicas.Remove(rack.Nodes[2]);
        var next = rack.Lead(rack.Nodes[0], heard: 10, members: [rack.Nodes[0], new NodeId("n2", 12), new NodeId("n3", 13)]);
        rack.Settle(next);
        next.Tick(rack.Options.RecoveryLimit - 1);
        rack.Settle(next);
        next.IsRecovered.ShouldBeFalse();

        next.Tick(rack.Options.RecoveryLimit);
        rack.Settle(next);
        rack.Told.ShouldHaveSingleItem().Kind.ShouldBe(LeaderEffectKind.RecoveredUncleanly);
        next.BeganAnew.ShouldBeTrue();
        next.State!.Count.ShouldBe(0);
        rack.Replicas[rack.Nodes[0]].Commit.ShouldBe(0, "what the survivor held counts no more");
        next.UncleanRecoveryIsComplete.ShouldBeFalse();
        next.TakeUncleanState()!.Sum.ShouldBe(10);
        next.TakeUncleanState().ShouldBeNull();
    }

    [Fact]
    public void Voters_that_were_all_removed_bring_everything_and_nobody_waits()
    {
        var rack = new Rack(3);
        rack.Recovered(notes: 4);
        var back = ComeBack(rack, 0, 1, 2);
        var next = rack.Lead(back[0], heard: 10, members: back);
        rack.Settle(next);
        rack.Told.ShouldHaveSingleItem().Kind.ShouldBe(LeaderEffectKind.RecoveredUncleanly);
        next.UncleanRecoveryIsComplete.ShouldBeTrue();
        next.TakeUncleanState()!.Sum.ShouldBe(10);
        next.State!.Count.ShouldBe(0);
        next.Propose(new Note(1));
        next.Flush();
        rack.Settle(next);
        next.Tick(100_000);
        rack.Settle(next);
        foreach (var node in back) rack.Replicas[node].HasUncleanCopy.ShouldBeFalse("the new log lives");
    }

    [Fact]
    public void One_of_three_removed_voters_waits_for_others_that_may_have_more()
    {
        var rack = new Rack(3);
        rack.Recovered(notes: 4);
        NodeId[] members = [.. ComeBack(rack, 0), new NodeId("n8", 8)];
        var next = rack.Lead(members[1], heard: 10, members: members);
        rack.Settle(next);
        next.Tick(rack.Options.RecoveryLimit - 1);
        rack.Settle(next);
        next.IsRecovered.ShouldBeFalse();
        next.Tick(rack.Options.RecoveryLimit);
        rack.Settle(next);
        next.IsRecovered.ShouldBeTrue();
        next.UncleanRecoveryIsComplete.ShouldBeFalse();
        next.TakeUncleanState()!.Sum.ShouldBe(10);
    }

    [Fact]
    public void A_former_copy_counts_for_nothing_while_the_log_lives_however_much_it_has()
    {
        var rack = new Rack(3);
        var former = rack.Recovered(notes: 4);
        former.Propose(new Note(50));
        former.Flush();
        // Only the third one gets it, and is removed.
        while (former.TryTake(out var effect))
        {
            if (effect.To == rack.Nodes[2]) rack.Answer(effect.To, effect.Message!);
        }
        NodeId[] members = [rack.Nodes[0], rack.Nodes[1], .. ComeBack(rack, 2)];
        var next = rack.Lead(members[2], heard: 10, members: members);
        rack.Settle(next);
        rack.Told.Clear();
        next.IsRecovered.ShouldBeTrue();
        next.BeganAnew.ShouldBeFalse();
        next.State!.Sum.ShouldBe(10);
        next.TakeUncleanState().ShouldBeNull();
    }

    [Fact]
    public void What_a_lost_founder_had_begun_with_is_still_there_for_the_next()
    {
        var rack = new Rack(3);
        rack.Recovered(notes: 4);
        NodeId[] members = [rack.Nodes[0], new NodeId("n2", 12), new NodeId("n3", 13)];
        rack.Replicas.Remove(rack.Nodes[1]);
        rack.Replicas.Remove(rack.Nodes[2]);
        var founder = rack.Lead(members[1], heard: 10, members: members);
        rack.Settle(founder);
        founder.Tick(rack.Options.RecoveryLimit);
        rack.Settle(founder);
        founder.IsRecovered.ShouldBeTrue();
        rack.Replicas[members[0]].Last.ShouldBe(0);
        rack.Replicas[members[0]].HasUncleanCopy.ShouldBeTrue();

        var next = rack.Lead(members[2], heard: 20, members: members);
        rack.Settle(next);
        next.Tick(rack.Options.RecoveryLimit);
        rack.Settle(next);
        next.IsRecovered.ShouldBeTrue();
        next.TakeUncleanState()!.Sum.ShouldBe(10);
    }

    // These nodes were removed and their processes are members again.
    private static NodeId[] ComeBack(Rack rack, params int[] nodes)
    {
        var back = new NodeId[nodes.Length];
        for (var i = 0; i < nodes.Length; i++)
        {
            var was = rack.Nodes[nodes[i]];
            back[i] = was with { Uid = was.Uid + 10 };
            rack.Replicas.Remove(was, out var replica);
            rack.Replicas[back[i]] = new Replica<Tally>(1, Tallies.Instance, rack.Options, replica!.End(was));
        }
        rack.Told.Clear();
        return back;
    }

    [Fact]
    public void A_draining_node_hands_its_vote_on_and_is_told_to_let_go()
    {
        var rack = new Rack(4);
        var leader = rack.Recovered(notes: 5);
        var leaving = leader.Voters!.Voters[0].Node;
        leader.SetMembers(new MemberView(rack.Nodes, [], [leaving]));
        rack.Settle(leader);
        leader.Tick(100);
        rack.Settle(leader);

        leader.Voters.On(leaving).ShouldBeNull();
        leader.Voters.Voters.Count.ShouldBe(3);
        rack.Replicas.ShouldNotContainKey(leaving);
        foreach (var voter in leader.Voters.Voters) rack.Replicas[voter.Node].Last.ShouldBe(leader.Last);
    }

    [Fact]
    public void At_most_a_window_of_batches_is_on_the_way_and_answers_open_it()
    {
        var rack = new Rack(1, ReplicationOptions.Default with { Window = 2, BatchEntries = 3 });
        var leader = rack.Recovered();
        for (var i = 0; i < 10; i++) leader.Propose(new Note(i));
        leader.Flush();
        leader.Flush();
        var sent = Take(leader);
        sent.Select(static a => a.Entries.Length).ShouldBe([3, 3]);

        leader.Receive(rack.Nodes[0], rack.Answer(rack.Nodes[0], sent[0])!);
        Take(leader).ShouldHaveSingleItem().After.ShouldBe(6);
    }

    [Fact]
    public void Voters_that_are_equally_far_share_one_batch()
    {
        var rack = new Rack(3);
        var leader = rack.Recovered();
        for (var i = 0; i < 5; i++) leader.Propose(new Note(i));
        leader.Flush();
        var sent = Take(leader);
        sent.Count.ShouldBe(3);
        sent.ShouldAllBe(a => ReferenceEquals(a.Entries, sent[0].Entries));
    }

    [Fact]
    public void What_was_lost_goes_out_again_with_time_and_a_replica_far_behind_gets_a_snapshot()
    {
        var rack = new Rack(3, ReplicationOptions.Default with { RetainedBytes = 500 });
        var leader = rack.Recovered(notes: 3);
        rack.Cut.Add(rack.Nodes[2]);
        for (var i = 0; i < 50; i++)
        {
            leader.Propose(new Note(1));
            leader.Flush();
            rack.Settle(leader);
        }
        leader.Commit.ShouldBe(53);
        leader.NeedsTick.ShouldBeTrue();
        rack.Cut.Clear();
        for (var now = 0; now < 20_000 && leader.NeedsTick; now += 100)
        {
            leader.Tick(now);
            rack.Settle(leader);
        }
        leader.NeedsTick.ShouldBeFalse();
        rack.Replicas[rack.Nodes[2]].State!.Sum.ShouldBe(56);
    }

    [Fact]
    public void A_replica_that_lost_its_first_snapshot_is_sent_it_again_and_not_asked_without_end()
    {
        var rack = new Rack(3);
        rack.Recovered(notes: 3);
        var leader = rack.Lead(rack.Nodes[1], heard: 10, members: [.. rack.Nodes, new NodeId("n4", 4)]);
        rack.Settle(leader);
        leader.IsRecovered.ShouldBeTrue();
        leader.SetMembers(new MemberView([rack.Nodes[0], rack.Nodes[1], new NodeId("n4", 4)]));
        var (lost, sent) = (0, 0);
        for (var now = 0; now < 300_000 && leader.NeedsTick; now += 100)
        {
            leader.Tick(now);
            while (leader.TryTake(out var effect))
            {
                if (effect.Kind != LeaderEffectKind.Send) continue;
                (++sent).ShouldBeLessThan(200, "messages are answered with messages for ever");
                if (effect.Message is InstallSnapshot && lost++ < 3) continue;
                if (rack.Answer(effect.To!, effect.Message!) is { } answer) leader.Receive(effect.To!, answer);
            }
        }
        leader.NeedsTick.ShouldBeFalse();
        lost.ShouldBe(4);
        rack.Replicas[new NodeId("n4", 4)].Last.ShouldBe(leader.Last);
    }

    [Fact]
    public void A_better_log_that_is_heard_of_while_another_is_fetched_is_taken_instead()
    {
        var rack = new Rack(4, ReplicationOptions.Default with { Voters = 3 });
        var first = rack.Recovered(notes: 2);
        var voters = first.Voters!.Voters.Select(static v => v.Node).ToArray();
        // One voter gets an entry more than the others.
        first.Propose(new Note(50));
        first.Flush();
        while (first.TryTake(out var effect))
        {
            if (effect.Message is AppendEntries && effect.To == voters[2]) rack.Answer(effect.To, effect.Message);
        }
        var next = rack.Lead(voters[0], heard: 10);
        List<LeaderEffect> asked = [];
        while (next.TryTake(out var effect)) asked.Add(effect);
        void Answer(NodeId node) => next.Receive(node, rack.Answer(node, asked.Single(e => e.To == node).Message!)!);
        Answer(voters[0]);
        Answer(voters[1]);
        Answer(voters[2]);
        rack.Settle(next);
        next.IsRecovered.ShouldBeTrue();
        next.State!.Sum.ShouldBe(53);
    }

    [Fact]
    public void A_founding_that_a_member_refused_is_not_taken_for_a_log_by_a_later_leader()
    {
        var rack = new Rack(2);
        var (a, b) = (rack.Nodes[0], rack.Nodes[1]);
        // Both nodes have nothing; before its founding, on b alone, arrives, another log is founded on a.
        var founder = new Leader<Tally>("log", b, 1, 0, Tallies.Instance, new MemberView(rack.Nodes, [], [a]), rack.Options, 0);
        List<LeaderEffect> installs = [];
        while (founder.TryTake(out var effect))
        {
            if (effect.Message is InstallSnapshot) installs.Add(effect);
            else founder.Receive(effect.To!, rack.Answer(effect.To!, effect.Message!)!);
        }
        var rival = rack.Lead(a, heard: 100, members: [a]);
        rack.Settle(rival);
        rival.Propose(new Note(7));
        rival.Flush();
        rack.Settle(rival);
        rival.Commit.ShouldBe(1);
        foreach (var install in installs) rack.Answer(install.To!, install.Message!);
        rack.Replicas[b].Voters!.Voters.ShouldHaveSingleItem().Node.ShouldBe(b);

        rack.Cut.Add(a);
        var next = rack.Lead(b, heard: 200);
        rack.Settle(next);
        next.IsRecovered.ShouldBeFalse("a has not answered");
        rack.Cut.Clear();
        next.Tick(10_000);
        rack.Settle(next);
        next.IsRecovered.ShouldBeTrue();
        next.State!.Sum.ShouldBe(7);
    }

    [Fact]
    public void A_leader_whose_voters_are_gone_is_deposed()
    {
        var rack = new Rack(3);
        var leader = rack.Recovered(notes: 3);
        rack.Told.Clear();
        leader.SetMembers(new MemberView([rack.Nodes[0], new NodeId("n8", 8)]));
        rack.Settle(leader);
        rack.Told.ShouldHaveSingleItem().Kind.ShouldBe(LeaderEffectKind.Deposed);
    }

    [Fact]
    public void A_batch_costs_its_entries_and_a_few_messages()
    {
        var rack = new Rack(3);
        var leader = rack.Recovered();
        var note = new Note(1);
        void Round()
        {
            for (var i = 0; i < 500; i++) leader.Propose(note);
            leader.Flush();
            rack.Settle(leader);
            rack.Told.Clear();
        }
        for (var i = 0; i < 40; i++) Round();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20; i++) Round();
        var perEntry = (GC.GetAllocatedBytesForCurrentThread() - before) / (20.0 * 500);
        // An entry takes 64 bytes and its place in the batch 8; the messages to three voters add one: 73.
        perEntry.ShouldBeLessThan(80);
    }

    private static List<AppendEntries> Take(Leader<Tally> leader)
    {
        List<AppendEntries> sent = [];
        while (leader.TryTake(out var effect))
        {
            if (effect.Message is AppendEntries accept) sent.Add(accept);
        }
        return sent;
    }
}
