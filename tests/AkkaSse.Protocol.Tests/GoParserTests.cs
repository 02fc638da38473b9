using static AkkaSse.Protocol.Tests.Harness;
using Read = AkkaSse.Protocol.Tests.GoParsers.Read;

namespace AkkaSse.Protocol.Tests;

[Trait("parity", "WIRE-16")]
public class GoParserTests
{
    // A connection as the hub writes it: a comment and a retry without blocks of their own, events, heartbeats between them.
    private static readonly SseEvent[] Connection =
    [
        new() { Comment = "" },
        new() { Retry = TimeSpan.FromMilliseconds(2000) },
        new() { Type = "hub.open", Data = "{\"client\":\"c\"}", Id = "1" },
        new() { Comment = "heartbeat" },
        new() { Type = "created", Data = "one", Id = "2" },
        new() { Data = "untyped: text, ü", Id = "3", Fields = [new("eid", "own")] },
        new() { Comment = "" },
        new() { Data = "no id of its own", Comment = "before", Retry = TimeSpan.FromMilliseconds(10) },
    ];

    public static TheoryData<SseFieldOrder> Orders => new(Enum.GetValues<SseFieldOrder>());

    [Fact]
    public void S0_reads_type_and_data_of_single_line_events()
    {
        GoParsers.S0(string.Concat(Connection.Select(e => Encoded(e)))).ShouldBe(
        [
            new Read("hub.open", "{\"client\":\"c\"}"),
            new Read("created", "one"),
            new Read("", "untyped: text, ü"),
            new Read("", "no id of its own"),
        ]);
    }

    [Fact]
    public void S1_reads_every_event_and_no_phantom()
    {
        GoParsers.S1(string.Concat(Connection.Select(e => Encoded(e)))).ShouldBe(
        [
            new Read("hub.open", "{\"client\":\"c\"}", "1"),
            new Read("created", "one", "2"),
            new Read("", "untyped: text, ü", "3"),
            new Read("", "no id of its own", "3"),
        ]);
    }

    [Fact]
    public void S1_would_make_an_event_of_a_comment_block_which_is_why_none_is_written()
    {
        var wire = Encoded(new SseEvent { Data = "a", Id = "1" }) + Encoded(new SseEvent { Comment = "heartbeat" }, SseFieldOrder.IdFirst);
        GoParsers.S1(wire).ShouldBe([new Read("", "a", "1"), new Read("", "", "1")]);
    }

    [Fact]
    public void S2_reads_every_event()
    {
        GoParsers.S2(Connection.Select(e => Encoded(e))).ShouldBe(
        [
            new Read("hub.open", "{\"client\":\"c\"}", "1"),
            new Read("created", "one", "2"),
            new Read("message", "untyped: text, ü", "3"),
            new Read("message", "no id of its own", "3"),
        ]);
    }

    [Fact]
    public void S4_reads_every_event_with_the_line_end_it_adds()
    {
        GoParsers.S4(string.Concat(Connection.Select(e => Encoded(e)))).ShouldBe(
        [
            new Read("hub.open", "{\"client\":\"c\"}\n", "1"),
            new Read("created", "one\n", "2"),
            new Read("", "untyped: text, ü\n", "3"),
            new Read("", "no id of its own\n", ""),
        ]);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Several_lines_arrive_where_the_client_joins_them(SseFieldOrder order)
    {
        var wire = Encoded(new SseEvent { Data = "a\r\nb\rc", Type = "t", Id = "5" }, order);
        GoParsers.S1(wire).ShouldBe([new Read("t", "a\nb\nc", "5")]);
        GoParsers.S2([wire]).ShouldBe([new Read("t", "a\nb\nc", "5")]);
        GoParsers.S4(wire).ShouldBe([new Read("t", "a\nb\nc\n", "5")]);
        GoParsers.S0(wire).ShouldBe([new Read("t", "abc")]);
    }

    [Theory]
    [InlineData("S0 named keepalive", "event: keepalive\ndata: {\"timestamp\":1}\n\n")]
    [InlineData("S0 multiple lines", "event: update\nid: 3\ndata: {\ndata: }\n\n")]
    public void Controller_servers_stream_is_read(string name, string wire)
    {
        Events(wire).ShouldHaveSingleItem(name).Data.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void S1_servers_stream_is_read()
    {
        // Writes "id: " where there is none, replays with decimal ids, comments in blocks of their own.
        Parse("id: \ndata: ping\n\nid: 0\ndata: first\nevent: e\nretry: 3000\n\n: note\n\nid: 1\ndata: a\ndata: b\n\n").ShouldBe(
            [E("ping", id: ""), R(3000), E("first", "e", "0", retry: 3000), C("note"), E("a\nb", id: "1"), "last=1"]);
    }

    [Fact]
    public void S2_servers_stream_is_read()
    {
        // No space after the colon, id last, retry alone, and an empty comment block for the keepalive.
        Parse("event:greet\ndata:hello\ndata:world\nid:7\n\n:\n\nretry:5000\n\ndata:x\nid:\n\n").ShouldBe(
            [E("hello\nworld", "greet", "7"), C(""), R(5000), E("x", id: ""), "last="]);
    }

    [Fact]
    public void S3_servers_stream_is_read()
    {
        // No space after the colon and always an event line, empty when there is no type.
        Parse("event:\ndata:first\n\nevent:news\ndata:{\"a\":1}\n\n").ShouldBe([E("first"), E("{\"a\":1}", "news"), "last="]);
    }

    [Fact]
    public void S4_servers_stream_is_read()
    {
        // A welcome whose id is the client's, then its fixed order of fields.
        Parse("id: 0123456789abcdef\ndata: welcome\nevent: open\n\n"
            + "id: 123\ndata: 111\nevent: abc\nretry: 3000\n\n: heartbeat\n\nid: \ndata: 112\n\n").ShouldBe(
        [
            E("welcome", "open", "0123456789abcdef"), R(3000), E("111", "abc", "123", retry: 3000), C("heartbeat"),
            E("112", id: ""), "last=",
        ]);
    }
}
