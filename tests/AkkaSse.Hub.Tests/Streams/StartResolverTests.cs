using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Tests.Streams;

public sealed class StartResolverTests
{
    // Base 10, events 11 to 30, of which 21 to 30 are retained; 15 was the last that a clear dropped.
    private static LogGeneration Generation() => new("e1", 10, 30, 1_000) { First = 21, LostThrough = 20, ClearedThrough = 15 };

    private static CursorStart Resolve(ReaderStart start, bool replay = true) => StartResolver.Resolve(Generation(), replay, start, 0);

    [Theory]
    [InlineData("latest", 31)]
    [InlineData("earliest", 21)]
    [InlineData("last:0", 31)]
    [InlineData("last:3", 28)]
    [InlineData("last:10", 21)]
    [InlineData("last:9223372036854775807", 21)]
    [InlineData("offset:25", 26)]
    [InlineData("offset:30", 31)]
    [InlineData("offset:20", 21)]
    public void Wish_has_its_place_and_no_gap(string since, long next)
    {
        StartPosition.TryParse(since, out var start).ShouldBeTrue();
        Resolve(ReaderStart.From(start!)).ShouldBe(new CursorStart(next, null));
    }

    [Theory]
    [InlineData("earliest")]
    [InlineData("last:5")]
    [InlineData("latest")]
    public void Without_replay_every_wish_is_the_head(string since)
    {
        StartPosition.TryParse(since, out var start).ShouldBeTrue();
        Resolve(ReaderStart.From(start!), replay: false).ShouldBe(new CursorStart(31, null));
    }

    [Theory]
    [InlineData("25-e1", 26, null, null, null)]
    [InlineData("30-e1", 31, null, null, null)]
    [InlineData("20-e1", 21, null, null, null)]
    [InlineData("19-e1", 21, "Trimmed", 20L, 20L)]
    [InlineData("12-e1", 21, "Trimmed", 13L, 20L)]
    [InlineData("10-e1", 21, "Trimmed", 11L, 20L)]
    [InlineData("0-0", 21, "Trimmed", 11L, 20L)]
    [InlineData("31-e1", 21, "UnknownId", null, null)]
    [InlineData("9-e1", 21, "UnknownId", null, null)]
    [InlineData("25-e2", 21, "EpochChanged", 26L, null)]
    public void Position_resumes_or_names_what_is_missing(string position, long next, string? reason, long? from, long? to)
    {
        StreamPosition.TryParse(position, out var at).ShouldBeTrue();
        var start = Resolve(new ReaderStart(StartPosition.After(at), false, StartPosition.Earliest));
        start.Next.ShouldBe(next);
        (start.Gap?.Reason.ToString(), start.Gap?.From, start.Gap?.To).ShouldBe((reason, from, to));
        if (reason == "EpochChanged") start.Gap!.PreviousEpoch.ShouldBe("e2");
    }

    [Fact]
    public void Token_and_decimal_follow_the_same_rules()
    {
        var tag = CursorToken.TagOf("e1");
        ReaderStart Token(uint t, long offset) =>
            new(StartPosition.Latest, false, StartPosition.Earliest) { Token = new TokenPosition(t, offset) };
        Resolve(Token(tag, 25)).ShouldBe(new CursorStart(26, null));
        Resolve(Token(tag, 12)).Gap!.Reason.ShouldBe(GapReason.Trimmed);
        Resolve(Token(tag + 1, 25)).Gap!.Reason.ShouldBe(GapReason.EpochChanged);
        Resolve(Token(0, 0)).Gap!.From.ShouldBe(11);
        ReaderStart Decimal(long id) => new(StartPosition.Latest, false, StartPosition.Earliest) { Decimal = id };
        Resolve(Decimal(1_025)).ShouldBe(new CursorStart(26, null));
        Resolve(Decimal(1_010)).Gap!.Reason.ShouldBe(GapReason.Trimmed);
        Resolve(Decimal(1_009)).Gap!.Reason.ShouldBe(GapReason.EpochChanged);
        Resolve(Decimal(1_031)).Gap!.Reason.ShouldBe(GapReason.UnknownId);
        Resolve(Decimal(0)).Gap!.Reason.ShouldBe(GapReason.EpochChanged);
        Resolve(Decimal(long.MaxValue)).Gap!.Reason.ShouldBe(GapReason.UnknownId);
    }

    [Fact]
    public void Unknown_id_with_latest_stays_at_the_head()
    {
        Resolve(new ReaderStart(StartPosition.Latest, true, StartPosition.Latest)).Next.ShouldBe(31);
        Resolve(new ReaderStart(StartPosition.Latest, true, StartPosition.Earliest)).Next.ShouldBe(21);
    }

    [Fact]
    public void Cleared_says_cleared()
    {
        var g = new LogGeneration("e1", 0, 30, 0) { First = 31, LostThrough = 30, ClearedThrough = 30 };
        StartResolver.Resolve(g, true, new ReaderStart(StartPosition.After(new StreamPosition("e1", 7)), false, StartPosition.Earliest), 0)
            .Gap.ShouldBe(new Gap(GapReason.Cleared, "e1", 8, 30));
    }
}

public sealed class InboxTests
{
    private static readonly byte[] Kilobyte = new byte[1_024];

    private static int Drain(Inbox inbox, int max, out bool boundary)
    {
        var pipe = new System.IO.Pipelines.Pipe(new System.IO.Pipelines.PipeOptions(pauseWriterThreshold: 0));
        return inbox.Drain(pipe.Writer, max, "\n"u8, out boundary);
    }

    [Fact]
    public void Partly_drained_inbox_counts_its_events_and_knows_its_boundaries()
    {
        var inbox = new Inbox();
        for (var i = 0; i < 4; i++) inbox.TryAdd(Kilobyte, dispatched: false).ShouldBe(true);
        Drain(inbox, 1_000, out var boundary).ShouldBe(1_000);
        boundary.ShouldBeFalse();
        Drain(inbox, 24, out boundary).ShouldBe(24);
        boundary.ShouldBeTrue();
        Drain(inbox, 2_049, out boundary).ShouldBe(2_049);
        boundary.ShouldBeFalse();
        inbox.TryAdd(Kilobyte, true).ShouldBe(true);
        Drain(inbox, int.MaxValue, out boundary).ShouldBe(1_023 + 1_025);
        (boundary, inbox.HasData).ShouldBe((true, false));
    }

    [Fact]
    public void Few_large_events_are_not_refused_however_many_went_before()
    {
        var inbox = new Inbox();
        inbox.TryAdd(new byte[600_000], true);
        for (var i = 0; i < 3_000; i++)
        {
            inbox.TryAdd(Kilobyte, true).ShouldBe(true);
            Drain(inbox, 1_025, out _);
        }
        inbox.TryAdd(new byte[600_000], true).ShouldBe(true);
    }

    [Fact]
    public void Full_refuses_and_closed_answers_null()
    {
        var inbox = new Inbox();
        inbox.TryAdd(new byte[16 << 20], false).ShouldBe(true);
        inbox.TryAdd(Kilobyte, true).ShouldBe(false);
        inbox.Close();
        inbox.TryAdd(Kilobyte, true).ShouldBeNull();
        inbox.HasData.ShouldBeFalse();
    }
}
