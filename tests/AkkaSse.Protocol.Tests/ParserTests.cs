using System.Buffers;
using static AkkaSse.Protocol.Tests.Harness;

namespace AkkaSse.Protocol.Tests;

public class ParserTests
{
    [Fact]
    [Trait("parity", "WIRE-12")]
    public void Lone_CR_dispatches_at_once_and_an_LF_in_the_next_read_is_swallowed()
    {
        var parser = new SseParser();
        Items(parser, "data: a\r").ShouldBeEmpty();
        Items(parser, "\r").ShouldHaveSingleItem().Event!.Data.ShouldBe("a");
        Items(parser, "\n").ShouldBeEmpty();
        Items(parser, "data: b\n").ShouldBeEmpty();
        Items(parser, "\n").ShouldHaveSingleItem().Event!.Data.ShouldBe("b");
    }

    [Fact]
    public void Swallowed_LF_is_only_the_one_right_after_its_CR()
    {
        var parser = new SseParser();
        Items(parser, "data: a\r");
        Items(parser, "\n").ShouldBeEmpty("CRLF is one line end");
        Items(parser, "\n").ShouldHaveSingleItem("the second LF is the blank line").Event!.Data.ShouldBe("a");
    }

    [Fact]
    public void Every_item_comes_with_the_byte_that_completes_it()
    {
        var expected = new Dictionary<string, int>
        {
            [R(5)] = "retry: 5\n".Length,
            [C("c")] = "retry: 5\n: c\r".Length,
            [E("x", "t", "1", retry: 5)] = "retry: 5\n: c\r\nevent: t\ndata: x\nid: 1\n\n".Length,
        };
        var bytes = Bytes("retry: 5\n: c\r\nevent: t\ndata: x\nid: 1\n\n");
        var parser = new SseParser();
        var seen = new Dictionary<string, int>();
        for (var i = 0; i < bytes.Length; i++)
        {
            foreach (var item in Feed(parser, [bytes[i]], [1]))
            {
                seen.Add(item, i + 1);
            }
        }

        seen.ShouldBe(expected);
    }

    [Fact]
    [Trait("parity", "WIRE-14")]
    public void Last_event_id_changes_at_the_blank_line_and_not_before()
    {
        var parser = new SseParser { LastEventId = "6" };
        Items(parser, "id: 7\ndata: par");
        parser.LastEventId.ShouldBe("6");
        Items(parser, "t\n");
        parser.LastEventId.ShouldBe("6");
        Items(parser, "\n").ShouldHaveSingleItem().Event!.LastEventId.ShouldBe("7");
        parser.LastEventId.ShouldBe("7");
    }

    [Fact]
    [Trait("parity", "WIRE-14")]
    public void Stream_cut_inside_an_event_leaves_the_previous_id_for_the_next_connection()
    {
        var parser = new SseParser();
        Items(parser, "id: 6\ndata: a\n\nid: 7\nevent: t\nx: y\nretry: 9\ndata: par\r");
        parser.Reset();
        parser.LastEventId.ShouldBe("6");
        Feed(parser, Bytes("\ndata: b\n\n"), [99]).ShouldBe([E("b", null, null, "6")]);
    }

    [Fact]
    public void Reset_forgets_line_and_byte_order_mark_state()
    {
        var parser = new SseParser();
        Items(parser, "da");
        parser.Reset();
        Feed(parser, Bytes("\uFEFFdata: a\n\n"), [1]).ShouldBe([E("a")]);
        parser.Reset();
        Feed(parser, Bytes("\uFEFFdata: b\n\n"), [2]).ShouldBe([E("b")]);
    }

    [Fact]
    public void Reset_forgets_an_overlong_line()
    {
        var parser = new SseParser(new SseParserOptions { MaxLineBytes = 10 });
        Items(parser, "data: 12345678901").ShouldHaveSingleItem().Kind.ShouldBe(SseItemKind.Error);
        parser.Reset();
        Feed(parser, Bytes("data: a\n\n"), [99]).ShouldBe([E("a")]);
    }

