using System.Buffers;
using static AkkaSse.Protocol.Tests.Harness;

namespace AkkaSse.Protocol.Tests;

[Trait("parity", "WIRE-03")]
[Trait("parity", "WIRE-05")]
public class InjectionTests
{
    public static TheoryData<string, SseFieldOrder> Attacks()
    {
        var attacks = new TheoryData<string, SseFieldOrder>();
        foreach (var newline in new[] { "\n", "\r", "\r\n", "\n\r" })
        {
            foreach (var order in Enum.GetValues<SseFieldOrder>())
            {
                attacks.Add($"a{newline}event: evil{newline}{newline}data: x", order);
                attacks.Add($"{newline}{newline}id: 99{newline}{newline}", order);
                attacks.Add($"a{newline}retry: 1{newline}: c{newline}\uFEFFdata: y{newline}", order);
            }
        }

        return attacks;
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Line_breaks_in_data_stay_data(string text, SseFieldOrder order)
    {
        foreach (var e in new[] { new SseEvent { Data = text, Type = "t" }, new SseEvent { DataBytes = Bytes(text), Type = "t" } })
        {
            Parse(Encoded(e, order)).ShouldBe([E(Normalised(text), "t"), "last="]);
        }
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Line_breaks_in_a_comment_stay_comment(string text, SseFieldOrder order)
    {
        var items = Parse(Encoded(new SseEvent { Data = "d", Comment = text }, order));
        items.Where(i => !i.StartsWith("comment ", StringComparison.Ordinal)).ShouldBe([E("d"), "last="]);
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Line_breaks_elsewhere_are_refused_before_the_first_byte(string text, SseFieldOrder order)
    {
        Refused("event", new SseEvent { Data = "d", Type = text });
        Refused("id", new SseEvent { Data = "d", Id = text });
        Refused("x", new SseEvent { Data = "d", Fields = [new("x", text)] });
        Refused(text, new SseEvent { Data = "d", Fields = [new(text, "x")] });

        void Refused(string field, SseEvent e)
        {
            var output = new ArrayBufferWriter<byte>();
            Should.Throw<SseFormatException>(() => SseEncoder.Write(output, e, order)).Field.ShouldBe(field);
            Should.Throw<SseFormatException>(() => SseEncoder.WriteHead(output, e)).Field.ShouldBe(field);
            Should.Throw<SseFormatException>(() => SseFieldRules.Validate(e)).Field.ShouldBe(field);
            output.WrittenCount.ShouldBe(0);
        }
    }

    [Theory]
    [InlineData("a\nb")]
    [InlineData("a\rb")]
    [InlineData("a\0b")]
    public void Single_lines_cannot_be_broken_either(string text)
    {
        var output = new ArrayBufferWriter<byte>();
        Should.Throw<ArgumentException>(() => SseEncoder.WriteId(output, Bytes(text)));
        Should.Throw<ArgumentException>(() => SseEncoder.WriteField(output, "x"u8, Bytes(text)));
        Should.Throw<ArgumentException>(() => SseEncoder.WriteField(output, Bytes(text), "x"u8));
        Should.Throw<ArgumentException>(() => SseEncoder.WriteField(output, "a:b"u8, "x"u8));
        Should.Throw<ArgumentException>(() => SseEncoder.WriteField(output, ""u8, "x"u8));
        output.WrittenCount.ShouldBe(0);
    }

    [Fact]
    public void Negative_retry_is_refused_by_the_encoder_too()
    {
        var e = new SseEvent { Data = "", Retry = TimeSpan.FromMilliseconds(-5) };
        Should.Throw<SseFormatException>(() => Encoded(e)).Field.ShouldBe("retry");
    }
}
