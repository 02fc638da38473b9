using System.Text;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Streams;

public sealed class StreamLogTests
{
    private static (StreamLog Log, StreamActor Node) Create(StreamOptions? options = null, LogBudget? budget = null)
    {
        var log = new StreamLog(options ?? new StreamOptions(), budget ?? new LogBudget(1 << 30));
        log.Begin("e1", 0, 0, 0);
        var node = new StreamActor("s", new Hub.Actors.ActorCount(), static (f, _) => throw f);
        node.Attached(new LogAttachment(log));
        return (log, node);
    }

    private static void Append(StreamLog log, SseEvent e, PublishOptions options = default, long now = 1)
    {
        var item = new AppendItem(e, options);
        log.Append(FrameEncoder.Encode(FrameBuffer.Rent(), item, log.Options, now), out _).ShouldBeTrue();
    }

    private static SseEvent Data(int size) => new() { Data = new string('x', size) };

    [Fact]
    public void Reader_that_joins_behind_an_event_with_comments_before_it_does_not_get_it()
    {
        var (log, node) = Create();
        Append(log, Data(4_000));
        Append(log, new SseEvent { Comment = new string('c', 500) });
        Append(log, Data(20_000));
        log.Current!.Chunks.Count.ShouldBe(3);
        var cursor = Cursor.Open(node, ReaderStart.From(StartPosition.Latest), 1);
        cursor.Read(true, null, TimeProvider.System, 1 << 20, out _).ShouldBe(CursorState.Waiting);
        cursor = Cursor.Open(node, ReaderStart.From(StartPosition.FromOffset(1)), 1);
        cursor.Read(false, null, TimeProvider.System, 1 << 20, out var run).ShouldBe(CursorState.Data);
        (run.Offset, run.Transient).ShouldBe((2, false));
    }

    [Fact]
    public void Time_after_a_comment_does_not_give_the_event_before_it()
    {
        var (log, node) = Create();
        Append(log, Data(1), now: 1_000);
        Append(log, new SseEvent { Comment = "c" }, now: 2_000);
        Append(log, Data(1), now: 3_000);
        Cursor.Open(node, ReaderStart.From(StartPosition.FromTime(DateTimeOffset.FromUnixTimeMilliseconds(1_500))), 4_000)
            .Position.Offset.ShouldBe(1);
        Cursor.Open(node, ReaderStart.From(StartPosition.FromTime(DateTimeOffset.FromUnixTimeMilliseconds(1_000))), 4_000)
            .Position.Offset.ShouldBe(0);
        Cursor.Open(node, ReaderStart.From(StartPosition.FromAge(TimeSpan.FromSeconds(1))), 4_000).Position.Offset.ShouldBe(1);
        Cursor.Open(node, ReaderStart.From(StartPosition.FromAge(TimeSpan.FromMilliseconds(1))), 9_000).Position.Offset.ShouldBe(2);
    }

    [Fact]
    public void Budget_of_the_node_trims_and_counts_back_to_zero()
    {
        var budget = new LogBudget(300_000);
        var (log, _) = Create(budget: budget);
        for (var i = 0; i < 2_000; i++) Append(log, Data(1_000));
        budget.Used.ShouldBeLessThan(300_000 + (2 * LogChunk.MaxBytes));
        log.Count.ShouldBeGreaterThan(100);
        log.Clear();
        budget.Used.ShouldBe(0);
        Append(log, Data(10));
        log.End();
        budget.Used.ShouldBe(0);
    }

    [Fact]
    public void Audit_counts_against_no_bound_and_is_never_trimmed_for_one()
    {
        var options = new HubOptions { MaxLogBytes = 1 << 20 };
        options.Namespaces["t/"] = new NamespaceOptions { MaxLogBytes = 1 << 20 };
        var budget = new LogBudget(options);
        var ((audit, _), (other, _)) = (Create(budget: budget.Of(HubNames.AuditStream)), Create(budget: budget.Of("other")));
        for (var i = 0; i < 3_000; i++) Append(audit, Data(1_000));
        budget.Used.ShouldBe(0);
        for (var i = 0; i < 3_000; i++) Append(other, Data(1_000));

        budget.Shrink([audit, other], 1);

        budget.IsExceeded.ShouldBeFalse();
        audit.Count.ShouldBe(3_000);
        other.Count.ShouldBeLessThan(3_000);
    }

    [Fact]
    [Trait("parity", "RPL-01")]
    public void Live_only_log_keeps_the_larger_of_1_MiB_and_1024_events()
    {
        var (log, _) = Create(new StreamOptions { Replay = false });
        for (var i = 0; i < 3_000; i++) Append(log, Data(100));
        log.Count.ShouldBeGreaterThan(2_500, "1 MiB is not reached");
        for (var i = 0; i < 3_000; i++) Append(log, Data(5_000));
        log.Count.ShouldBe(1_024);
    }

