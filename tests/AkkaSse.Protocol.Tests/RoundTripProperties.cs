using FsCheck.Fluent;
using static AkkaSse.Protocol.Tests.Harness;

namespace AkkaSse.Protocol.Tests;

public class RoundTripProperties
{
    [Theory]
    [InlineData(SseFieldOrder.Native)]
    [InlineData(SseFieldOrder.IdFirst)]
    [Trait("parity", "WIRE-01")]
    [Trait("parity", "WIRE-03")]
    [Trait("parity", "WIRE-04")]
    [Trait("parity", "WIRE-11")]
    [Trait("parity", "WIRE-18")]
    [Trait("parity", "CLI-17")]
    public void Any_events_written_and_read_in_any_pieces_are_the_same_events(SseFieldOrder order)
    {
        var cases =
            from events in Properties.Event.NonEmptyListOf()
            from chunks in Properties.Chunks
            select (Events: events.Take(5).ToList(), Chunks: chunks);
        Properties.Hold(cases, c =>
        {
            var last = "";
            var expected = new List<string>();
            foreach (var e in c.Events)
            {
                SseFieldRules.Validate(e);
                last = e.Id ?? last;
                var comments = e.Comment is null ? [] : Normalised(e.Comment).Split('\n').Select(C).ToList();
                var retry = e.Retry is { } r ? (long?)r.TotalMilliseconds : null;
                string[] retries = retry is { } ms ? [R(ms)] : [];
                expected.AddRange(order == SseFieldOrder.Native ? [.. comments, .. retries] : [.. retries, .. comments]);
                expected.Add(E(Normalised(e.Data!), string.IsNullOrEmpty(e.Type) ? null : e.Type, e.Id, last, retry,
                    [.. e.Fields.Select(f => (f.Key, f.Value))]));
            }

            expected.Add($"last={last}");
            var wire = string.Concat(c.Events.Select(e => Encoded(e, order)));
            ParseChunks(Bytes(wire), c.Chunks).ShouldBe(expected);
        });
    }

    [Fact]
    public void Text_and_bytes_of_the_same_data_give_the_same_frame()
    {
        Properties.Hold(Properties.Text, text =>
            Encoded(new SseEvent { Data = text }).ShouldBe(Encoded(new SseEvent { DataBytes = Bytes(text) })));
    }

    [Fact]
    [Trait("parity", "WIRE-08")]
    public void Any_bytes_survive_base64()
    {
        Properties.Hold(Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(), bytes =>
        {
            var read = Events(Encoded(SseBase64.Encode(new SseEvent { DataBytes = bytes }))).ShouldHaveSingleItem();
            SseBase64.TryDecode(read, out var decoded).ShouldBeTrue();
            decoded.DataBytes!.Value.ToArray().ShouldBe(bytes);
        });
    }
}
