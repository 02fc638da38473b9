using System.Net.ServerSentEvents;
using System.Text;
using FsCheck.Fluent;
using static AkkaSse.Protocol.Tests.Harness;
using BclParser = System.Net.ServerSentEvents.SseParser;

namespace AkkaSse.Protocol.Tests;

/// <summary>
/// The framework's own parser and formatter as a second opinion where they are right. Its parser keeps an event type over a block without
/// data and reports no id where the block has none, so those are not compared; an empty type it leaves empty.
/// </summary>
public class BclOracleTests
{
    [Theory]
    [InlineData(SseFieldOrder.Native)]
    [InlineData(SseFieldOrder.IdFirst)]
    [Trait("parity", "WIRE-16")]
    public void Framework_parser_reads_what_the_encoder_writes(SseFieldOrder order)
    {
        Properties.Hold(Properties.Event.NonEmptyListOf(), events =>
        {
            var wire = string.Concat(events.Take(5).Select(e => Encoded(e, order)));
            ReadByFramework(Bytes(wire)).ShouldBe(Events(wire).Select(e => (e.Type ?? "message", e.Data!)));
        });
    }

    [Fact]
    [Trait("parity", "WIRE-16")]
    public void Parser_reads_what_the_framework_formatter_writes()
    {
        var cases =
            from data in Properties.Text
            from type in Properties.Line
            from id in Gen.Elements("1", "x-y", "a b")
            select (data, type, id);
        Properties.Hold(cases, c =>
        {
            using var stream = new MemoryStream();
            SseFormatter.WriteAsync(One(), stream).GetAwaiter().GetResult();
            var e = Events(Utf8.GetString(stream.ToArray())).ShouldHaveSingleItem();
            (e.Data, e.Type ?? "", e.Id).ShouldBe((Normalised(c.data), c.type, c.id));

            async IAsyncEnumerable<SseItem<string>> One()
            {
                await Task.CompletedTask;
                yield return new SseItem<string>(c.data, c.type) { EventId = c.id };
            }
        }, 200);
    }

    [Fact]
    [Trait("parity", "WIRE-12")]
    public void Framework_parser_agrees_on_the_corpus_where_it_is_right()
    {
        foreach (var (name, (stream, _)) in SpecificationCases.All.Where(c => c.Key != "event type resets without dispatch"))
        {
            foreach (var newline in new[] { "\n", "\r", "\r\n" })
            {
                var text = stream.Replace("\n", newline, StringComparison.Ordinal);
                ReadByFramework(Bytes(text)).ShouldBe(Events(text).Select(e => (e.Type ?? "message", e.Data!)), name);
            }
        }
    }

    private static List<(string Type, string Data)> ReadByFramework(byte[] bytes) =>
        [.. BclParser.Create(new MemoryStream(bytes), (_, data) => Encoding.UTF8.GetString(data)).Enumerate()
            .Select(i => (i.EventType.Length == 0 ? "message" : i.EventType, i.Data))];
}
