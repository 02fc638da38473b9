using System.Text;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace AkkaSse.Hub.Tests.Streams;

/// <summary>
/// Random histories of a log against a list: what each cursor hands out, and what it names as missing, is the whole and nothing twice.
/// </summary>
public sealed class StreamLogModelTests
{
    private static readonly string?[] Types = [null, "a", "b"];

    private sealed record Entry(long Offset, string Data, string? Type, long At, long Expiry);

    private enum Step
    {
        Append,
        AppendMany,
        AppendBig,
        Comment,
        Clear,
        Options,
        Tick,
        Read,
        ReadAll,
        Join,
    }

    private sealed class Reader(Cursor cursor, bool whole, TypeFilter? filter, long next)
    {
        internal Cursor Cursor { get; } = cursor;

        internal bool Whole { get; } = whole;

        internal TypeFilter? Filter { get; } = filter;

        /// <summary>The first offset that was neither handed out, nor named, nor rightly passed over.</summary>
        internal long Next { get; set; } = next;

        internal bool Joined { get; set; }
    }

    [Fact]
    [Trait("parity", "RPL-09")]
    [Trait("parity", "RPL-07")]
    public void What_cursors_deliver_and_name_equals_the_model()
    {
        var scripts = Gen.ListOf(Gen.Zip(Gen.Frequency(
            (20, Gen.Constant(Step.Append)), (6, Gen.Constant(Step.AppendMany)), (2, Gen.Constant(Step.AppendBig)),
            (6, Gen.Constant(Step.Comment)), (1, Gen.Constant(Step.Clear)),
            (2, Gen.Constant(Step.Options)), (6, Gen.Constant(Step.Tick)), (12, Gen.Constant(Step.Read)), (3, Gen.Constant(Step.ReadAll)),
            (3, Gen.Constant(Step.Join))), Gen.Choose(0, int.MaxValue - 1)));
        Prop.ForAll(Arb.From(scripts), static script => Run([.. script])).Check(
            Config.QuickThrowOnFailure.WithMaxTest(Soak.Of(3_000, 300)).WithEndSize(250));
    }

    private static void Run((Step Step, int Seed)[] script)
    {
        var time = new ManualTimeProvider();
        var faults = new List<Exception>();
        var log = new StreamLog(
            new StreamOptions { MaxEvents = 40, MaxBytes = 20_000, MaxAge = TimeSpan.FromSeconds(60) }, new LogBudget(1 << 30));
        log.Begin("e1", 0, 0, 0);
        var node = new StreamActor("s", new Hub.Actors.ActorCount(), (f, _) => faults.Add(f));
        node.Attached(new LogAttachment(log));
        var model = new List<Entry>();
        var readers = new List<Reader>();
        foreach (var (step, seed) in script)
        {
            var random = new Random(seed);
            switch (step)
            {
                case Step.Append:
                    Append(log, model, time, random, random.Next(200));
                    break;
                case Step.AppendMany:
                    for (var i = random.Next(60); i >= 0; i--) Append(log, model, time, random, random.Next(300));
                    break;
                case Step.AppendBig:
                    Append(log, model, time, random, random.Next(90_000));
                    break;
                case Step.Comment:
                    Append(log, new SseEvent { Comment = new string('c', random.Next(2_000)) }, default, Now(time));
                    break;
                case Step.Clear:
                    log.Clear();
                    break;
                case Step.Options:
                    log.SetOptions(log.Options with
                    {
                        MaxEvents = 1 + random.Next(60),
                        MaxBytes = 1024 + random.Next(40_000),
                        Replay = random.Next(5) > 0,
                        Ttl = random.Next(4) == 0 ? TimeSpan.FromSeconds(5) : null,
                    }, Now(time));
                    break;
                case Step.Tick:
                    time.Advance(TimeSpan.FromMilliseconds(random.Next(8_000)));
                    log.TrimByAge(Now(time));
                    break;
                case Step.Join:
                    readers.Add(Join(node, log, time, random));
                    break;
                case Step.Read when readers.Count > 0:
                    Read(readers[random.Next(readers.Count)], model, time, 1 + random.Next(2_000), 1 + random.Next(5));
                    break;
                case Step.ReadAll:
                    foreach (var reader in readers) Read(reader, model, time, 32 << 10, int.MaxValue);
                    break;
            }
            Check(log, model, time);
        }
        foreach (var reader in readers)
        {
            Read(reader, model, time, 32 << 10, int.MaxValue);
            foreach (var entry in model.Where(e => e.Offset >= reader.Next))
                (Expired(entry, time) || reader.Filter?.Matches(entry.Type) == false).ShouldBeTrue(
                    $"offset {entry.Offset} was neither delivered nor named");
        }
        faults.ShouldBeEmpty();
    }

    private static void Append(StreamLog log, List<Entry> model, ManualTimeProvider time, Random random, int size)
    {
        var type = Types[random.Next(Types.Length)];
        var data = $"{log.Head.Offset + 1} {new string((char)('a' + random.Next(26)), size)}";
        var ttl = random.Next(6) == 0 ? TimeSpan.FromMilliseconds(1 + random.Next(10_000)) : (TimeSpan?)null;
        var now = Now(time);
        var offset = Append(log, new SseEvent { Data = data, Type = type }, new PublishOptions { Ttl = ttl }, now);
        offset.ShouldBe(model.Count + 1, "dense");
        model.Add(new Entry(offset, data, type, now, ttl is { } t ? now + (long)t.TotalMilliseconds : log.Options.Ttl is { } own
            ? now + (long)own.TotalMilliseconds
            : 0));
    }

