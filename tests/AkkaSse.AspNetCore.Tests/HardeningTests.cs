using System.Text;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Hosting;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>Bad input, in one place.</summary>
public sealed class HardeningTests : IClassFixture<HardeningTests.Server>
{
    private readonly EdgeHost _host;

    public HardeningTests(Server server) => _host = server.Host;

    [Theory]
    [InlineData("GET", "/v1/streams?prefix=b/%00", null, "parameter-invalid")]
    [InlineData("GET", "/v1/clients?after=%00", null, "parameter-invalid")]
    [InlineData("PUT", "/v1/streams/b", """{"\ud800":1}""", "body-invalid")]
    [InlineData("POST", "/v1/subscriptions", """{"id":"m","streams":["a"],"\udc00":1}""", "body-invalid")]
    public async Task Text_that_is_none_is_named(string method, string target, string? body, string code)
    {
        var answer = await _host.SendAsync(method, target, body);
        (answer.Status, answer.Code).ShouldBe((400, code), answer.Text);
    }

    [Fact]
    public async Task Secret_parameters_are_not_shown_however_their_names_are_written()
    {
        await using var reader = await _host.SubscribeAsync(
            "/v1/events?stream=a&%74icket=T1&client=c&TICKET=T2&access%5Ftoken=T3&x=ticket=shown");
        await reader.NextAsync("hub.open");
        (await _host.GetAsync("/v1/clients/c")).Json.GetProperty("url").GetString().ShouldBe(
            "/v1/events?stream=a&%74icket=-&client=c&TICKET=-&access%5Ftoken=-&x=ticket=shown");
    }

    [Theory]
    [Trait("parity", "STR-09")]
    [InlineData("POST", "/v1/streams//events")]
    [InlineData("POST", "/v1/streams/%00/events", 400, null)]
    [InlineData("POST", "/v1/streams/%01/events")]
    [InlineData("POST", "/v1/streams/a%0Ab/events")]
    [InlineData("POST", "/v1/streams/%7F/events")]
    [InlineData("POST", "/v1/streams/%FF/events")]
    [InlineData("POST", "/v1/streams/%C3%28/events")]
    [InlineData("POST", "/v1/streams/%C0%80/events", 400, null)]
    [InlineData("POST", "/v1/streams/%ED%A0%80/events")]
    [InlineData("POST", "/v1/streams/a%2Fb/events")]
    [InlineData("POST", "/v1/streams/a%2fb/events")]
    [InlineData("POST", "/v1/streams/%zz/events")]
    [InlineData("POST", "/v1/streams/abc%/events")]
    [InlineData("POST", "/v1/streams/abc%4/events")]
    [InlineData("POST", "/v1/streams/$all/events")]
    [InlineData("POST", "/v1/streams/%24zone%2Fdefault/events")]
    [InlineData("GET", "/v1/streams/%24all/events")]
    [InlineData("GET", "/v1/streams/$all/history")]
    [InlineData("DELETE", "/v1/streams/$all")]
    [InlineData("PUT", "/v1/streams/$x")]
    [InlineData("POST", "/v1/streams/../events", 400, "target-invalid")]
    [InlineData("POST", "/v1/streams/./events", 400, "target-invalid")]
    [InlineData("POST", "/v1/streams/%2e%2E/events", 400, "target-invalid")]
    [InlineData("POST", "/v1/streams/a/../b/events", 400, "target-invalid")]
    [InlineData("POST", "/v1/streams/a/%2e%2e/b/events", 400, "target-invalid")]
    [InlineData("GET", "/v1/streams/a/..", 400, "target-invalid")]
    [InlineData("POST", "/v1/streams/caf%C3%A9%FF/events")]
    [InlineData("POST", "/v1/streams/a%2F%25/events")]
    [InlineData("GET", "/v1/streams/a%2Fb/nothing/events", 404, "not-found")]
    [InlineData("POST", "/v1/zones//events")]
    [InlineData("POST", "/v1/zones/$z/events")]
    [InlineData("POST", "/v1/zones/z/clients//events")]
    [InlineData("POST", "/v1/clients/%FF/events")]
    [InlineData("POST", "/v1/publish?stream=")]
    [InlineData("POST", "/v1/publish?stream")]
    [InlineData("POST", "/v1/publish?stream=%FF")]
    [InlineData("POST", "/v1/publish?stream=%24all")]
    [InlineData("POST", "/v1/publish?stream=$zone/default")]
    [InlineData("POST", "/v1/publish?stream=%")]
    [InlineData("POST", "/v1/publish?zone=")]
    [InlineData("POST", "/v1/publish?client=")]
    [InlineData("GET", "/v1/events?stream=")]
    [InlineData("GET", "/v1/events?stream=a&stream=")]
    [InlineData("GET", "/v1/events?zone=")]
    [InlineData("GET", "/v1/events?client=")]
    [InlineData("GET", "/v1/events?stream=%24all")]
    [InlineData("GET", "/v1/stream/events")]
    [InlineData("GET", "/v1/stream")]
    [InlineData("GET", "/v1/stream?stream=")]
    [InlineData("GET", "/v1/client?client=")]
    [InlineData("GET", "/v1/subscription?id=")]
    public async Task Name_that_is_not_allowed_is_400(string method, string target, int status = 400, string? code = "name-invalid")
    {
        var answer = await _host.SendAsync(method, target, method is "POST" or "PUT" ? "" : null);
        answer.Status.ShouldBe(status, answer.Text);
        if (code is not null) answer.Code.ShouldBe(code, answer.Text);
    }