    [Fact]
    public async Task Readers_of_random_speed_miss_nothing_in_silence_while_a_writer_trims()
    {
        for (var round = 0; round < Soak.Of(50, 4); round++)
        {
            var (log, node) = Create(new StreamOptions { MaxEvents = 64 });
            var total = 30_000;
            var writer = Task.Factory.StartNew(() =>
            {
                var random = new Random(round);
                for (var i = 0; i < total; i++)
                {
                    Append(log, Data(random.Next(600)));
                    if (random.Next(50) == 0) Append(log, new SseEvent { Comment = "c" });
                    if (random.Next(5_000) == 0) log.Clear();
                }
            }, TaskCreationOptions.LongRunning);
            var readers = Enumerable.Range(0, 4).Select(
                r => Task.Factory.StartNew(
                () => ReadAll(node, total, new Random((round * 10) + r), whole: r % 2 == 0), TaskCreationOptions.LongRunning)).ToArray();
            await Eventually.Within(Task.WhenAll(readers.Append(writer)), "writer and readers");
        }
    }

    private static void ReadAll(StreamActor node, int total, Random random, bool whole)
    {
        var cursor = Cursor.Open(node, ReaderStart.From(StartPosition.Earliest), 1);
        var next = cursor.Position.Offset + 1;
        while (next <= total)
        {
            if (random.Next(100) == 0) Thread.SpinWait(random.Next(20_000));
            switch (cursor.Read(whole, null, TimeProvider.System, 1 + random.Next(4_000), out var run))
            {
                case CursorState.Gap:
                    var gap = cursor.TakeGap()!;
                    gap.From.ShouldBe(next);
                    gap.To!.Value.ShouldBeGreaterThanOrEqualTo(next);
                    next = gap.To.Value + 1;
                    break;
                case CursorState.Data when !run.Transient:
                    (run.Offset - run.Events + 1).ShouldBe(next, "a hole or a repetition that nobody named");
                    var text = Encoding.UTF8.GetString(run.Span);
                    text.ShouldStartWith("data: x".AsSpan(0, 6).ToString());
                    text.ShouldEndWith($"id: {run.Offset}-e1\n\n");
                    next = run.Offset + 1;
                    break;
                case CursorState.Waiting:
                    Thread.Yield();
                    break;
            }
        }
    }
}

public sealed class ConflationTableTests
{
    private static StreamLog Log(int keys = 100, long bytes = 1 << 20, int events = 3)
    {
        var log = new StreamLog(new StreamOptions
        {
            MaxEvents = events,
            SlowReader = SlowReaderPolicy.Conflate,
            ConflateMaxKeys = keys,
            ConflateMaxBytes = bytes,
        }, new LogBudget(1 << 30));
        log.Begin("e1", 0, 0, 0);
        return log;
    }

    private static void Append(StreamLog log, string key, int size = 10, long expiry = 0, long now = 1)
    {
        var head = Encoding.UTF8.GetBytes($"data: {new string('x', size)}\n");
        log.Append(new LogFrame { Head = head, At = now, ConflateKey = key, Expiry = expiry }, out _).ShouldBeTrue();
    }

    private static long[] Kept(StreamLog log, long from = 0) => [.. log.Current!.Conflation!.From(from).Select(static f => f.Offset)];

    [Fact]
    public void Newest_of_each_key_outside_retention_is_kept_in_order()
    {
        var log = Log();
        foreach (var key in new[] { "a", "b", "a", "c", "b", "x", "y", "z" }) Append(log, key);
        Kept(log).ShouldBe([3L, 4, 5]);
        Kept(log, 4).ShouldBe([4L, 5]);
        Append(log, "a");
        Kept(log).ShouldBe([4L, 5, 6], "a is among the retained again");
    }

    [Fact]
    public void Bounds_hold_and_change_at_run_time_and_the_least_recently_written_goes_first()
    {
        var log = Log(keys: 2);
        foreach (var key in new[] { "a", "b", "c", "x", "y", "z" }) Append(log, key);
        Kept(log).ShouldBe([2L, 3]);
        log.SetOptions(log.Options with { ConflateMaxKeys = 1 }, 1);
        Kept(log).ShouldBe([3L]);
        log.SetOptions(log.Options with { ConflateMaxKeys = 100, ConflateMaxBytes = 1024 }, 1);
        for (var i = 0; i < 10; i++) Append(log, $"k{i}", 500);
        log.Current!.Conflation!.Bytes.ShouldBeLessThanOrEqualTo(1024);
        Kept(log).Length.ShouldBe(1);
    }

    [Fact]
    public void Expired_frame_is_not_kept_and_a_clear_empties_the_table()
    {
        var log = Log();
        Append(log, "a", expiry: 100, now: 1);
        foreach (var key in new[] { "b", "x", "y", "z" }) Append(log, key, now: 200);
        Kept(log).ShouldBe([2L]);
        log.Clear();
        Kept(log).ShouldBeEmpty();
    }
}
