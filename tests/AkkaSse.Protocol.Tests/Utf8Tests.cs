using System.Text;
using static AkkaSse.Protocol.Tests.Harness;

namespace AkkaSse.Protocol.Tests;

public class Utf8Tests
{
    public static TheoryData<string, byte[], string> Malformed() => new()
    {
        { "lone continuation", [0x80], "\uFFFD" },
        { "cut after one of two", [0xC3], "\uFFFD" },
        { "cut after two of three", [0xE2, 0x82], "\uFFFD" },
        { "cut after three of four", [0xF0, 0x9F, 0x98], "\uFFFD" },
        { "overlong slash", [0xC0, 0xAF], "\uFFFD\uFFFD" },
        { "encoded surrogate", [0xED, 0xA0, 0x80], "\uFFFD\uFFFD\uFFFD" },
        { "beyond U+10FFFF", [0xF4, 0x90, 0x80, 0x80], "\uFFFD\uFFFD\uFFFD\uFFFD" },
        { "bytes that never occur", [0xFE, 0xFF], "\uFFFD\uFFFD" },
        { "cut, then ASCII", [0xE2, 0x82, 0x41], "\uFFFDA" },
        { "overlong line feed", [0xC0, 0x8A], "\uFFFD\uFFFD" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    [Trait("parity", "WIRE-01")]
    public void Malformed_bytes_read_as_replacement_characters_at_every_cut(string name, byte[] malformed, string read)
    {
        byte[] stream =
        [
            .. "event: "u8, .. malformed, .. "\ndata: "u8, .. malformed, .. "\ndata: z"u8,
            .. malformed, .. "\nid: "u8, .. malformed, .. "\n\n"u8,
        ];
        for (var size = 1; size <= stream.Length; size++)
        {
            ParseChunks(stream, [size]).ShouldRead([E($"{read}\nz{read}", read, read), $"last={read}"], $"{name}, chunks of {size}");
        }
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Malformed_bytes_are_not_UTF8(string name, byte[] malformed, string read)
    {
        SseFieldRules.IsUtf8(malformed).ShouldBeFalse(name);
        SseFieldRules.IsUtf8(Bytes(read)).ShouldBeTrue();
        var fault = Should.Throw<SseFormatException>(() => SseFieldRules.Validate(new SseEvent { DataBytes = malformed }));
        fault.Field.ShouldBe("data");
        fault.Message.ShouldContain("base64");
    }

    [Fact]
    [Trait("parity", "WIRE-12")]
    public void Beginning_of_a_byte_order_mark_that_is_none_belongs_to_the_first_line()
    {
        foreach (byte[] start in new byte[][] { [0xEF], [0xEF, 0xBB], [0xEF, 0xBB, 0xEF, 0xBB, 0xBF] })
        {
            byte[] stream = [.. start, .. "data: lost\ndata: kept\n\n"u8];
            for (var size = 1; size <= stream.Length; size++)
            {
                var e = ParseChunks(stream, [size]);
                e.ShouldRead(ReferenceParser.Parse(stream), $"chunks of {size}");
                e[0].ShouldContain("data=\"kept\"");
            }
        }
    }

    // Attributes are stored as UTF-8 and cannot carry a lone surrogate; hence no theory.
    [Fact]
    [Trait("parity", "WIRE-01")]
    public void Lone_surrogates_are_written_as_replacement_characters()
    {
        Written("\uD800").ShouldBe("\uFFFD");
        Written("a\uDC00b").ShouldBe("a\uFFFDb");
        Written("\uD83D\n\uDE00").ShouldBe("\uFFFD\n\uFFFD");
        Written("\uD83D\uDE00").ShouldBe("\uD83D\uDE00");
        Written(new string('\uD800', 3000)).ShouldBe(new string('\uFFFD', 3000));

        static string? Written(string text)
        {
            var line = text.Replace("\n", "", StringComparison.Ordinal);
            var e = Events(Encoded(new SseEvent { Data = text, Type = line, Fields = [new("x", line)] })).ShouldHaveSingleItem();
            e.Type.ShouldBe(e.Fields[0].Value);
            e.Data!.Replace("\n", "", StringComparison.Ordinal).Length.ShouldBe(line.Length);
            return e.Data;
        }
    }

    [Theory]
    [InlineData(300)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(5000)]
    [InlineData(70_000)]
    public void Long_lines_of_wide_characters_survive_the_pieces_they_are_written_in(int length)
    {
        var text = new StringBuilder();
        for (var i = 0; i < length; i++)
        {
            text.Append((i % 4) switch { 0 => "a", 1 => "é", 2 => "€", _ => "😀" });
        }

        var line = text.ToString();
        var wire = Encoded(new SseEvent { Data = line + "\r\n" + line, Comment = line, Type = line });
        var bytes = Encoded(new SseEvent { DataBytes = Bytes(line + "\r\n" + line), Comment = line, Type = line });
        wire.ShouldBe(bytes);
        Events(wire).ShouldHaveSingleItem().Data.ShouldBe(line + "\n" + line);
    }
}
