using System.Security.Claims;
using System.Text;
using System.Text.Json;
using AkkaSse.Hub;
using AkkaSse.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests.Batch;

public sealed class BatchTests
{
    [Theory]
    [InlineData("{\"stream\":\"a\",\"type\":\"t\",\"data\":\"one\"}\n{\"stream\":\"a\",\"data\":\"two\"}\n")]
    [InlineData("{\"stream\":\"a\",\"type\":\"t\",\"data\":\"one\"}\r\n\r\n{\"stream\":\"a\",\"data\":\"two\"}")]
    [InlineData("{\"stream\":\"a\",\"type\":\"t\",\"data\":\"one\"}{\"stream\":\"a\",\"data\":\"two\"}")]
    [InlineData("[{\"stream\":\"a\",\"type\":\"t\",\"data\":\"one\"},{\"stream\":\"a\",\"data\":\"two\"}]")]
    [InlineData(" [ {\"data\" : \"one\", \"type\":\"t\", \"stream\" : \"a\"} ,\n {\"stream\":\"a\",\"data\":\"two\"} ] \n")]
    [InlineData("\uFEFF{\"stream\":\"a\",\"type\":\"t\",\"data\":\"one\"}\n{\"stream\":\"a\",\"data\":\"two\"}")]
    [InlineData("{\"stream\":\"\\u0061\",\"typ\\u0065\":\"t\",\"data\":\"on\\u0065\"}\n{\"stream\":\"a\",\"data\":\"two\",\"id\":null}")]
    public async Task Json_lines_and_an_array_are_published_in_order(string body)
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");

        var answer = await host.PostAsync("/v1/batch", body);