    [Fact]
    [Trait("parity", "STR-09")]
    public async Task Names_have_1_to_256_bytes()
    {
        (await _host.PostAsync($"/v1/streams/{new string('a', 256)}/events")).Status.ShouldBe(202);
        (await _host.PostAsync($"/v1/streams/{new string('a', 257)}/events")).Code.ShouldBe("name-invalid");
        var euro = string.Concat(Enumerable.Repeat("%E2%82%AC", 85));
        (await _host.PostAsync($"/v1/streams/{euro}a/events")).Status.ShouldBe(202);
        (await _host.PostAsync($"/v1/streams/{euro}aa/events")).Code.ShouldBe("name-invalid");
    }

    [Theory]
    [Trait("parity", "STR-09")]
    [InlineData("/v1/streams/%2525/events", "%25")]
    [InlineData("/v1/streams/a%252Fb/events", "a%2Fb")]
    [InlineData("/v1/streams/%252e%252e/events", "%2e%2e")]
    [InlineData("/v1/streams/a+b/events", "a+b")]
    [InlineData("/v1/streams/a%20b/events", "a b")]
    [InlineData("/v1/streams/caf%C3%A9/events", "café")]
    [InlineData("/v1/streams/...%2E/events", "....")]
    [InlineData("/v1/streams/a;b=c,d/events", "a;b=c,d")]
    [InlineData("/v1/streams/events/events", "events")]
    [InlineData("/v1/streams/x/events/", "x")]
    [InlineData("/V1/Streams/x/EVENTS", "x")]
    [InlineData("http://localhost/v1/streams/x/events", "x")]
    [InlineData("/v1/publish?stream=a+b", "a b")]
    [InlineData("/v1/publish?stream=a%2Bb", "a+b")]
    [InlineData("/v1/publish?stream=%2525", "%25")]
    [InlineData("/v1/publish?str%65am=x", "x")]
    [InlineData("/v1/publish?&&stream=x&", "x")]
    public async Task Name_is_decoded_exactly_once(string target, string name)
    {
        var answer = await _host.PostAsync(target, "x");
        answer.Status.ShouldBe(202, answer.Text);
        answer.Json.GetProperty("stream").GetString().ShouldBe(name);
    }

