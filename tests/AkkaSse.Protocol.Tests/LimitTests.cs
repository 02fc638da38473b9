using System.Buffers;
using static AkkaSse.Protocol.Tests.Harness;

namespace AkkaSse.Protocol.Tests;

[Trait("parity", "WIRE-17")]
public class LimitTests
{
    private static readonly SseParserOptions Small = new() { MaxLineBytes = 16, MaxEventBytes = 24 };

    [Fact]
    public void Line_at_its_bound_is_read_and_one_byte_more_is_an_error()
    {
        Everywhere("data: 1234567890\n\ndata: 12345678901\nevent: e\n\ndata: next\n\n",
            E("1234567890"), "error Line 16 17", E("next"), "last=");
    }

    [Fact]
    public void Byte_order_mark_does_not_count_as_part_of_the_first_line()
    {
        Everywhere("\uFEFFdata: 1234567890\n\n", E("1234567890"), "last=");
    }

    [Fact]
    public void Event_at_its_bound_is_read_and_one_byte_more_is_an_error()
    {
        Everywhere("data: 1234567890\ndata: 1234567890\ndata: 12\nid:\n\n", E("1234567890\n1234567890\n12", id: ""), "last=");
        Everywhere("data: 1234567890\ndata: 1234567890\ndata: 123\n\ndata: next\n\n", "error Event 24 25", E("next"), "last=");
    }

    [Fact]
    public void Type_and_id_count_once_however_often_they_are_repeated()
    {
        Everywhere("event: 1234567\nevent: 1234567\nevent: 1234567\nevent: 1234567\n"
            + "id: 12345678\nid: 12345678\nid: 12345678\ndata: 123456789\n\n",
            E("123456789", "1234567", "12345678"), "last=12345678");
    }

    [Fact]
    public void Id_after_oversized_data_still_counts_so_that_a_reader_does_not_get_it_for_ever()
    {
        Everywhere("id: 1\ndata: a\n\nevent: t\ndata: 1234567890123456789\nid: 2\n\ndata: b\n\n",
            E("a", id: "1"), "error Line 16 17", E("b", null, null, "2"), "last=2");
    }

    [Fact]
    public void Id_before_oversized_data_still_counts()
    {
        Everywhere("id: 2\ndata: 1234567890123456789\n\ndata: b\n\n", "error Line 16 17", E("b", null, null, "2"), "last=2");
    }

    [Fact]
    public void Id_that_brings_the_event_over_its_bound_still_counts()
    {
        Everywhere("data: 1234567890\ndata: 1234567890\nid: 1234\n\ndata: b\n\n",
            "error Event 24 25", E("b", null, null, "1234"), "last=1234");
    }

    [Fact]
    public void Id_of_a_skipped_event_does_not_count_before_its_blank_line()
    {
        Everywhere("data: 1234567890123456789\nid: 2\n", "error Line 16 17", "last=");
    }

    [Fact]
    public void Overlong_id_line_is_an_error_and_leaves_the_id_as_it_was()
    {
        Everywhere("id: 1\n\nid: 1234567890123\ndata: x\n\ndata: y\n\n", "error Line 16 17", E("y", null, null, "1"), "last=1");
    }

    [Fact]
    public void Skipped_event_gives_one_error_whatever_else_is_too_large_in_it()
    {
        Everywhere("data: 12345678901\n: 12345678901234567890\ndata: 12345678901\nx: 12345678901234567890\ndata: 1\n\ndata: b\n\n",
            "error Line 16 17", E("b"), "last=");
    }

    [Fact]
    public void Comments_and_retry_inside_a_skipped_event_are_still_reported()
    {
        Everywhere("data: 12345678901\n: c\nretry: 7\n\n", "error Line 16 17", C("c"), R(7), "last=");
    }

    [Fact]
    public void Fields_are_charged_for_what_they_cost_in_memory()
    {
        var options = new SseParserOptions { MaxEventBytes = 1000 };
        var stream = string.Concat(Enumerable.Repeat("a\n", 16)) + "data: x\n\ndata: y\n\n";
        Parse(stream, options).ShouldBe(["error Event 1000 1040", E("y"), "last="]);
        Parse("a\na\ndata: x\n\n", options).ShouldBe([E("x", null, null, "", null, ("a", ""), ("a", "")), "last="]);
    }

    [Fact]
    public void Endless_line_is_reported_when_it_passes_the_bound_and_costs_no_more_memory()
    {
        var parser = new SseParser(new SseParserOptions { MaxLineBytes = 100_000 });
        var piece = new byte[10_000];
        Array.Fill(piece, (byte)'x');
        var errors = new List<int>();
        var before = 0L;
        for (var i = 0; i < 1000; i++)
        {
            var buffer = new ReadOnlySequence<byte>(piece);
            while (parser.TryRead(ref buffer, out var item))
            {
                item.Error!.Limit.ShouldBe(SseLimit.Line);
                errors.Add(i);
                before = GC.GetAllocatedBytesForCurrentThread();
            }
        }

        errors.ShouldBe([10]);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000, "9.9 MB were skipped");
        Items(parser, "\n\ndata: ok\n\n").ShouldHaveSingleItem().Event!.Data.ShouldBe("ok");
    }

    [Fact]
    public void Default_bounds_are_one_mebibyte()
    {
        var fits = new string('x', (1024 * 1024) - "data: ".Length);
        ParseChunks(Bytes($"data: {fits}\nid: 1\n\n"), [1000]).ShouldBe([E(fits, id: "1"), "last=1"]);
        Parse($"data: {fits}x\nid: 1\n\n").ShouldBe(["error Line 1048576 1048577", "last=1"]);
    }

    [Fact]
    public void Error_says_what_was_exceeded()
    {
        var parser = new SseParser(Small);
        var error = Items(parser, "data: 12345678901\n").ShouldHaveSingleItem().Error!;
        error.Message.ShouldContain("16 bytes");
        new SseLimitExceeded(SseLimit.Event, 24, 25).Message.ShouldContain("24 bytes (25 seen)");
    }

    private static void Everywhere(string stream, params string[] expected)
    {
        var bytes = Bytes(stream);
        for (var size = 1; size <= bytes.Length; size++)
        {
            ParseChunks(bytes, [size], Small).ShouldRead(expected, $"chunks of {size}");
            ParseSegments(bytes, size, Small).ShouldRead(expected, $"segments of {size}");
        }
    }
}