        answer.Status.ShouldBe(200, answer.Text);
        answer.Header("Content-Type").ShouldBe("application/json");
        answer.Json.GetProperty("accepted").GetInt32().ShouldBe(2);
        answer.Json.GetProperty("rejected").GetInt32().ShouldBe(0);
        var first = await reader.NextEventAsync();
        first.Type.ShouldBe("t");
        first.Data.ShouldBe("one");
        var second = await reader.NextEventAsync();
        second.Type.ShouldBeNull();
        second.Data.ShouldBe("two");
        Items(answer).Select(i => i.GetProperty("id").GetString()).ShouldBe([first.Id, second.Id]);
        Items(answer).Select(i => i.GetProperty("offset").GetInt64()).ShouldBe([1, 2]);
        Items(answer).Select(i => i.GetProperty("status").GetInt32()).ShouldBe([202, 202]);
    }

    [Fact]
    [Trait("parity", "PUB-08")]
    public async Task Every_part_of_an_event_arrives()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");

        var answer = await host.PostAsync("/v1/batch",
            """{"stream":"a","type":"t","json":{"x":[1,"ü",{"deep":null}]},"id":"mine","retry":"2s","comment":"why","ttl":"1h","conflate":"k","fields":{"origin":"here"}}""" + "\n"
            + """{"stream":"a","json":17}""" + "\n" + """{"stream":"a","data":"a\nb\t\"\u00e9"}""" + "\n"
            + """{"stream":"a","comment":"only","retry":7}""");

        answer.Json.GetProperty("accepted").GetInt32().ShouldBe(4, answer.Text);
        var e = await reader.NextEventAsync();
        e.Data.ShouldBe("""{"x":[1,"ü",{"deep":null}]}""");
        e.Retry.ShouldBe("2000");
        e.Comments.ShouldContain("why");
        e.Field("origin").ShouldBe("here");
        e.Comments.ShouldContain("eid=mine");
        (await reader.NextEventAsync()).Data.ShouldBe("17");
        (await reader.NextEventAsync()).Data.ShouldBe("a\nb\t\"é");
        Items(answer)[3].GetProperty("id").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    [Trait("parity", "WIRE-08")]
    public async Task Base64_data_reach_a_stream_that_takes_any_bytes_and_no_other()
    {
        await using var host = await EdgeHost.StartAsync();
        await host.Hub.Streams.CreateAsync("bytes", new StreamOptions { Base64 = true });
        await using var reader = await host.SubscribeAsync("/v1/streams/bytes/events");

        var answer = await host.PostAsync(
            "/v1/batch", """{"stream":"bytes","data":"/wD+","base64":true}{"stream":"text","base64":true,"data":"/wD+"}{"stream":"text","data":"%","base64":true}""");

        (await reader.NextEventAsync()).Data.ShouldBe("/wD+");
        Statuses(answer).ShouldBe([202, 400, 400]);
        Items(answer)[1].GetProperty("code").GetString().ShouldBe("data-not-utf8");
    }

    [Fact]
    public async Task Targets_of_all_kinds_are_served_in_one_batch()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/events?client=c&zone=z&stream=s");
        await reader.NextAsync("hub.open");

        var answer = await host.PostAsync("/v1/batch",
            """[{"client":"c","data":"1"},{"client":"c","zone":"z","data":"2"},{"client":"nobody","data":"-"},{"zone":"z","data":"3"},{"broadcast":true,"data":"4"},{"stream":"s","data":"5"}]""");

        Statuses(answer).ShouldBe([202, 202, 404, 202, 202, 202]);
        Items(answer)[1].GetProperty("zone").GetString().ShouldBe("z");
        Items(answer)[2].GetProperty("code").GetString().ShouldBe("client-not-connected");
        var data = new List<string?>();
        while (data.Count < 5) data.Add((await reader.NextEventAsync()).Data);
        data.ShouldBe(["1", "2", "3", "4", "5"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("""{"stream":"a","data":"x","colour":"red"}""", "colour")]
    [InlineData("""{"stream":"a","data":"x","stream":"b"}""", "stream")]
    [InlineData("""{"data":"x"}""", "target")]
    [InlineData("""{"stream":"a","zone":"z","data":"x"}""", "target")]
    [InlineData("""{"stream":"","data":"x"}""", "empty")]
    [InlineData("""{"stream":"$all","data":"x"}""", "reserved")]
    [InlineData("""{"stream":"a","type":"hub.x","data":"x"}""", "reserved")]
    [InlineData("""{"stream":"a","type":7,"data":"x"}""", "type")]
    [InlineData("""{"stream":"a","data":{"x":1}}""", "json")]
    [InlineData("""{"stream":"a","data":"x","json":1}""", "both")]
    [InlineData("""{"stream":"a","base64":true}""", "base64")]
    [InlineData("""{"stream":"a","retry":-1,"data":"x"}""", "retry")]
    [InlineData("""{"stream":"a","ttl":"soon","data":"x"}""", "ttl")]
    [InlineData("""{"stream":"a","data":"x","fields":["y"]}""", "fields")]
    [InlineData("""{"stream":"a","data":"x","fields":{"y":1}}""", "fields")]
    [InlineData("""{"stream":"a","data":"\ud800"}""", "data")]
    [InlineData("""{"stream":"\udc00","data":"x"}""", "stream")]
    [InlineData("""{"client":"c","ttl":"1s","data":"x"}""", "inbox")]
    [InlineData("""{"stream":"a"}""", "neither")]
    [InlineData("""{}""", "target")]
    public async Task Faulty_item_is_named_and_its_neighbours_stand(string item, string says)
    {
        await using var host = await EdgeHost.StartAsync();

        var answer = await host.PostAsync("/v1/batch", $$"""[{"stream":"a","data":"1"},{{item}},{"stream":"a","data":"3"}]""");

        Statuses(answer).ShouldBe([202, 400, 202]);
        Items(answer)[1].GetProperty("detail").GetString()!.ShouldContain(says);
        answer.Json.GetProperty("accepted").GetInt32().ShouldBe(2);
        answer.Json.GetProperty("rejected").GetInt32().ShouldBe(1);
        (await host.Hub.Streams.ReadAsync("a")).Events.Select(e => e.Event.Data).ShouldBe(["1", "3"]);
    }

    [Theory]
    [InlineData("{\"stream\":\"a\",\"data\":\"1\"}\n{\"stream\":\"a\",\n  oops}\n{\"stream\":\"a\",\"data\":\"3\"}", 3, 43)]
    [InlineData("{\"stream\":\"a\",\"data\":\"1\"}\n17\n", 2, 26)]
    [InlineData("[{\"stream\":\"a\",\"data\":\"1\"};", 1, 26)]
    [InlineData("[{\"stream\":\"a\",\"data\":\"1\"},]", 1, 27)]
    [InlineData("[{\"stream\":\"a\",\"data\":\"1\"}] x", 1, 28)]
    [InlineData("[{\"stream\":\"a\",\"data\":\"1\"}", 1, 26)]
    public async Task Body_that_stops_being_json_is_reported_with_its_place(string body, int line, int at)
    {
        await using var host = await EdgeHost.StartAsync();

        var answer = await host.PostAsync("/v1/batch", body);

        answer.Status.ShouldBe(200);
        Statuses(answer).ShouldBe([202, 400]);
        var last = Items(answer)[1];
        last.GetProperty("code").GetString().ShouldBe("body-invalid");
        last.GetProperty("line").GetInt32().ShouldBe(line, answer.Text);
        last.GetProperty("byte").GetInt32().ShouldBe(at, answer.Text);
        (await host.Hub.Streams.ReadAsync("a")).Events.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Body_cut_inside_an_item_reports_the_items_before_it()
    {
        await using var host = await EdgeHost.StartAsync();

        var answer = await host.PostAsync("/v1/batch", "{\"stream\":\"a\",\"data\":\"1\"}\n{\"stream\":\"a\",\"da");

        Statuses(answer).ShouldBe([202, 400]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData(" \n ")]
    public async Task Batch_without_items_is_empty(string body)
    {
        await using var host = await EdgeHost.StartAsync();
        var answer = await host.PostAsync("/v1/batch", body);
        answer.Text.ShouldBe("""{"items":[],"accepted":0,"rejected":0}""");
    }

    [Fact]
    public async Task Body_that_arrives_byte_by_byte_is_published_as_it_arrives()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
        await using var connection = await RawConnection.OpenAsync(host.Address);
        await connection.WriteHeadAsync("POST", "/v1/batch", "Transfer-Encoding: chunked");
        foreach (var b in "[{\"stream\":\"a\",\"data\":\"o\\\"ne{[\"},{\"stream\":\"a\",\"json\":[\"}\",{\"x\":\"\\\\\"}]}"u8.ToArray())
            await connection.WriteAsync(new[] { (byte)'1', (byte)'\r', (byte)'\n', b, (byte)'\r', (byte)'\n' });

        // Both are there although the array is not closed.
        (await reader.NextEventAsync()).Data.ShouldBe("o\"ne{[");
        (await reader.NextEventAsync()).Data.ShouldBe("[\"}\",{\"x\":\"\\\\\"}]");
        await connection.WriteAsync("1\r\n]\r\n0\r\n\r\n");

        var head = await connection.ReadHeadAsync("POST");
        head.Status.ShouldBe(200);
        Encoding.UTF8.GetString(await connection.ReadBodyToEndAsync()).ShouldEndWith("\"accepted\":2,\"rejected\":0}");
    }

    [Fact]
    public async Task Body_that_breaks_off_on_the_level_of_http_reports_the_items_before_it()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var connection = await RawConnection.OpenAsync(host.Address);
        await connection.WriteHeadAsync("POST", "/v1/batch", "Transfer-Encoding: chunked");
        await connection.WriteAsync("1a\r\n{\"stream\":\"a\",\"data\":\"1\"}\n\r\n");
        // Apart, because the server hands out nothing of a read that it cannot parse.
        await Eventually.Until(async () => (await host.Hub.Streams.ExistsAsync("a")).OrThrow(), "the first item to be published");
        await connection.WriteAsync("no chunk\r\n");

        var head = await connection.ReadHeadAsync("POST");

        head.Status.ShouldBe(200);
        var answer = JsonDocument.Parse(await connection.ReadBodyToEndAsync()).RootElement;
        answer.GetProperty("accepted").GetInt32().ShouldBe(1);
        answer.GetProperty("items")[1].GetProperty("status").GetInt32().ShouldBe(400);
    }

    [Fact]
    public async Task Sender_that_vanishes_leaves_the_items_that_arrived()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var connection = await RawConnection.OpenAsync(host.Address);
        await connection.WriteHeadAsync("POST", "/v1/batch", "Content-Length: 1000");
        await connection.WriteAsync("{\"stream\":\"a\",\"data\":\"1\"}\n{\"stream\":\"a\",\"da");
        await Eventually.Until(async () => (await host.Hub.Streams.ExistsAsync("a")).OrThrow(), "the first item to be published");
        connection.Reset();

        (await host.PostAsync("/v1/batch", """{"stream":"a","data":"2"}""")).Status.ShouldBe(200);
        (await host.Hub.Streams.ReadAsync("a")).Events.Select(e => e.Event.Data).ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task Item_beyond_the_bound_is_refused_and_the_rest_goes_on()
    {
        await using var host = await EdgeHost.StartAsync(o => o.MaxEventBytes = 1024);
        var limit = BatchLimits.ItemBytes(1024);

        var answer = await host.PostAsync("/v1/batch",
            "[{\"stream\":\"a\",\"data\":\"1\"},{\"stream\":\"a\",\"data\":\"" + new string('x', limit * 3)
            + "\"},{\"stream\":\"a\",\"data\":\"" + new string('y', 1025)
            + "\"},{\"stream\":\"a\",\"data\":\"" + new string('z', 1024) + "\"}]");

        Statuses(answer).ShouldBe([202, 413, 413, 202]);
    }

    [Fact]
    public async Task Ten_thousand_items_are_served_and_what_follows_is_refused()
    {
        await using var host = await EdgeHost.StartAsync();
        var body = new StringBuilder();
        for (var i = 0; i < 10_002; i++) body.Append("{\"stream\":\"a\",\"data\":\"").Append(i).Append("\"}\n");

        var answer = await host.PostAsync("/v1/batch", body.ToString());

        var items = Items(answer);
        items.Count.ShouldBe(10_001);
        items.Take(10_000).ShouldAllBe(i => i.GetProperty("status").GetInt32() == 202);
        items.Select(i => i.TryGetProperty("offset", out var o) ? o.GetInt64() : 0).Take(10_000).ShouldBe(
            Enumerable.Range(1, 10_000).Select(i => (long)i));
        items[10_000].GetProperty("status").GetInt32().ShouldBe(413);
        answer.Json.GetProperty("accepted").GetInt32().ShouldBe(10_000);
        answer.Json.GetProperty("rejected").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Repeated_batch_with_one_key_is_answered_with_the_first_positions()
    {
        await using var host = await EdgeHost.StartAsync();
        const string Body = """[{"stream":"a","data":"1"},{"stream":"a","data":"2"},{"stream":"b","data":"3"}]""";

        var first = await host.PostAsync("/v1/batch", Body, "Idempotency-Key: k");
        var second = await host.PostAsync("/v1/batch", Body, "Idempotency-Key: k");
        var other = await host.PostAsync("/v1/batch", Body.Replace("\"2\"", "\"two\"", StringComparison.Ordinal), "Idempotency-Key: k");

        Items(first).Any(i => i.TryGetProperty("duplicate", out _)).ShouldBeFalse();
        Items(second).ShouldAllBe(i => i.GetProperty("duplicate").GetBoolean());
        Items(second).Select(i => i.GetProperty("id").GetString()).ShouldBe(Items(first).Select(i => i.GetProperty("id").GetString()));
        // The two neighbours of stream a are one run under the key; the run of b is as it was.
        Statuses(other).ShouldBe([422, 422, 202]);
        (await host.Hub.Streams.ReadAsync("a")).Events.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Keyed_batch_that_broke_off_is_repeated_in_any_pieces_and_stands_once()
    {
        await using var host = await EdgeHost.StartAsync();
        var body = System.Text.Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Range(0, 600).Select(static i => $$"""{"stream":"a","data":"{{i}}"}""" + "\n")));
        foreach (var cut in new[] { 100, body.Length / 3, body.Length / 2, body.Length - 1 })
        {
            await using var broken = await RawConnection.OpenAsync(host.Address);
            await broken.WriteHeadAsync("POST", "/v1/batch", $"Content-Length: {body.Length}", "Idempotency-Key: k");
            await broken.WriteAsync(body.AsMemory(0, cut));
            broken.Reset();
        }
        await using var slow = await RawConnection.OpenAsync(host.Address);
        await slow.WriteHeadAsync("POST", "/v1/batch", $"Content-Length: {body.Length}", "Idempotency-Key: k");
        for (var at = 0; at < body.Length; at += 997)
        {
            await slow.WriteAsync(body.AsMemory(at, Math.Min(997, body.Length - at)));
            await Task.Yield();
        }
        (await slow.ReadHeadAsync("POST")).Status.ShouldBe(200);
        var answer = System.Text.Json.JsonDocument.Parse(await slow.ReadBodyToEndAsync()).RootElement;
        answer.GetProperty("accepted").GetInt32().ShouldBe(600);

        var whole = await host.SendAsync("POST", "/v1/batch", System.Text.Encoding.UTF8.GetString(body), "Idempotency-Key: k");
        Items(whole).ShouldAllBe(i => i.GetProperty("duplicate").GetBoolean());
        (await host.Hub.Streams.GetAsync("a")).OrThrow()!.Head.ShouldBe(600);
        var page = await host.Hub.Streams.ReadAsync("a", null, 1_000);
        page.Events.Select(static e => e.Event.Data).ShouldBe(
            Enumerable.Range(0, 600).Select(static i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Key_of_an_item_wins_over_the_key_of_the_batch()
    {
        await using var host = await EdgeHost.StartAsync();
        await host.PostAsync("/v1/streams/a/events", "1", "Idempotency-Key: own");

        var answer = await host.PostAsync(
            "/v1/batch", """[{"stream":"a","data":"1","idempotencyKey":"own"},{"client":"c","data":"x"}]""", "Idempotency-Key: k");

        Items(answer)[0].GetProperty("duplicate").GetBoolean().ShouldBeTrue();
        Statuses(answer).ShouldBe([202, 400]);
    }

    [Theory]
    [InlineData("Content-Encoding: gzip", 415)]
    [InlineData("Idempotency-Key: \u00e9", 400)]
    public async Task Header_that_cannot_be_served_refuses_the_whole_batch(string header, int status)
    {
        await using var host = await EdgeHost.StartAsync();
        (await host.PostAsync("/v1/batch", """{"stream":"a","data":"1"}""", header)).Status.ShouldBe(status);
        (await host.Hub.Streams.ExistsAsync("a")).OrThrow().ShouldBeFalse();
    }

    [Fact]
    public async Task Unknown_stream_without_auto_create_is_an_answer_of_its_item()
    {
        await using var host = await EdgeHost.StartAsync(o => o.AutoCreate = false);
        await host.Hub.Streams.CreateAsync("known");

        var answer = await host.PostAsync("/v1/batch", """[{"stream":"unknown","data":"1"},{"stream":"known","data":"2"}]""");

        Statuses(answer).ShouldBe([404, 202]);
        Items(answer)[0].GetProperty("code").GetString().ShouldBe("stream-not-found");
    }

    [Fact]
    [Trait("parity", "TGT-08")]
    public async Task Authorizer_is_asked_for_the_target_of_each_item()
    {
        await using var host = await EdgeHost.StartAsync(build: b => b.UseAuthorizer<OnlyOpen>());

        var answer = await host.PostAsync("/v1/batch",
            """[{"stream":"open","data":"1"},{"stream":"secret","data":"2"},{"stream":"secret","data":"3"},{"stream":"open","data":"4"},{"broadcast":true,"data":"5"},{"zone":"open","data":"6"}]""");

        Statuses(answer).ShouldBe([202, 403, 403, 202, 403, 202]);
        (await host.Hub.Streams.ExistsAsync("secret")).OrThrow().ShouldBeFalse();
    }

    [Fact]
    public async Task Bytes_that_are_not_utf8_fail_their_item_alone()
    {
        await using var host = await EdgeHost.StartAsync();
        byte[] body = [.. "[{\"stream\":\"a\",\"data\":\""u8, 0xFF, .. "\"},{\"stream\":\""u8, 0xFE,
            .. "\",\"data\":\"x\"},{\"stream\":\"a\",\"data\":\"ok\"}]"u8];

        var answer = await RawHttp.SendAsync(host.Address, "POST", "/v1/batch", body);

        Statuses(answer).ShouldBe([400, 400, 202]);
        Items(answer)[0].GetProperty("code").GetString().ShouldBe("data-not-utf8");
    }

    private static List<JsonElement> Items(RawResponse answer)
    {
        answer.Status.ShouldBe(200, answer.Text);
        return [.. answer.Json.GetProperty("items").EnumerateArray()];
    }

    private static List<int> Statuses(RawResponse answer) => [.. Items(answer).Select(i => i.GetProperty("status").GetInt32())];

    private sealed class OnlyOpen : IHubAuthorizer
    {
        public ValueTask<HubAccess> AuthorizeAsync(HubAccessRequest request, CancellationToken cancellation) =>
            new(request.Stream == "open" || request.Zone == "open" ? HubAccess.Allow : HubAccess.Forbidden);
    }
}