    [Theory]
    [InlineData("POST", "/v1/streams/a/events?type=a&type=b")]
    [InlineData("POST", "/v1/streams/a/events?type=&type=b")]
    [InlineData("POST", "/v1/streams/a/events?id=1&id=1")]
    [InlineData("POST", "/v1/streams/a/events?type=%FF")]
    [InlineData("POST", "/v1/streams/a/events?type=%0")]
    [InlineData("POST", "/v1/streams/a/events?retry=-1")]
    [InlineData("POST", "/v1/streams/a/events?retry=soon")]
    [InlineData("POST", "/v1/streams/a/events?base64=yes")]
    [InlineData("POST", "/v1/publish?stream=a&stream=b")]
    [InlineData("POST", "/v1/clients/c/events?ttl=1s")]
    [InlineData("GET", "/v1/streams/a/events?since=whenever")]
    [InlineData("GET", "/v1/streams/a/events?since=last:-1")]
    [InlineData("GET", "/v1/streams/a/events?since=latest&since=latest")]
    [InlineData("GET", "/v1/streams/a/events?control=2")]
    [InlineData("GET", "/v1/streams/a/events?ping=never")]
    [InlineData("GET", "/v1/streams/a/events?zone=z")]
    [InlineData("GET", "/v1/streams/a/events?client=c")]
    [InlineData("GET", "/v1/streams/a/events?stream=b")]
    [InlineData("GET", "/v1/streams/a/events?type=a%0Db")]
    [InlineData("GET", "/v1/events?stream=a&client=c&client=d")]
    [InlineData("GET", "/v1/streams?limit=0")]
    [InlineData("GET", "/v1/streams?limit=1001")]
    [InlineData("GET", "/v1/streams?limit=x")]
    [InlineData("GET", "/v1/streams/a/history?after=7")]
    public async Task Parameter_that_is_not_allowed_is_400(string method, string target)
    {
        var answer = await _host.SendAsync(method, target, method == "POST" ? "" : null);
        (answer.Status, answer.Code).ShouldBe((400, "parameter-invalid"), answer.Text);
    }

    [Theory]
    [Trait("parity", "WIRE-05")]
    [InlineData("type=a%0Ab")]
    [InlineData("type=a%0Db")]
    [InlineData("type=a%00b")]
    [InlineData("type=hub.open")]
    [InlineData("type=hub.")]
    [InlineData("id=a%0Ab")]
    [InlineData("id=a%00b")]
    [InlineData("id=%20a")]
    [InlineData("id=caf%C3%A9")]
    [InlineData("id=7-abc")]
    [InlineData("conflate=%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC")]
    public async Task Event_that_could_forge_a_field_or_a_control_event_is_400(string query)
    {
        foreach (var target in new[] { "/v1/streams/forged/events", "/v1/zones/z/events", "/v1/broadcast" })
        {
            var answer = await _host.PostAsync($"{target}?{query}", "x");
            (answer.Status, answer.Code).ShouldBe((400, "event-invalid"), answer.Text);
        }
        (await _host.SendAsync("HEAD", "/v1/streams/forged")).Status.ShouldBe(404);
    }

    [Fact]
    [Trait("parity", "WIRE-03")]
    public async Task Data_with_line_ends_stay_one_event()
    {
        await using var reader = await _host.SubscribeAsync("/v1/streams/lines/events");
        await reader.NextAsync("hub.open");
        await _host.PostAsync("/v1/streams/lines/events", "a\nevent: evil\r\n\r\ndata: x\rid: 9");
        var e = await reader.NextEventAsync();
        e.Type.ShouldBeNull();
        e.Data.ShouldBe("a\nevent: evil\n\ndata: x\nid: 9");
    }

