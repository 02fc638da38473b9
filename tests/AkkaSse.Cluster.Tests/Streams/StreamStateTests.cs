using AkkaSse.Cluster.Streams;
using AkkaSse.Cluster.Wire;
using AkkaSse.Engine.Specs;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using static AkkaSse.Cluster.Tests.Streams.StreamScript;

namespace AkkaSse.Cluster.Tests.Streams;

public sealed class StreamStateTests
{
    private static StreamScript With(StreamOptions options)
    {
        var s = new StreamScript();
        s.Propose(change => s.Decider.Create(options, change, out _));
        s.Commit();
        return s;
    }

    [Fact]
    public void Number_of_events_bounds_the_log_also_inside_a_run()
    {
        var s = With(new StreamOptions { MaxEvents = 5 });
        s.Append([.. Enumerable.Range(1, 20).Select(static i => Item($"{i}"))]);
        s.Data(s.State).ShouldBe(["16", "17", "18", "19", "20"]);
        (s.State.First, s.State.LostThrough, s.State.Retained).ShouldBe((16L, 15L, 5L));
        s.Append(Item("21"));
        s.Data(s.Replica).ShouldBe(["17", "18", "19", "20", "21"]);
    }

    [Fact]
    public void Bytes_bound_the_log_but_for_the_newest_event()
    {
        var s = With(new StreamOptions { MaxBytes = 1024 });
        for (var i = 0; i < 50; i++) s.Append(Item(new string('x', 100)));
        s.State.Runs.Size.ShouldBeLessThanOrEqualTo(1024);
        s.State.Retained.ShouldBeGreaterThan(5);
        s.Append(Item(new string('y', 5_000)));
        (s.State.Retained, s.State.First).ShouldBe((1L, 51L));
        s.Append(Item("z"));
        s.Data(s.Replica).ShouldBe(["z"]);
    }

    [Fact]
    public void Age_drops_what_is_old_and_says_that_it_is_lost()
    {
        var s = With(new StreamOptions { MaxAge = TimeSpan.FromSeconds(5) });
        s.Append(Item("a"));
        s.Now += 3_000;
        s.Append(Item("b"));
        s.Now += 2_001;
        s.State.Sweep(s.Now);
        s.Data(s.State).ShouldBe(["b"]);
        s.State.LostThrough.ShouldBe(1);
    }

    [Fact]
    public void Expired_events_are_dropped_and_are_no_loss()
    {
        var s = With(new StreamOptions());
        s.Append(Item("short", new PublishOptions { Ttl = TimeSpan.FromSeconds(1) }), Item("keep"));
        s.Now += 1_001;
        s.State.Sweep(s.Now);
        s.Data(s.State).ShouldBe(["keep"]);
        (s.State.First, s.State.LostThrough).ShouldBe((2L, 0L));
    }

    [Fact]
    public void Live_only_log_keeps_what_nodes_may_have_to_fetch()
    {
        var s = With(new StreamOptions { Replay = false });
        for (var i = 0; i < 300; i++) s.Append([.. Enumerable.Range(0, 10).Select(static _ => Item("x"))]);
        s.State.Retained.ShouldBe(3000, "3 000 small events are less than 1 MiB");
        for (var i = 0; i < 200; i++) s.Append([.. Enumerable.Range(0, 10).Select(static _ => Item(new string('x', 1000)))]);
        s.State.Retained.ShouldBeInRange(1024, 1100);
    }

    [Fact]
    public void Snapshot_in_parts_is_the_same_state()
    {
        var s = With(new StreamOptions { Ids = StreamIds.Caller, MaxEvents = 50 });
        for (var i = 0; i < 30; i++)
            s.Append(Item($"{i}a", new PublishOptions { IdempotencyKey = $"k{i}" }), new AppendItem(
                new SseEvent { Data = $"{i}b", Id = $"id{i}", Type = "t" }, default));
        var before = s.State.Snapshot();
        var parts = before.Split(100);
        parts.Count.ShouldBeGreaterThan(10);
        var after = StreamState.Of(StreamSnapshot.Join([.. parts.Select(static p => (ReadOnlyMemory<byte>)p)]), s.Window);
        after.Header.ShouldBe(before.Header);
        s.Data(after).ShouldBe(s.Data(s.State));
        after.Keys.Count(s.Now).ShouldBe(30);
        StreamReads.FindId(after, "id29").ShouldBe(after.Head);
        StreamReads.FindId(after, "id0").ShouldBe(0);
        s.Append(Item("later"));
        before.Header.Head.ShouldBe(60, "later commands do not show through a snapshot");
    }

    [Fact]
    public void Event_is_the_same_after_its_way()
    {
        var item = new AppendItem(CompleteEvent.Event(), CompleteEvent.Options() with { Ttl = TimeSpan.FromSeconds(3) });
        var to = new WireWriter();
        EventBlob.Write(to, item).ShouldBe(ItemMarks.None);
        ReadOnlyMemory<byte> bytes = to.Take();
        EventBlob.SizeAt(bytes.Span, 0).ShouldBe(bytes.Length);
        var read = EventBlob.Read(bytes, 0, 7, 1000, RunFlags.None);
        (read.Offset, read.At, read.Expiry, read.CallerId, read.ConflateKey).ShouldBe((7L, 1000L, 4000L, false, item.Options.ConflateKey));
        CompleteEvent.ShouldBeSame(read.Event, item.Event);
        EventBlob.ExpiryAt(bytes.Span, 0, 1000).ShouldBe(4000);
        EventBlob.HasIdAt(bytes.Span, 0, "mine 1"u8).ShouldBeTrue();
        EventBlob.HasIdAt(bytes.Span, 0, "mine"u8).ShouldBeFalse();
        EventBlob.Read(bytes, 0, 7, 1000, RunFlags.CallerIds).CallerId.ShouldBeTrue();
    }

    [Fact]
    public void Pages_are_bounded_and_never_look_complete_when_they_are_not()
    {
        var s = With(new StreamOptions());
        for (var i = 0; i < 10; i++) s.Append([.. Enumerable.Range(0, 10).Select(k => Item($"{(i * 10) + k}"))]);
        var seen = new List<string>();
        var after = 0L;
        for (var more = true; more;)
        {
            var (state, runs, next) = StreamReads.Read(s.State, s.State.Epoch, after, 7, int.MaxValue, s.Now);
            more = next;
            state.ShouldBe(more ? HistoryState.More : HistoryState.Complete);
            var read = ReadRun.Of(runs).SelectMany(static r => r.Events).ToList();
            read.Count.ShouldBe(more ? 7 : 2);
            seen.AddRange(read.Select(static e => e.Event.Data!));
            after = read[^1].Offset;
        }
        seen.ShouldBe(Enumerable.Range(0, 100).Select(static i => $"{i}"));
        StreamReads.Read(s.State, s.State.Epoch, 0, 100, 1, s.Now).Runs.Sum(static r => r.Count).ShouldBe(1, "one event is always a page");
    }
}
