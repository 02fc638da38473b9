using FsCheck.Fluent;
using static AkkaSse.Protocol.Tests.Harness;

namespace AkkaSse.Protocol.Tests;

public class GarbageProperties
{
    [Fact]
    [Trait("parity", "WIRE-12")]
    [Trait("parity", "WIRE-13")]
    [Trait("parity", "WIRE-14")]
    [Trait("parity", "WIRE-15")]
    public void Any_bytes_read_as_the_specification_says()
    {
        Properties.Hold(Properties.Garbage, bytes => ParseWhole(bytes).ShouldBe(ReferenceParser.Parse(bytes)), 2000, Properties.Shrink);
    }

    [Fact]
    [Trait("parity", "WIRE-12")]
    public void Cutting_never_changes_what_is_read()
    {
        var cases = from bytes in Properties.Garbage from chunks in Properties.Chunks select (Bytes: bytes, Chunks: chunks);
        Properties.Hold(cases, c =>
        {
            var whole = ParseWhole(c.Bytes);
            ParseChunks(c.Bytes, c.Chunks).ShouldBe(whole);
            ParseSegments(c.Bytes, c.Chunks[0]).ShouldBe(whole);
        }, 2000);
    }

    [Fact]
    [Trait("parity", "WIRE-17")]
    public void Cutting_never_changes_what_is_read_under_tight_bounds()
    {
        var cases =
            from bytes in Properties.Garbage
            from chunks in Properties.Chunks
            from line in Gen.Choose(1, 12)
            from size in Gen.Choose(1, 80)
            select (Bytes: bytes, Chunks: chunks, Options: new SseParserOptions { MaxLineBytes = line, MaxEventBytes = size });
        Properties.Hold(cases, c =>
        {
            var whole = ParseWhole(c.Bytes, c.Options);
            ParseChunks(c.Bytes, c.Chunks, c.Options).ShouldBe(whole);
            ParseSegments(c.Bytes, c.Chunks[0], c.Options).ShouldBe(whole);
        }, 2000);
    }

    [Fact]
    [Trait("parity", "WIRE-17")]
    public void Bounds_drop_whole_events_and_leave_the_rest_as_it_is()
    {
        var cases = from bytes in Properties.Garbage from size in Gen.Choose(1, 40) select (Bytes: bytes, Size: size);
        Properties.Hold(cases, c =>
        {
            var free = ParseWhole(c.Bytes);
            var bound = ParseWhole(c.Bytes, new SseParserOptions { MaxEventBytes = c.Size });
            bound[^1].ShouldBe(free[^1], "ids of skipped events count too");
            var rest = new Queue<string>(free);
            foreach (var item in bound.Where(i => !i.StartsWith("error ", StringComparison.Ordinal)))
            {
                while (rest.Count > 0 && rest.Peek() != item)
                {
                    rest.Dequeue().ShouldStartWith("event ");
                }

                rest.Count.ShouldBeGreaterThan(0, $"{item} is not read without the bound");
                rest.Dequeue();
            }
        }, 1000);
    }
}
