using System.Text;
using AkkaSse.Testing;

namespace AkkaSse.AspNetCore.Tests;

public sealed class PublishTests
{
    [Fact]
    [Trait("parity", "PUB-07")]
    public async Task Published_event_reaches_a_subscriber_and_the_answer_names_its_wire_id()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/news/events");
        await reader.NextAsync("hub.open");

        var answer = await host.PostAsync("/v1/streams/news/events?type=created", "hello");

        answer.Status.ShouldBe(202, answer.Text);
        answer.Header("Content-Type").ShouldBe("application/json");
        var e = await reader.NextEventAsync();
        (e.Type, e.Data).ShouldBe(("created", "hello"));
        e.Id.ShouldBe(answer.Json.GetProperty("id").GetString());
        e.Id.ShouldBe($"{answer.Json.GetProperty("offset").GetInt64()}-{answer.Json.GetProperty("epoch").GetString()}");
        answer.Json.GetProperty("stream").GetString().ShouldBe("news");
        answer.Json.GetProperty("localReaders").GetInt32().ShouldBe(1);
        answer.Json.GetProperty("duplicate").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    [Trait("parity", "PUB-07")]
    public async Task Empty_body_is_the_empty_string()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/news/events");
        await reader.NextAsync("hub.open");
        (await host.PostAsync("/v1/streams/news/events")).Status.ShouldBe(202);
        (await host.SendAsync("POST", "/v1/streams/news/events")).Status.ShouldBe(202);
        (await reader.NextEventAsync()).Data.ShouldBe("");
        (await reader.NextEventAsync()).Data.ShouldBe("");
    }

    [Fact]
    [Trait("parity", "PUB-10")]
    public async Task Comment_alone_and_retry_alone_go_to_present_readers_without_a_block()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/news/events");
        await reader.NextAsync("hub.open");
        var comment = await host.PostAsync("/v1/streams/news/events?comment=note");
        comment.Status.ShouldBe(202);
        comment.Json.GetProperty("id").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        var retry = await host.PostAsync("/v1/streams/news/events?retry=1500");
        retry.Status.ShouldBe(202, retry.Text);
        await host.PostAsync("/v1/streams/news/events", "x");
        var block = await reader.NextEventAsync();
        block.Comments.ShouldContain("note");
        block.Retry.ShouldBe("1500");
        block.Data.ShouldBe("x");
    }

    [Theory]
    [InlineData("retry=1500", "1500")]
    [InlineData("retry=1.5s", "1500")]
    [InlineData("retry=PT2S", "2000")]
    [InlineData("retry=", null)]
    public async Task Retry_accompanies_data(string query, string? expected)
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/news/events?control=0");
        await host.PostAsync("/v1/streams/news/events", "first");
        await reader.NextEventAsync();
        (await host.PostAsync("/v1/streams/news/events?" + query, "second")).Status.ShouldBe(202);
        (await reader.NextEventAsync()).Retry.ShouldBe(expected);
    }

    [Fact]
    public async Task Publishers_id_travels_as_eid_unless_the_stream_takes_callers_ids()
    {
        await using var host = await EdgeHost.StartAsync();
        (await host.SendAsync("PUT", "/v1/streams/own", """{"ids":"caller"}""")).Status.ShouldBe(201);
        await host.PostAsync("/v1/streams/hubs/events?id=order-7", "a");
        var own = await host.PostAsync("/v1/streams/own/events?id=order-7", "a");
        own.Json.GetProperty("id").GetString().ShouldBe("order-7");
        await using var hubs = await host.SubscribeAsync("/v1/streams/hubs/events?since=earliest");
        var e = await hubs.NextEventAsync();
        e.Comments.ShouldContain("eid=order-7");
        e.Id!.ShouldStartWith("1-");
        await using var owns = await host.SubscribeAsync("/v1/streams/own/events?since=earliest");
        (await owns.NextEventAsync()).Id.ShouldBe("order-7");
    }

    [Fact]
    public async Task Same_idempotency_key_and_body_is_a_duplicate_and_another_body_a_conflict()
    {
        await using var host = await EdgeHost.StartAsync();
        var first = await host.PostAsync("/v1/streams/a/events", "x", "Idempotency-Key: k1");
        var again = await host.PostAsync("/v1/streams/a/events", "x", "Idempotency-Key: k1");
        var other = await host.PostAsync("/v1/streams/a/events", "y", "Idempotency-Key: k1");
        (first.Status, again.Status, other.Status).ShouldBe((202, 202, 422));
        again.Json.GetProperty("duplicate").GetBoolean().ShouldBeTrue();
        again.Json.GetProperty("id").GetString().ShouldBe(first.Json.GetProperty("id").GetString());
        other.Code.ShouldBe("idempotency-key-conflict");
    }

    [Fact]
    [Trait("parity", "PUB-07")]
    public async Task Unknown_stream_is_404_where_publishes_do_not_create()
    {
        await using var host = await EdgeHost.StartAsync(o => o.AutoCreate = false);
        var answer = await host.PostAsync("/v1/streams/none/events", "x");
        answer.Status.ShouldBe(404);
        answer.Code.ShouldBe("stream-not-found");
    }

    [Theory]
    [InlineData(10)]
    [InlineData(5_000)]
    [InlineData(200_000)]
    [InlineData(1_000_000)]
    public async Task Bodies_of_any_allowed_size_arrive_whole(int size)
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/big/events");
        await reader.NextAsync("hub.open");
        var text =
            string.Concat(Enumerable.Range(0, (size / 10) + 1).Select(
                i => i.ToString("D10", System.Globalization.CultureInfo.InvariantCulture)))[..size];
        (await host.PostAsync("/v1/streams/big/events", text)).Status.ShouldBe(202);
        (await reader.NextEventAsync()).Data.ShouldBe(text);
    }

    [Fact]
    public async Task Chunked_body_in_many_pieces_arrives_whole()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/big/events");
        await reader.NextAsync("hub.open");
        await using var connection = await RawConnection.OpenAsync(host.Address);
        await connection.WriteHeadAsync("POST", "/v1/streams/big/events", "Transfer-Encoding: chunked");
        var whole = new StringBuilder();
        for (var i = 0; i < 200; i++)
        {
            var part = new string((char)('a' + (i % 26)), 1 + (i * 7));
            whole.Append(part);
            await connection.WriteAsync($"{part.Length:x}\r\n{part}\r\n");
        }
        await connection.WriteAsync("0\r\n\r\n");
        (await connection.ReadHeadAsync()).Status.ShouldBe(202);
        (await reader.NextEventAsync()).Data.ShouldBe(whole.ToString());
    }

    [Fact]
    public async Task Many_publishes_on_one_connection_are_answered_in_order()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var connection = await RawConnection.OpenAsync(host.Address);
        for (var i = 1; i <= 50; i++)
        {
            await connection.WriteHeadAsync("POST", "/v1/streams/seq/events", "Content-Length: 3");
            await connection.WriteAsync("abc");
            var head = await connection.ReadHeadAsync();
            head.Status.ShouldBe(202);
            var body = await connection.ReadBodyToEndAsync();
            (head with { Body = body }).Json.GetProperty("offset").GetInt64().ShouldBe(i);
        }
    }

    [Fact]
    public async Task Binary_data_need_base64_and_then_arrive()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/bin/events");
        await reader.NextAsync("hub.open");
        byte[] data = [0xff, 0x00, 0xfe];
        var refused = await RawHttp.SendAsync(host.Address, "POST", "/v1/streams/bin/events", data);
        (refused.Status, refused.Code).ShouldBe((400, "data-not-utf8"));
        (await RawHttp.SendAsync(host.Address, "POST", "/v1/streams/bin/events?base64=1", data)).Status.ShouldBe(202);
        (await reader.NextEventAsync()).Data.ShouldBe(Convert.ToBase64String(data));
    }

    [Fact]
    public async Task Ttl_and_conflate_are_taken()
    {
        await using var host = await EdgeHost.StartAsync();
        (await host.PostAsync("/v1/streams/a/events?ttl=1h&conflate=key", "x")).Status.ShouldBe(202);
        (await host.PostAsync("/v1/streams/a/events?ttl=soon", "x")).Code.ShouldBe("parameter-invalid");
        (await host.PostAsync("/v1/streams/a/events?ttl=0s", "x")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task Query_form_publishes_to_each_kind_of_target()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/events?stream=a%2Fb&zone=z&client=c");
        await reader.NextAsync("hub.open");
        (await host.PostAsync("/v1/publish?stream=a/b", "1")).Status.ShouldBe(202);
        (await reader.NextEventAsync()).Data.ShouldBe("1");
        (await host.PostAsync("/v1/publish?zone=z", "2")).Json.GetProperty("zone").GetString().ShouldBe("z");
        (await reader.NextEventAsync()).Data.ShouldBe("2");
        (await host.PostAsync("/v1/publish?client=c", "3")).Json.GetProperty("client").GetString().ShouldBe("c");
        (await reader.NextEventAsync()).Data.ShouldBe("3");
        (await host.PostAsync("/v1/publish?zone=z&client=c", "4")).Status.ShouldBe(202);
        (await reader.NextEventAsync()).Data.ShouldBe("4");
        (await host.PostAsync("/v1/publish?broadcast=1", "5")).Json.GetProperty("broadcast").GetBoolean().ShouldBeTrue();
        (await reader.NextEventAsync()).Data.ShouldBe("5");
        (await host.PostAsync("/v1/publish", "x")).Code.ShouldBe("parameter-invalid");
        (await host.PostAsync("/v1/publish?stream=a&zone=b", "x")).Code.ShouldBe("parameter-invalid");
    }
}
