using System.Text;
using static AkkaSse.Protocol.Tests.Harness;

namespace AkkaSse.Protocol.Tests;

public class SpecificationTests
{
    public static TheoryData<string, string> Matrix()
    {
        var matrix = new TheoryData<string, string>();
        foreach (var name in SpecificationCases.All.Keys)
        {
            foreach (var newline in new[] { "LF", "CR", "CRLF", "mixed" })
            {
                matrix.Add(name, newline);
            }
        }

        return matrix;
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    [Trait("parity", "WIRE-04")]
    [Trait("parity", "WIRE-07")]
    [Trait("parity", "WIRE-11")]
    [Trait("parity", "WIRE-12")]
    [Trait("parity", "WIRE-13")]
    [Trait("parity", "WIRE-14")]
    [Trait("parity", "WIRE-15")]
    [Trait("parity", "WIRE-18")]
    public void Specification_case_reads_the_same_at_every_chunk_size(string name, string newline)
    {
        var (stream, items) = SpecificationCases.All[name];
        var bytes = Bytes(WithNewlines(stream, newline));
        var step = bytes.Length > 1000 ? 7 : 1;
        for (var size = 1; size <= bytes.Length + 1; size += size < 64 ? 1 : step)
        {
            ParseChunks(bytes, [size]).ShouldRead(items, $"chunks of {size}");
        }

        for (var size = 1; size <= Math.Min(bytes.Length, 16); size++)
        {
            ParseSegments(bytes, size).ShouldRead(items, $"segments of {size}");
        }
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Reference_parser_of_these_tests_agrees_with_the_specification_cases(string name, string newline)
    {
        var (stream, items) = SpecificationCases.All[name];
        ReferenceParser.Parse(Bytes(WithNewlines(stream, newline))).ShouldBe(items);
    }

    [Theory]
    [InlineData("LF")]
    [InlineData("CR")]
    [InlineData("CRLF")]
    [InlineData("mixed")]
    [Trait("parity", "WIRE-12")]
    public void Whole_corpus_as_one_stream_reads_the_same_when_cut_in_two_anywhere(string newline)
    {
        var stream = string.Concat(SpecificationCases.All.Values.Select(c => c.Stream.Length > 1000 ? "" : c.Stream + "\n\n"));
        var bytes = Bytes(WithNewlines(stream, newline));
        var expected = ReferenceParser.Parse(bytes);
        expected.Count.ShouldBeGreaterThan(50);
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            ParseChunks(bytes, [cut, int.MaxValue]).ShouldRead(expected, $"cut after {cut}");
        }
    }

    private static string WithNewlines(string stream, string kind)
    {
        switch (kind)
        {
            case "LF":
                return stream;
            case "CR":
                return stream.Replace('\n', '\r');
            case "CRLF":
                return stream.Replace("\n", "\r\n", StringComparison.Ordinal);
        }

        // CR must not stand before LF here, or two line ends would become one.
        string[] ends = ["\n", "\r\n", "\r", "\r", "\r\n", "\r\n", "\r"];
        var mixed = new StringBuilder();
        var n = 0;
        foreach (var c in stream)
        {
            if (c != '\n')
            {
                mixed.Append(c);
                continue;
            }

            var end = ends[n++ % ends.Length];
            mixed.Append(end == "\n" && mixed.Length > 0 && mixed[^1] == '\r' ? "\r\n" : end);
        }

        return mixed.ToString();
    }
}
