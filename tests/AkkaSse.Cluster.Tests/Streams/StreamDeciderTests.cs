using AkkaSse.Cluster.Streams;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using static AkkaSse.Cluster.Tests.Streams.StreamScript;

namespace AkkaSse.Cluster.Tests.Streams;

public sealed class StreamDeciderTests
{
    private static PublishOptions Key(string key) => new() { IdempotencyKey = key };

    private static PublishOptions Run(string key) => new() { IdempotencyKey = key, KeyCoversRun = true };

    [Fact]
    public void First_append_creates_the_stream_and_begins_its_epoch()
    {
        var s = new StreamScript();
        var answer = s.Append(Item("a"), Item("b")).ShouldHaveSingleItem();
        (answer.Count, answer.Status, answer.Epoch, answer.Offset, answer.HasOffset).ShouldBe((2, PublishStatus.Accepted, "e1", 1L, true));
        s.State.Header.ShouldBe(s.Replica.Header);
        (s.State.Head, s.State.Present, s.State.Declared).ShouldBe((2L, true, false));
        s.Data(s.Replica).ShouldBe(["a", "b"]);
        s.Segments.ShouldHaveSingleItem().Count.ShouldBe(2);
    }

    [Fact]
    public void Append_without_events_is_refused_and_one_that_an_older_node_stored_is_no_run()
    {
        var s = new StreamScript();
        s.Append(Item("a"));
        s.Propose(change => s.Decider.Append(new AppendRequest(7, 0, default, MayCreate: true), change, s.Segments))
            .ShouldHaveSingleItem().Status.ShouldBe(PublishStatus.Invalid);
        s.Commit();
        s.Segments.Count.ShouldBe(1);

        var stored = new StreamChange(s.Now);
        stored.Run(0, RunFlags.None, default);
        var command = stored.Take();
        s.State.Apply(command);
        (s.State.Head, s.State.Runs.Count).ShouldBe((1L, 1));
        ReadRun.Of([new EventRun(2, 0, s.Now, RunFlags.None, default)]).ShouldBeEmpty();
    }

    [Fact]
    public void Appends_on_their_way_are_counted_before_they_are_committed()
    {
        var s = new StreamScript();
        s.Propose(Item("a"))[0].Offset.ShouldBe(1);
        s.Propose(Item("b"))[0].Offset.ShouldBe(2);
        s.State.Head.ShouldBe(0);
        s.Commit();
        s.Data(s.State).ShouldBe(["a", "b"]);
        s.Epochs.ShouldBe(1);
    }

    [Fact]
    public void Twin_of_a_key_that_is_not_yet_committed_is_a_duplicate()
    {
        var s = new StreamScript();
        var first = s.Propose(Item("a", Key("k")))[0];
        var twin = s.Propose(Item("a", Key("k")))[0];
        (twin.Duplicate, twin.Offset).ShouldBe((true, first.Offset));
        var both = s.Propose(Item("b", Key("l")), Item("b", Key("l")));
        both.Select(static o => o.Duplicate).ShouldBe([false, true]);
        s.Propose(Item("c", Key("k")))[0].Status.ShouldBe(PublishStatus.KeyConflict);
        s.Commit();
        s.Data(s.State).ShouldBe(["a", "b"]);
        s.Move();
        s.Append(Item("a", Key("k")))[0].Duplicate.ShouldBeTrue("keys move with the log");
    }

    [Fact]
    public void Keys_are_counted_with_those_on_their_way_and_end_with_the_window()
    {
        var s = new StreamScript(new HubOptions { AutoCreate = true, MaxIdempotencyKeys = 2 });
        s.Propose(Item("a", Key("a")), Item("b", Key("b")), Item("c", Key("c"))).Select(static o => (o.Count, o.Status)).ShouldBe(
            [(2, PublishStatus.Accepted), (1, PublishStatus.KeyTableFull)]);
        s.Commit();
        s.Now += s.Window - 1;
        s.Append(Item("c", Key("c")))[0].Status.ShouldBe(PublishStatus.KeyTableFull);
        s.Append(Item("a", Key("a")))[0].Duplicate.ShouldBeTrue();
        s.Now++;
        s.Append(Item("a", Key("a")))[0].Duplicate.ShouldBeFalse();
    }

