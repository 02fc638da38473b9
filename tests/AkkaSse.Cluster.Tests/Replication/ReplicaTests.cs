using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication;

public sealed class ReplicaTests
{
    private static readonly NodeId A = new("a", 1);
    private static readonly NodeId B = new("b", 1);
    private static readonly Term First = new(1, A, 1);
    private static readonly Term Second = new(2, B, 1);
    private static readonly VoterSet Voters = new(1, [new Voter(A, 1), new Voter(B, 1)]);

    [Fact]
    public void Older_terms_are_refused_whatever_they_say()
    {
        var replica = Standing(notes: 2);
        replica.Receive(new Prepare(Second)).ShouldBeOfType<Promise>().Held!.Last.ShouldBe(2);
        ReplicaMessage[] older = [new Prepare(First), AppendEntries(First, 2, 3), Empty(First), new FetchSnapshot(First, 1),
            new FetchEntries(First, 1, 0), new Drop(First, 1)];
        foreach (var message in older)
        {
            replica.Receive(message).ShouldBe(new Refused(First, Second));
        }
        replica.Last.ShouldBe(2);
        replica.Dropped.ShouldBeFalse();
    }

    [Fact]
    public void A_message_for_another_life_reaches_nobody()
    {
        var replica = Standing(notes: 2);
        ReplicaMessage[] others = [AppendEntries(First, 2, 3) with { Incarnation = 9 }, Empty(First) with { Incarnation = 9 },
            new FetchSnapshot(First, 9), new FetchEntries(First, 9, 0), new Drop(First, 9)];
        foreach (var message in others)
        {
            replica.Receive(message).ShouldBe(new Gone(First, 9));
            Replica<Tally>.Absent(message).ShouldBe(new Gone(First, 9));
        }
        replica.Last.ShouldBe(2);
        Replica<Tally>.Absent(new Prepare(First)).ShouldBeNull("a replica is made for it");
    }

    [Fact]
    public void Only_committed_entries_show()
    {
        var replica = Standing(notes: 3);
        replica.State!.Count.ShouldBe(0);
        replica.Receive(AppendEntries(First, 3) with { Commit = 2 });
        replica.State.Sum.ShouldBe(3);
        // A leader's commit index may be beyond what has arrived here.
        replica.Receive(AppendEntries(First, 3) with { Commit = 99 });
        replica.Commit.ShouldBe(3);
    }

    [Fact]
    public void A_doubled_message_changes_nothing_and_a_hole_is_announced()
    {
        var replica = Standing(notes: 3);
        replica.Receive(AppendEntries(First, 1, 2, 3)).ShouldBe(new Ack(First, 1, 3, Stands: true, Gap: false, 0));
        replica.Receive(AppendEntries(First, 5, 6)).ShouldBe(new Ack(First, 1, 3, Stands: true, Gap: true, 0));
        replica.Last.ShouldBe(3);
    }

    [Fact]
    public void The_own_log_counts_until_the_new_leaders_is_complete()
    {
        var replica = Standing(notes: 5);
        replica.Receive(AppendEntries(First, 5) with { Commit = 1 });
        replica.Receive(new Prepare(Second));
        // The new leader's log has four entries and differs after the first.
        replica.Receive(AppendEntries(Second, 1, 20) with { Start = 3 }).ShouldBe(new Ack(Second, 1, 2, Stands: false, Gap: false, 1));
        replica.Accepted.ShouldBe(First);
        replica.Last.ShouldBe(5);
        replica.Receive(AppendEntries(Second, 2, 30) with { Start = 3 }).ShouldBe(new Ack(Second, 1, 3, Stands: true, Gap: false, 1));
        replica.Accepted.ShouldBe(Second);
        replica.Last.ShouldBe(3, "the divergent tail is cut");
        replica.Receive(AppendEntries(Second, 3) with { Start = 3, Commit = 3 });
        replica.State!.Sum.ShouldBe(51);
    }

    [Fact]
    public void A_log_that_began_anew_takes_the_place_of_the_old_one_only_as_a_whole()
    {
        var replica = Standing(notes: 5);
        replica.Receive(new Prepare(Second));
        replica.Receive(AppendEntries(Second, 0, 1) with { Origin = Second }).ShouldBe(new Ack(Second, 1, 0, Stands: false, Gap: true, 0));
        replica.Accepted.ShouldBe(First);
        replica.Receive(Empty(Second)).ShouldBe(new Ack(Second, 1, 0, Stands: true, Gap: false, 0));
        replica.Last.ShouldBe(0);
    }

    [Fact]
    public void A_message_without_the_snapshot_it_should_carry_is_a_fault_of_the_shell()
    {
        var replica = Standing(notes: 0);
        Should.Throw<InvalidOperationException>(
            () => replica.Receive(new InstallSnapshot(First, 1, First, 0, 10, Voters, HasSnapshot: true, null)));
    }

    [Fact]
    public void A_node_may_not_stop_before_a_leader_lets_its_replica_go()
    {
        var replica = new Replica<Tally>(1, Tallies.Instance, ReplicationOptions.Default);
        replica.Receive(new Prepare(First)).ShouldBe(new Promise(First, 1, null));
        replica.HoldsVote.ShouldBeTrue("the leader may have counted the promise and named it a voter");
        replica.Receive(Empty(First));
        replica.HoldsVote.ShouldBeTrue();
        replica.Receive(new Drop(First, 1)).ShouldBe(new Gone(First, 1));
        replica.HoldsVote.ShouldBeFalse();
        replica.Receive(Empty(Second)).ShouldBe(new Gone(Second, 1));
    }

    private static Replica<Tally> Standing(int notes)
    {
        var replica = new Replica<Tally>(1, Tallies.Instance, ReplicationOptions.Default);
        replica.Receive(new Prepare(First));
        replica.Receive(Empty(First));
        for (var i = 1; i <= notes; i++) replica.Receive(AppendEntries(First, i - 1, i));
        return replica;
    }

    private static InstallSnapshot Empty(Term term) => new(term, 1, term, 0, 0, Voters, HasSnapshot: false, null);

    private static AppendEntries AppendEntries(Term term, long after, params long[] notes) =>
        new(term, 1, First, 0, after, [.. notes.Select((n, i) => new Entry(after + 1 + i, term, new Note(n)))], 0);
}