    private static long Append(StreamLog log, SseEvent e, PublishOptions options, long now)
    {
        var item = new AppendItem(e, options);
        log.Append(FrameEncoder.Encode(FrameBuffer.Rent(), item, log.Options, now), out var offset).ShouldBeTrue();
        return offset;
    }

    private static Reader Join(StreamActor node, StreamLog log, ManualTimeProvider time, Random random)
    {
        var head = log.Head.Offset;
        var start = random.Next(4) switch
        {
            0 => StartPosition.Latest,
            1 => StartPosition.Earliest,
            2 => StartPosition.Last(random.Next(10)),
            _ => StartPosition.After(new StreamPosition("e1", random.NextInt64(head + 1))),
        };
        var filter = random.Next(3) switch { 0 => null, 1 => new TypeFilter(["a"]), _ => random.Next(2) == 0
            ? new TypeFilter(["message", "b"])
            : null };
        var cursor = Cursor.Open(node, ReaderStart.From(start), Now(time));
        var next = start.Kind == StartKind.Position ? start.Position.Offset + 1 : cursor.Position.Offset + 1;
        return new Reader(cursor, random.Next(2) == 0, filter, next);
    }

    private static void Read(Reader reader, List<Entry> model, ManualTimeProvider time, int max, int runs)
    {
        while (runs-- > 0)
        {
            switch (reader.Cursor.Read(reader.Whole, reader.Filter, time, max, out var run))
            {
                case CursorState.Gap:
                    var gap = reader.Cursor.TakeGap()!;
                    gap.From.ShouldNotBeNull();
                    gap.To.ShouldNotBeNull();
                    // What a gap names begins where the reader was, or behind events that it was not to get.
                    PassOver(reader, model, time, gap.From!.Value);
                    gap.To!.Value.ShouldBeGreaterThanOrEqualTo(gap.From.Value);
                    reader.Next = gap.To.Value + 1;
                    break;
                case CursorState.Data when run.Transient:
                    Encoding.UTF8.GetString(run.Span).ShouldStartWith(":");
                    break;
                case CursorState.Data:
                    Deliver(reader, run, model, time, max);
                    break;
                default:
                    return;
            }
        }
    }

    private static void Deliver(Reader reader, in FrameRun run, List<Entry> model, ManualTimeProvider time, int max)
    {
        var blocks = Encoding.UTF8.GetString(run.Span).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        if (!run.Single) run.Span.Length.ShouldBeLessThanOrEqualTo(max);
        run.Events.ShouldBe(blocks.Length);
        foreach (var block in blocks)
        {
            var lines = block.Split('\n');
            var data = lines.Single(static l => l.StartsWith("data: ", StringComparison.Ordinal))[6..];
            var offset = long.Parse(data.Split(' ')[0], null);
            lines[^1].ShouldBe($"id: {offset}-e1");
            PassOver(reader, model, time, offset);
            var entry = model[(int)offset - 1];
            data.ShouldBe(entry.Data);
            lines.SingleOrDefault(static l => l.StartsWith("event: ", StringComparison.Ordinal)).ShouldBe(
                entry.Type is null ? null : "event: " + entry.Type);
            Expired(entry, time).ShouldBeFalse($"offset {offset} had expired");
            (reader.Filter?.Matches(entry.Type) ?? true).ShouldBeTrue();
            reader.Next = offset + 1;
        }
        run.Offset.ShouldBe(reader.Next - 1);
    }

    private static void PassOver(Reader reader, List<Entry> model, ManualTimeProvider time, long to)
    {
        to.ShouldBeGreaterThanOrEqualTo(reader.Next, "nothing twice");
        for (var offset = reader.Next; offset < to; offset++)
        {
            var entry = model[(int)offset - 1];
            (Expired(entry, time) || reader.Filter?.Matches(entry.Type) == false).ShouldBeTrue(
                $"offset {offset} is missing and was not named");
        }
    }

    private static void Check(StreamLog log, List<Entry> model, ManualTimeProvider time)
    {
        log.Head.Offset.ShouldBe(model.Count);
        var first = log.First;
        log.Count.ShouldBe(model.Count - first + 1);
        var options = log.Options;
        if (!options.Replay) return;
        log.Count.ShouldBeLessThanOrEqualTo(options.MaxEvents);
        if (log.Count > 1) log.Bytes.ShouldBeLessThanOrEqualTo(options.MaxBytes);
        if (log.Count == 0) log.Bytes.ShouldBe(0);
        var page = HistoryReader.Read(log, null, 1_000, Now(time));
        page.Events.Select(static e => e.Position.Offset).ShouldBe(
            model.Where(e => e.Offset >= first && !Expired(e, time)).Select(static e => e.Offset));
    }

    private static bool Expired(Entry entry, ManualTimeProvider time) => entry.Expiry != 0 && entry.Expiry <= Now(time);

    private static long Now(ManualTimeProvider time) => time.GetUtcNow().ToUnixTimeMilliseconds();
}