    [Fact]
    public void Last_event_id_can_be_set_before_the_first_byte_only()
    {
        var parser = new SseParser { LastEventId = "a" };
        parser.LastEventId = "b";
        Items(parser, ":");
        Should.Throw<InvalidOperationException>(() => parser.LastEventId = "c");
        parser.Reset();
        parser.LastEventId = "c";
        parser.LastEventId.ShouldBe("c");
        Should.Throw<ArgumentException>(() => parser.LastEventId = "a\nb");
        Should.Throw<ArgumentNullException>(() => parser.LastEventId = null!);
    }

    [Fact]
    [Trait("parity", "WIRE-14")]
    public void Comment_only_and_id_only_blocks_make_no_event()
    {
        Parse(": a\n\nid: 1\n\n:\n\n").ShouldBe([C("a"), C(""), "last=1"]);
    }

    [Fact]
    [Trait("parity", "WIRE-15")]
    public void Retry_is_clamped_to_the_option()
    {
        var options = new SseParserOptions { MaxRetry = TimeSpan.FromSeconds(2) };
        Parse("retry: 1999\nretry: 2001\nretry: 18446744073709551617\n", options).ShouldBe([R(1999), R(2000), R(2000), "last="]);
    }

    [Fact]
    public void Comments_and_fields_can_be_left_out()
    {
        var options = new SseParserOptions { ReportComments = false, ReportFields = false };
        Parse(": c\nx: y\ndata: a\n\n", options).ShouldBe([E("a"), "last="]);
    }

    [Fact]
    public void Item_shows_only_what_its_kind_has()
    {
        var items = Items(new SseParser(new SseParserOptions { MaxLineBytes = 8 }), "retry: 1\n:c\ndata:a\n\ndata:123456\n");
        items.Select(i => i.Kind).ShouldBe([SseItemKind.Retry, SseItemKind.Comment, SseItemKind.Event, SseItemKind.Error]);
        items.Select(i => (i.Retry is null, i.Comment is null, i.Event is null, i.Error is null))
            .ShouldBe([(false, true, true, true), (true, false, true, true), (true, true, false, true), (true, true, true, false)]);
    }

    [Fact]
    public void Buffer_stands_after_each_item_taken()
    {
        var parser = new SseParser();
        var buffer = Segmented(Bytes("data: a\n\nretry: 1\n: c\n"), 4);
        var rest = new List<string>();
        while (parser.TryRead(ref buffer, out _))
        {
            rest.Add(Utf8.GetString(buffer.ToArray()));
        }

        rest.ShouldBe(["retry: 1\n: c\n", ": c\n", ""]);
    }

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(-1, 1, 0)]
    [InlineData(1, 0, 0)]
    [InlineData(1, SseParserOptions.LargestBound + 1, 0)]
    [InlineData(1, 1, -1)]
    [InlineData(1, 1, int.MaxValue + 1L)]
    public void Options_out_of_range_are_refused(int line, int size, long retry)
    {
        var options = new SseParserOptions { MaxLineBytes = line, MaxEventBytes = size, MaxRetry = TimeSpan.FromMilliseconds(retry) };
        Should.Throw<ArgumentOutOfRangeException>(() => new SseParser(options));
    }

    [Fact]
    public void Lines_without_meaning_cost_no_allocation()
    {
        var parser = new SseParser(new SseParserOptions { ReportComments = false, ReportFields = false });
        var bytes = Bytes(string.Concat(Enumerable.Repeat(":\nx: y\nevent: same\n\n", 500)));
        Read(parser, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Read(parser, bytes);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1000, "2 000 lines");
    }

    private static void Read(SseParser parser, byte[] bytes)
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        while (parser.TryRead(ref buffer, out _))
        {
            // Only the cost matters here.
        }
    }
}
