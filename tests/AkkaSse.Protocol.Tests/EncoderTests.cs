using System.Buffers;
using static AkkaSse.Protocol.Tests.Harness;

namespace AkkaSse.Protocol.Tests;

public class EncoderTests
{
    [Fact]
    [Trait("parity", "WIRE-01")]
    [Trait("parity", "WIRE-02")]
    public void Native_order_is_comment_event_retry_fields_data_id()
    {
        Encoded(new SseEvent
        {
            Id = "123",
            Data = "one\ntwo",
            Type = "abc",
            Retry = TimeSpan.FromSeconds(3),
            Comment = "why",
            Fields = [new("eid", "5"), new("x-y_z", "")],
        }).ShouldBe(": why\nevent: abc\nretry: 3000\neid: 5\nx-y_z: \ndata: one\ndata: two\nid: 123\n\n");
    }

    [Fact]
    [Trait("parity", "WIRE-02")]
    public void Seed_order_gives_the_older_hubs_bytes()
    {
        var e = new SseEvent { Id = "123", Data = "111", Type = "abc" };
        Encoded(e, SseFieldOrder.IdFirst).ShouldBe("id: 123\ndata: 111\nevent: abc\n\n");
        Encoded(new SseEvent(e) { Retry = TimeSpan.FromMilliseconds(3000) }, SseFieldOrder.IdFirst)
            .ShouldBe("id: 123\ndata: 111\nevent: abc\nretry: 3000\n\n");
        Encoded(new SseEvent(e) { Retry = TimeSpan.Zero, Comment = "c" }, SseFieldOrder.IdFirst)
            .ShouldBe("id: 123\ndata: 111\nevent: abc\nretry: 0\n: c\n\n");
        Encoded(new SseEvent { Comment = "heartbeat" }, SseFieldOrder.IdFirst).ShouldBe(": heartbeat\n\n");
        Encoded(new SseEvent { Retry = TimeSpan.FromSeconds(1) }, SseFieldOrder.IdFirst).ShouldBe("retry: 1000\n\n");
    }

    [Fact]
    [Trait("parity", "WIRE-09")]
    [Trait("parity", "WIRE-10")]
    public void Native_comment_or_retry_alone_is_a_line_without_a_block()
    {
        Encoded(new SseEvent { Comment = "" }).ShouldBe(":\n");
        Encoded(new SseEvent { Comment = "a\r\n\rb" }).ShouldBe(": a\n:\n: b\n");
        Encoded(new SseEvent { Retry = TimeSpan.FromSeconds(2) }).ShouldBe("retry: 2000\n");
        Encoded(new SseEvent { Comment = "c", Retry = TimeSpan.FromSeconds(2), Type = "t", Id = "1", Fields = [new("x", "y")] })
            .ShouldBe(": c\nretry: 2000\n");
    }

    [Theory]
    [InlineData(null, "data: d\n\n")]
    [InlineData("", "data: d\nid:\n\n")]
    [InlineData("0", "data: d\nid: 0\n\n")]
    [Trait("parity", "WIRE-06")]
    public void No_id_writes_no_line_and_the_empty_id_writes_the_reset_line(string? id, string wire)
    {
        Encoded(new SseEvent { Data = "d", Id = id }).ShouldBe(wire);
    }

    [Theory]
    [InlineData("", "data: \n\n")]
    [InlineData("a", "data: a\n\n")]
    [InlineData("a\nb", "data: a\ndata: b\n\n")]
    [InlineData("a\r\nb", "data: a\ndata: b\n\n")]
    [InlineData("a\rb", "data: a\ndata: b\n\n")]
    [InlineData("a\r\rb", "data: a\ndata: \ndata: b\n\n")]
    [InlineData("a\n\rb", "data: a\ndata: \ndata: b\n\n")]
    [InlineData("a\n", "data: a\ndata: \n\n")]
    [InlineData("\n", "data: \ndata: \n\n")]
    [InlineData(":x", "data: :x\n\n")]
    [InlineData(" x ", "data:  x \n\n")]
    [InlineData("\tx\t\n  ", "data: \tx\t\ndata:   \n\n")]
    [Trait("parity", "WIRE-03")]
    [Trait("parity", "WIRE-04")]
    [Trait("parity", "WIRE-07")]
    [Trait("parity", "WIRE-18")]
    public void Data_is_split_at_every_kind_of_line_end_and_otherwise_kept(string data, string wire)
    {
        Encoded(new SseEvent { Data = data }).ShouldBe(wire);
        Encoded(new SseEvent { DataBytes = Bytes(data) }).ShouldBe(wire);
        Events(wire).ShouldHaveSingleItem().Data.ShouldBe(Normalised(data));
    }

    [Fact]
    public void Empty_type_is_no_type()
    {
        Encoded(new SseEvent { Data = "d", Type = "" }).ShouldBe("data: d\n\n");
    }

    [Fact]
    public void Head_with_id_line_and_blank_line_is_the_whole_frame()
    {
        var e = new SseEvent
        {
            Data = "a\nb", Type = "t", Id = "own", Comment = "c", Retry = TimeSpan.FromSeconds(1), Fields = [new("x", "y")],
        };
        var output = new ArrayBufferWriter<byte>();
        SseEncoder.WriteHead(output, e);
        SseEncoder.WriteId(output, "7-ab"u8);
        output.Write("\n"u8);
        Utf8.GetString(output.WrittenSpan).ShouldBe(Encoded(new SseEvent(e) { Id = "7-ab" }));
    }

    [Fact]
    public void Single_lines_can_be_written_by_themselves()
    {
        var output = new ArrayBufferWriter<byte>();
        SseEncoder.WriteComment(output, "");
        SseEncoder.WriteComment(output, "a\nb");
        SseEncoder.WriteField(output, "event"u8, "hub.open"u8);
        SseEncoder.WriteData(output, ""u8);
        SseEncoder.WriteData(output, "x\r\ny"u8);
        SseEncoder.WriteId(output, ""u8);
        Utf8.GetString(output.WrittenSpan).ShouldBe(":\n: a\n: b\nevent: hub.open\ndata: \ndata: x\ndata: y\nid:\n");
    }

    [Theory]
    [Trait("parity", "WIRE-01")]
    [InlineData(SseFieldOrder.Native)]
    [InlineData(SseFieldOrder.IdFirst)]
    public void Encoding_allocates_nothing(SseFieldOrder order)
    {
        var e = new SseEvent
        {
            Id = "12-a", Data = "text\nmore ü", Type = "abc", Retry = TimeSpan.FromSeconds(3), Comment = "c", Fields = [new("x", "y")],
        };
        var output = new ArrayBufferWriter<byte>(1 << 16);
        Write(output, e, order);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Write(output, e, order);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1000, "500 events");
    }

    [Fact]
    public void Unknown_order_is_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => Encoded(new SseEvent { Data = "" }, (SseFieldOrder)7));
    }

    private static void Write(ArrayBufferWriter<byte> output, SseEvent e, SseFieldOrder order)
    {
        for (var i = 0; i < 500; i++)
        {
            output.ResetWrittenCount();
            SseEncoder.Write(output, e, order);
        }
    }
}