    [Fact]
    public async Task Body_over_the_limit_is_413_before_it_is_sent_and_the_sender_can_still_read_the_answer()
    {
        await using var connection = await RawConnection.OpenAsync(_host.Address);
        const int Size = 2_000_000;
        await connection.WriteHeadAsync("POST", "/v1/streams/a/events", $"Content-Length: {Size}");
        await connection.WriteAsync(new byte[1000]);
        var head = await connection.ReadHeadAsync();
        head = head with { Body = await connection.ReadBodyToEndAsync() };
        (head.Status, head.Code).ShouldBe((413, "body-too-large"));
        // The rest is taken, so that a sender that reads only afterwards is not cut off, and the connection serves on.
        await connection.WriteAsync(new byte[Size - 1000]);
        await connection.WriteHeadAsync("GET", "/v1/streams");
        (await connection.ReadHeadAsync()).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Chunked_body_over_the_limit_is_413()
    {
        await using var connection = await RawConnection.OpenAsync(_host.Address);
        await connection.WriteHeadAsync("POST", "/v1/streams/a/events", "Transfer-Encoding: chunked");
        var chunk = Encoding.ASCII.GetBytes("4000\r\n" + new string('x', 0x4000) + "\r\n");
        for (var i = 0; i < 80; i++) await connection.WriteAsync(chunk);
        var head = await connection.ReadHeadAsync();
        head = head with { Body = await connection.ReadBodyToEndAsync() };
        (head.Status, head.Code).ShouldBe((413, "body-too-large"));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br, gzip")]
    public async Task Encoded_body_is_415(string encoding)
    {
        foreach (var (method, target) in new[] { ("POST", "/v1/streams/a/events"), ("PUT", "/v1/streams/a"),
            ("POST", "/v1/subscriptions") })
        {
            var answer = await _host.SendAsync(method, target, "x", "Content-Encoding: " + encoding);
            (answer.Status, answer.Code).ShouldBe((415, "encoding-unsupported"));
        }
    }

    [Fact]
    public async Task Idempotency_key_that_is_not_printable_ascii_is_400()
    {
        (await _host.PostAsync("/v1/streams/a/events", "x", "Idempotency-Key:")).Code.ShouldBe("header-invalid");
        (await _host.PostAsync("/v1/streams/a/events", "x", "Idempotency-Key: caf\u00c3\u00a9")).Code.ShouldBe("header-invalid");
        (await _host.PostAsync("/v1/streams/a/events", "x", "Idempotency-Key: " + new string('k', 257))).Code.ShouldBe("header-invalid");
        (await _host.PostAsync("/v1/streams/a/events", "x", "Idempotency-Key: a", "Idempotency-Key: b")).Code.ShouldBe("header-invalid");
    }

    [Theory]
    [InlineData("""{"maxEvent":1}""", "options-invalid", "maxEvent", "maxEvents")]
    [InlineData("""{"maxEvents":0}""", "options-invalid", "maxEvents", "100000000")]
    [InlineData("""{"maxEvents":"many"}""", "options-invalid", "maxEvents", "whole number")]
    [InlineData("""{"maxAge":"soon"}""", "options-invalid", "maxAge", "duration")]
    [InlineData("""{"slowReader":"drop"}""", "options-invalid", "slowReader", "conflate")]
    [InlineData("""{"ids":1}""", "options-invalid", "ids", "caller")]
    [InlineData("""{"replay":null}""", "options-invalid", "replay", "true")]
    [InlineData("""{"replay":true,"replay":false}""", "body-invalid", "replay", "")]
    [InlineData("""{"replay":true""", "body-invalid", "JSON", "")]
    [InlineData("""[]""", "body-invalid", "object", "")]
    [InlineData("\"\\ud800\"", "body-invalid", "object", "")]
    [InlineData("""{"ids":"\ud800"}""", "options-invalid", "ids", "caller")]
    public async Task Options_that_are_not_allowed_are_400_and_name_what_is(string body, string code, string names, string allowed)
    {
        var answer = await _host.SendAsync("PUT", "/v1/streams/options", body);
        (answer.Status, answer.Code).ShouldBe((400, code), answer.Text);
        answer.Json.GetProperty("detail").GetString()!.ShouldContain(names);
        answer.Json.GetProperty("detail").GetString()!.ShouldContain(allowed);
        (await _host.SendAsync("HEAD", "/v1/streams/options")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Every_fault_of_the_options_is_named_whatever_its_kind()
    {
        var answer = await _host.SendAsync("PUT", "/v1/streams/options",
            """{"maxEvent":1,"maxAge":"soon","maxBytes":1,"slowReader":"drop","waitBound":0}""");
        (answer.Status, answer.Code).ShouldBe((400, "options-invalid"), answer.Text);
        var detail = answer.Json.GetProperty("detail").GetString()!;
        foreach (var part in new[] { "'maxEvent' is not known", "'maxAge' has a value", "maxBytes is 1;", "'slowReader' has a value",
            "waitBound is 0;" })
            detail.ShouldContain(part);
        (await _host.SendAsync("HEAD", "/v1/streams/options")).Status.ShouldBe(404);
    }

    [Theory]
    [InlineData("POST", "/v1/streams/a/events")]
    [InlineData("PUT", "/v1/streams/a")]
    public async Task Body_that_stops_coming_is_408(string method, string target)
    {
        await using var host = await EdgeHost.StartAsync(host: builder => builder.WebHost.ConfigureKestrel(
            kestrel => kestrel.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 1_000, gracePeriod: TimeSpan.FromSeconds(2))));
        await using var connection = await RawConnection.OpenAsync(host.Address);
        await connection.WriteHeadAsync(method, target, "Content-Length: 10");
        await connection.WriteAsync("{"u8.ToArray());

        var head = await connection.ReadHeadAsync();
        head = head with { Body = await connection.ReadBodyToEndAsync() };

        (head.Status, head.Code).ShouldBe((408, "body-timeout"), head.Text);
    }

    [Theory]
    [Trait("parity", "HTTP-11")]
    [InlineData("PUT", "/v1/streams/a/events", "GET, HEAD, POST")]
    [InlineData("POST", "/v1/streams/a", "DELETE, GET, HEAD, PUT")]
    [InlineData("POST", "/v1/streams/a/history", "DELETE, GET, HEAD")]
    [InlineData("GET", "/v1/publish", "POST")]
    [InlineData("GET", "/v1/broadcast", "POST")]
    [InlineData("POST", "/v1/events", "GET, HEAD")]
    [InlineData("DELETE", "/v1/streams", "GET, HEAD")]
    [InlineData("GET", "/v1/clients/a/subscriptions", "PATCH")]
    [InlineData("GET", "/v1/clients/a/events", "POST")]
    [InlineData("PATCH", "/v1/clients/a", "DELETE, GET, HEAD")]
    [InlineData("GET", "/v1/zones/z/events", "POST")]
    [InlineData("GET", "/v1/zones/z/clients/c/events", "POST")]
    [InlineData("GET", "/v1/subscriptions", "POST")]
    [InlineData("POST", "/v1/cluster", "GET, HEAD")]
    [InlineData("OPTIONS", "/v1/cluster", "GET, HEAD")]
    [InlineData("BREW", "/v1/stream/history", "DELETE, GET, HEAD")]
    public async Task Other_methods_are_405_with_allow(string method, string target, string allow)
    {
        var answer = await _host.SendAsync(method, target, method is "POST" or "PUT" or "PATCH" ? "" : null);
        (answer.Status, answer.Code).ShouldBe((405, "method-not-allowed"));
        answer.Header("Allow").ShouldBe(allow);
    }

    [Theory]
    [InlineData("/v1/streams/a/b/c")]
    [InlineData("/v1/cluster/nothing")]
    [InlineData("/v1/client/nothing/")]
    public async Task Unknown_path_is_404(string target)
    {
        var answer = await _host.GetAsync(target);
        (answer.Status, answer.Code).ShouldBe((404, "not-found"));
    }

    public sealed class Server : IAsyncLifetime
    {
        internal EdgeHost Host { get; private set; } = null!;

        public async Task InitializeAsync() => Host = await EdgeHost.StartAsync();

        public async Task DisposeAsync() => await Host.DisposeAsync();
    }
}
