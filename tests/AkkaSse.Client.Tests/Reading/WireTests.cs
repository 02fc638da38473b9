using System.Text;

namespace AkkaSse.Client.Tests.Reading;

/// <summary>Byte streams through the whole client; the parser's own matrix is in AkkaSse.Protocol.Tests.</summary>
public sealed class WireTests
{
    /// <summary>
    /// The examples of WHATWG HTML sections 9.2.1 and 9.2.6, each with what a browser dispatches: type, data, last event id.
    /// </summary>
    public static TheoryData<string, string[]> Examples => new()
    {
        { "data: This is the first message.\n\ndata: This is the second message, it\ndata: has two lines.\n\ndata: This is the third " +
            "message.\n\n",
            ["message|This is the first message.|", "message|This is the second message, it\nhas two lines.|",
                "message|This is the third message.|"] },
        { "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
            ["add|73857293|", "remove|2153|", "add|113411|"] },
        { "data: YHOO\ndata: +2\ndata: 10\n\n", ["message|YHOO\n+2\n10|"] },
        { ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
            ["message|first event|1", "message|second event|"] },
        { "data\n\ndata\ndata\n\ndata:", ["message||", "message|\n|"] },
        { "data:test\n\ndata: test\n\n", ["message|test|", "message|test|"] },
        { "\uFEFFdata: after a mark\n\n\uFEFFdata: no field\n\n", ["message|after a mark|"] },
        { "event: lost\n\ndata: no type\n\nid: 4\n\ndata: id kept\n\ndata : x\ndata: é€豆腐\nevent: é\n\n",
            ["message|no type|", "message|id kept|4", "é|é€豆腐|4"] },
    };

    [Theory]
    [MemberData(nameof(Examples))]
    [Trait("parity", "WIRE-07")]
    [Trait("parity", "WIRE-12")]
    [Trait("parity", "WIRE-13")]
    public async Task Specification_examples_read_the_same_at_every_chunk_size_and_newline_kind(string text, string[] expected)
    {
        foreach (var newline in new[] { "\n", "\r", "\r\n" })
        {
            var bytes = Encoding.UTF8.GetBytes(text.Replace("\n", newline, StringComparison.Ordinal));
            for (var chunk = 1; chunk <= bytes.Length; chunk++)
            {
                var events = (await Clients.ReadAsync(bytes, chunk)).OfType<SseEventReceived>().Select(e => e.Event);
                events.Select(e => $"{e.Type ?? "message"}|{e.Data}|{e.LastEventId}").ShouldBe(
                    expected, $"chunks of {chunk}, newline {newline.Length}");
            }
        }
    }

    /// <summary>What the five seeds' servers write.</summary>
    public static TheoryData<string, string, string[]> Seeds => new()
    {
        { "ctrlX", "event: update\nid: 1\ndata: {\"a\":1}\n\nevent: keepalive\nid: 2\ndata: {\"timestamp\":1}\n\n",
            ["update|{\"a\":1}|1", "keepalive|{\"timestamp\":1}|2"] },
        { "r3labs", "id: 0\ndata: ping\n\nid: 1\ndata: line\nevent: named\n\n: heartbeat\n\n", ["message|ping|0", "named|line|1"] },
        { "pakakeh", ":\n\nevent:open\n\nevent:greeting\ndata:hello\ndata:world\nid:7\n\nretry:3000\n\n", ["greeting|hello\nworld|7"] },
        { "davidsbond", "event:\ndata:one\n\nevent:kind\ndata:two\n\n", ["message|one|", "kind|two|"] },
        { "ecommon", "id: 123\ndata: 111\nevent: abc\n\nid: \ndata: default->x Connection Successful!\nevent: ping\nretry: 3\n\n",
            ["abc|111|123", "ping|default->x Connection Successful!|"] },
    };

    [Theory]
    [MemberData(nameof(Seeds))]
    [Trait("parity", "WIRE-16")]
    [Trait("parity", "WIRE-01")]
    public async Task Streams_of_every_seed_server_are_read(string seed, string text, string[] expected)
    {
        foreach (var chunk in new[] { 1, 2, 3, 7, 1000 })
        {
            var events = await Clients.EventsAsync(text, chunk);
            events.Select(e => $"{e.Type ?? "message"}|{e.Data}|{e.LastEventId}").ShouldBe(expected, $"{seed}, chunks of {chunk}");
        }
    }

