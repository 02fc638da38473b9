using static AkkaSse.Protocol.Tests.Harness;

namespace AkkaSse.Protocol.Tests;

[Trait("parity", "WIRE-08")]
public class Base64Tests
{
    [Fact]
    public void Bytes_that_are_not_text_travel_as_base64()
    {
        byte[] bytes = [0, 0xFF, 0xFE, (byte)'\n', (byte)'\r', 0x80];
        var e = SseBase64.Encode(new SseEvent { DataBytes = bytes, Type = "bin", Id = "4" });
        SseFieldRules.Validate(e);
        Encoded(e).ShouldBe("event: bin\ndata: AP/+Cg2A\nid: 4\n\n");
        var read = Events(Encoded(e)).ShouldHaveSingleItem();
        SseBase64.TryDecode(read, out var decoded).ShouldBeTrue();
        decoded.DataBytes!.Value.ToArray().ShouldBe(bytes);
        (decoded.Type, decoded.Id, decoded.LastEventId).ShouldBe(("bin", "4", "4"));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("f", "Zg==")]
    [InlineData("fo", "Zm8=")]
    [InlineData("foo", "Zm9v")]
    [InlineData("foob", "Zm9vYg==")]
    [InlineData("fooba", "Zm9vYmE=")]
    [InlineData("foobar", "Zm9vYmFy")]
    public void Vectors_of_RFC_4648_hold_both_ways(string text, string base64)
    {
        SseBase64.Encode(new SseEvent { Data = text }).Data.ShouldBe(base64);
        SseBase64.TryDecode(new SseEvent { Data = base64 }, out var decoded).ShouldBeTrue();
        decoded.Data.ShouldBe(text);
    }

    [Theory]
    [InlineData("Zg")]
    [InlineData("Zg=")]
    [InlineData("not base64!")]
    [InlineData("_-__")]
    [InlineData("Zm9v=")]
    public void Undecodable_data_is_left_to_the_caller(string data)
    {
        var e = Events($"data: {data}\nid: 9\n\n").ShouldHaveSingleItem();
        SseBase64.TryDecode(e, out var decoded).ShouldBeFalse();
        decoded.ShouldBeNull();
        (e.Data, e.LastEventId).ShouldBe((data, "9"));
    }

    [Fact]
    public void Event_without_data_stays_as_it_is()
    {
        var e = new SseEvent { Comment = "c" };
        SseBase64.Encode(e).ShouldBeSameAs(e);
        SseBase64.TryDecode(e, out _).ShouldBeFalse();
    }

    [Fact]
    [Trait("parity", "PUB-08")]
    public void Encoding_leaves_the_callers_event_alone()
    {
        var e = new SseEvent { Data = "plain", Type = "t", Comment = "c", Retry = TimeSpan.FromSeconds(1), Fields = [new("x", "y")] };
        var encoded = SseBase64.Encode(e);
        Encoded(e).ShouldBe(": c\nevent: t\nretry: 1000\nx: y\ndata: plain\n\n");
        Encoded(encoded).ShouldBe(": c\nevent: t\nretry: 1000\nx: y\ndata: cGxhaW4=\n\n");
        Encoded(SseBase64.Encode(e)).ShouldBe(Encoded(encoded));
    }
}