    [Fact]
    public void Run_under_one_key_is_one_entry_and_is_repeated_item_by_item()
    {
        var s = new StreamScript();
        AppendItem[] run = [Item("a", Run("r")), new(new SseEvent { Comment = "c" }, Run("r")), Item("b", Run("r"))];
        s.Append(run).Select(static o => (o.Count, o.HasOffset, o.Offset)).ShouldBe([(1, true, 1L), (1, false, 1L), (1, true, 2L)]);
        s.State.Keys.Count(s.Now).ShouldBe(1);
        s.Append(Item("between"));
        s.Append(run).Select(static o => (o.Count, o.HasOffset, o.Offset, o.Duplicate)).ShouldBe(
            [(1, true, 1L, true), (1, false, 1L, true), (1, true, 2L, true)]);
        s.Append(Item("a", Run("r")), Item("other", Run("r"))).ShouldAllBe(static o => o.Status == PublishStatus.KeyConflict);
        s.Data(s.State).ShouldBe(["a", "b", "between"]);
    }

    [Fact]
    public void Refused_items_stand_between_accepted_ones()
    {
        var s = new StreamScript();
        s.Append(Item("0"));
        var answers = s.Append(Item("1"), new AppendItem(new SseEvent { DataBytes = new byte[] { 0xC3 } }, default), Item("2"),
            new AppendItem(new SseEvent { Id = "", Data = "" }, default), Item("3"));
        answers.Select(static o => (o.Status, o.Offset)).ShouldBe(
            [(PublishStatus.Accepted, 2L), (PublishStatus.Invalid, 2L), (PublishStatus.Accepted, 3L), (PublishStatus.Invalid, 3L),
            (PublishStatus.Accepted, 4L)]);
        s.Data(s.Replica).ShouldBe(["0", "1", "2", "3"]);
    }

    [Fact]
    public void Stream_with_base64_takes_any_bytes_and_gives_them_as_text()
    {
        var s = new StreamScript();
        s.Propose(change => s.Decider.Create(new StreamOptions { Base64 = true }, change, out _)).ShouldBe(CreateStreamStatus.Created);
        s.Append(new AppendItem(
            new SseEvent { DataBytes = new byte[] { 0xC3, 0x28 } }, default))[0].Status.ShouldBe(PublishStatus.Accepted);
        s.Data(s.Replica).ShouldBe([Convert.ToBase64String([0xC3, 0x28])]);
    }

    [Fact]
    public void Nothing_is_created_where_it_may_not_be()
    {
        var s = new StreamScript(new HubOptions { AutoCreate = false });
        s.Append(Item("a"))[0].Status.ShouldBe(PublishStatus.NoStream);
        s.Append(new AppendItem(
            new SseEvent { Comment = "c" }, new PublishOptions { CreateStream = true }))[0].Status.ShouldBe(PublishStatus.NoStream);
        s.HasRoom = false;
        s.Append(Item("a", new PublishOptions { CreateStream = true }))[0].Status.ShouldBe(PublishStatus.LimitReached);
        s.Epochs.ShouldBe(0);
        s.HasRoom = true;
        // The first may not create it; the second does.
        s.Append(Item("a"), Item("b", new PublishOptions { CreateStream = true })).Select(static o => o.Status).ShouldBe(
            [PublishStatus.NoStream, PublishStatus.Accepted]);
    }

    [Fact]
    public void Removed_stream_goes_on_with_its_epoch()
    {
        var s = new StreamScript();
        s.Append(Item("a"), Item("b"));
        s.Propose(change => s.Decider.Remove(change)).ShouldBeTrue();
        s.Propose(change => s.Decider.Remove(change)).ShouldBeFalse("it is removed once everything proposed is committed");
        s.Propose(Item("c"))[0].Offset.ShouldBe(3);
        s.Commit();
        (s.State.Epoch, s.State.First, s.State.LostThrough, s.State.ClearedThrough).ShouldBe(("e1", 3L, 2L, 2L));
        s.Replica.Header.ShouldBe(s.State.Header);
    }

    [Fact]
    public void Idle_stream_is_removed_when_nothing_is_kept()
    {
        var s = new StreamScript(new HubOptions
        {
            AutoCreate = true,
            StreamDefaults = new StreamOptions { MaxAge = TimeSpan.FromSeconds(5), IdleRemoval = TimeSpan.FromSeconds(30) },
        });
        s.Append(Item("a"));
        s.Now += 29_000;
        s.State.Sweep(s.Now);
        s.Propose(change => s.Decider.RemoveIdle(change)).ShouldBeFalse("not yet");
        s.Now += 2_000;
        s.Propose(change => s.Decider.RemoveIdle(change)).ShouldBeTrue();
        s.Commit();
        (s.State.Present, s.State.RemovedExplicitly, s.State.HasEpoch).ShouldBe((false, false, true));
        s.Append(Item("b"))[0].ShouldBe(new AppendOutcome(1, PublishStatus.Accepted, "e1", 2) { HasOffset = true });
    }
}