    [Fact]
    [Trait("parity", "CLI-17")]
    [Trait("parity", "WIRE-11")]
    public async Task Event_carries_type_data_bytes_id_retry_number_and_custom_fields()
    {
        var events = await Clients.EventsAsync(
            "event: t\ncolor: blue\ndata: é\nid: 42\nretry: 1500\nsize:  9\n\nid: 99999999999999999999\ndata: x\n\nid: a1\ndata: y\n\n");
        var first = events[0];
        (first.Type, first.Data, first.Id, first.LastEventId).ShouldBe(("t", "é", "42", "42"));
        first.DataBytes!.Value.ToArray().ShouldBe("é"u8.ToArray());
        first.IdAsInt64.ShouldBe(42);
        first.Retry.ShouldBe(TimeSpan.FromMilliseconds(1500));
        first.Fields.ShouldBe([new("color", "blue"), new("size", " 9")]);
        events[1].IdAsInt64.ShouldBe(0);
        events[2].IdAsInt64.ShouldBe(0);
    }

    [Fact]
    [Trait("parity", "WIRE-18")]
    [Trait("parity", "WIRE-04")]
    public async Task White_space_and_leading_colons_in_data_are_kept()
    {
        (await Clients.EventsAsync("data:   two  \ndata: :x\ndata:\t\n\n")).Single().Data.ShouldBe("  two  \n:x\n\t");
    }

    [Fact]
    [Trait("parity", "WIRE-09")]
    public async Task Retry_alone_is_told_once_and_is_no_event()
    {
        var all = await Clients.ReadAsync("retry: 1500\n\nretry: 1500\n\ndata: x\n\n"u8.ToArray(), 1);
        all.OfType<SseRetryChanged>().Select(r => r.Retry.TotalMilliseconds).ShouldBe([1500]);
        all.OfType<SseEventReceived>().Count().ShouldBe(1);
    }

    [Fact]
    [Trait("parity", "WIRE-15")]
    public async Task Only_digits_make_a_retry_and_it_is_clamped()
    {
        var all = await Clients.ReadAsync(
            "retry: -1\nretry: +3\nretry: 1a\nretry:\nretry: 999999999999999999999\n\n"u8.ToArray(), 5,
            o => o.MaxRetry = TimeSpan.FromSeconds(9));
        all.OfType<SseRetryChanged>().Select(r => r.Retry).ShouldBe([TimeSpan.FromSeconds(9)]);
    }

    [Fact]
    [Trait("parity", "WIRE-10")]
    public async Task Comments_are_notifications_in_their_place_and_never_events()
    {
        var all = await Clients.ReadAsync(":\ndata: a\n: between\n\n:end\n"u8.ToArray(), 3);
        all.Select(n => n switch { SseCommentReceived c => "c:" + c.Comment, SseEventReceived e => "e:" + e.Event.Data, _ => "-" })
            .ShouldBe(["-", "c:", "c:between", "e:a", "c:end", "-", "-"]);
    }

    [Fact]
    [Trait("parity", "WIRE-08")]
    public async Task Base64_is_decoded_when_asked_for()
    {
        var e = (await Clients.EventsAsync("id: 1\ndata: /wB/\n\n", configure: o => o.DecodeBase64 = true)).Single();
        e.DataBytes!.Value.ToArray().ShouldBe([0xff, 0x00, 0x7f]);
        e.LastEventId.ShouldBe("1");
    }

    [Fact]
    [Trait("parity", "WIRE-08")]
    public async Task Undecodable_base64_is_reported_and_delivered_raw()
    {
        var all = await Clients.ReadAsync("id: 1\ndata: not base64!\n\nid: 2\ndata: YQ==\n\n"u8.ToArray(), 4, o => o.DecodeBase64 = true);
        all.OfType<SseFaulted>().Single().Error.Event!.Data.ShouldBe("not base64!");
        all.OfType<SseEventReceived>().Select(e => (e.Event.Data, e.Event.LastEventId)).ShouldBe([("not base64!", "1"), ("a", "2")]);
    }

    [Fact]
    [Trait("parity", "WIRE-17")]
    public async Task Oversized_event_is_a_typed_error_and_the_next_is_read()
    {
        var text = $"id: 1\ndata: {new string('x', 3000)}\n\nid: 2\ndata: small\n\n";
        var all = await Clients.ReadAsync(Encoding.UTF8.GetBytes(text), 100, o => o.MaxEventBytes = 1000);
        all.OfType<SseFaulted>().Single().Error.Limit!.LimitBytes.ShouldBe(1000);
        all.OfType<SseEventReceived>().Single().Event.Data.ShouldBe("small");
    }

    [Fact]
    [Trait("parity", "WIRE-17")]
    public async Task Oversized_event_is_not_asked_for_again()
    {
        await using var server = new RawServer(async c =>
        {
            var request = await c.ReadRequestAsync();
            var id = request.Header("Last-Event-ID");
            await c.SendAsync(RawServer.Head()
                + (id is null ? $"data: {new string('x', 3000)}\nid: 1\n\n" : $"id: 2\ndata: after {id}\n\n"));
        });
        await using var client = Clients.Create(server.Url, o => o.MaxLineBytes = 1000);
        (await client.SubscribeAsync().TakeWithin(1)).Single().Data.ShouldBe("after 1");
    }
}
