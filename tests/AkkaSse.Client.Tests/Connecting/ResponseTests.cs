using System.Net;

namespace AkkaSse.Client.Tests.Connecting;

public sealed class ResponseTests
{
    private static RawServer Answers(params string[] responses) => new(async c =>
    {
        await c.ReadRequestAsync();
        await c.SendAsync(responses[Math.Min(c.Number, responses.Length) - 1]);
    });

    private static string Text(string status, string body, string type = "text/plain", string extra = "") =>
        $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n{extra}\r\n{body}";

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("Text/Event-STREAM; charset=utf-8")]
    [InlineData("text/event-stream;")]
    [InlineData("text/event-stream ; x=\"a;b\"; =")]
    [Trait("parity", "CLI-09")]
    public async Task Media_type_is_accepted_in_any_case_with_any_parameters(string type)
    {
        await using var server = Answers(RawServer.Head(type) + "data: x\n\n");
        await using var client = Clients.Create(server.Url);
        (await client.SubscribeAsync().TakeWithin(1)).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("text/event-streams")]
    [InlineData("application/json")]
    [Trait("parity", "CLI-09")]
    [Trait("parity", "CLI-11")]
    public async Task Wrong_content_type_is_permanent_and_tells_type_and_body(string type)
    {
        await using var server = Answers(Text("200 OK", "hello body", type));
        await using var client = Clients.Create(server.Url);
        var error = await Should.ThrowAsync<SseClientException>(client.SubscribeAsync().TakeWithin(1));
        error.Failure.ShouldBe(SseFailure.ContentType);
        error.ContentType.ShouldBe(type);
        error.Body.ShouldBe("hello body");
        error.IsPermanent.ShouldBeTrue();
        server.Accepted.ShouldBe(1);
    }

    [Theory]
    [InlineData("400 Bad Request", 400)]
    [InlineData("401 Unauthorized", 401)]
    [InlineData("403 Forbidden", 403)]
    [InlineData("404 Not Found", 404)]
    [InlineData("410 Gone", 410)]
    [InlineData("201 Created", 201)]
    [InlineData("206 Partial Content", 206)]
    [InlineData("304 Not Modified", 304)]
    [Trait("parity", "CLI-11")]
    [Trait("parity", "CLI-09")]
    public async Task Other_statuses_below_500_are_permanent_with_status_and_snippet(string status, int code)
    {
        await using var server = Answers(Text(status, code == 304 ? "" : new string('b', 3000), "text/event-stream"));
        await using var client = Clients.Create(server.Url);
        var error = await Should.ThrowAsync<SseClientException>(client.SubscribeAsync().TakeWithin(1));
        error.StatusCode.ShouldBe((HttpStatusCode)code);
        error.Message.ShouldContain(status);
        (error.Body?.Length ?? 0).ShouldBe(code == 304 ? 0 : 1024);
        server.Accepted.ShouldBe(1);
    }

    [Fact]
    [Trait("parity", "CLI-11")]
    public async Task No_content_stops_for_good()
    {
        await using var server = Answers(RawServer.Head() + "data: x\n\n", "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        await using var client = Clients.Create(server.Url);
        var error = await Should.ThrowAsync<SseClientException>(client.SubscribeAsync().TakeWithin(2));
        error.Failure.ShouldBe(SseFailure.NoContent);
        server.Accepted.ShouldBe(2);
        client.State.ShouldBe(SseClientState.Closed);
    }

    [Theory]
    [InlineData("408 Request Timeout")]
    [InlineData("429 Too Many Requests")]
    [InlineData("500 Internal Server Error")]
    [InlineData("502 Bad Gateway")]
    [InlineData("503 Service Unavailable")]
    [Trait("parity", "CLI-11")]
    public async Task Transient_statuses_are_tried_again(string status)
    {
        await using var server = Answers(RawServer.Status(status), RawServer.Status(status), RawServer.Head() + "data: x\n\n");
        await using var client = Clients.Create(server.Url);
        (await client.SubscribeAsync().TakeWithin(1)).Single().Data.ShouldBe("x");
        server.Accepted.ShouldBe(3);
    }

    [Theory]
    [InlineData("500 Internal Server Error")]
    [InlineData("503 Service Unavailable")]
    [InlineData("404 Not Found")]
    [Trait("parity", "CLI-11")]
    public async Task Browser_rules_end_on_any_other_status(string status)
    {
        await using var server = Answers(RawServer.Status(status));
        await using var client = Clients.Create(server.Url, o => o.Permanent = PermanentFailures.Browser);
        (await Should.ThrowAsync<SseClientException>(client.SubscribeAsync().TakeWithin(1))).IsPermanent.ShouldBeTrue();
        server.Accepted.ShouldBe(1);
    }

    [Theory]
    [InlineData("204 No Content")]
    [InlineData("401 Unauthorized")]
    [InlineData("404 Not Found")]
    [Trait("parity", "CLI-11")]
    public async Task Everything_is_tried_again_when_nothing_is_permanent(string status)
    {
        await using var server = Answers(
            $"HTTP/1.1 {status}\r\nConnection: close\r\n\r\n", RawServer.Head("text/plain"), RawServer.Head() + "data: x\n\n");
        await using var client = Clients.Create(server.Url, o => o.Permanent = PermanentFailures.None);
        (await client.SubscribeAsync().TakeWithin(1)).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("429 Too Many Requests")]
    [InlineData("503 Service Unavailable")]
    [Trait("parity", "CLI-11")]
    public async Task Retry_after_in_seconds_sets_the_delay(string status)
    {
        await using var server = Answers(RawServer.Status(status, "Retry-After: 7\r\n"));
        await using var client = Clients.Create(server.Url, o => o.Reconnect = ReconnectPolicy.Fixed(TimeSpan.FromMilliseconds(1)));
        var retrying = (await client.WatchAsync().TakeWithin(2)).OfType<SseRetrying>().Single();
        retrying.Delay.ShouldBe(TimeSpan.FromSeconds(7));
        retrying.Error!.RetryAfter.ShouldBe(TimeSpan.FromSeconds(7));
    }

    [Fact]
    [Trait("parity", "CLI-11")]
    public async Task Retry_after_as_a_date_sets_the_delay_up_to_the_limit()
    {
        var date = DateTimeOffset.UtcNow.AddDays(1).ToString("R");
        await using var server = Answers(RawServer.Status("503 Service Unavailable", $"Retry-After: {date}\r\n"));
        await using var client = Clients.Create(server.Url, o =>
        {
            o.Reconnect = ReconnectPolicy.Fixed(TimeSpan.Zero);
            o.MaxRetry = TimeSpan.FromMinutes(5);
        });
        (await client.WatchAsync().TakeWithin(2)).OfType<SseRetrying>().Single().Delay.ShouldBe(TimeSpan.FromMinutes(5));
    }

    [Fact]
    [Trait("parity", "CLI-09")]
    public async Task Created_is_accepted_on_request()
    {
        await using var server = Answers("HTTP/1.1 201 Created\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: x\n\n");
        await using var client = Clients.Create(server.Url, o => o.AcceptCreated = true);
        (await client.SubscribeAsync().TakeWithin(1)).Count.ShouldBe(1);
    }

    [Fact]
    [Trait("parity", "CLI-09")]
    public async Task Validator_replaces_the_check()
    {
        await using var server = Answers(Text("418 Teapot", "data: a\n\ndata: b\n\n"));
        await using var client = Clients.Create(server.Url, o => o.ResponseValidator = (response, _) => ValueTask.FromResult(
            (int)response.StatusCode == 418 ? null : new SseClientException(SseFailure.Status, "no") { IsPermanent = true }));
        (await client.SubscribeAsync().TakeWithin(2)).Select(e => e.Data).ShouldBe(["a", "b"]);
    }

    [Fact]
    [Trait("parity", "CLI-09")]
    public async Task Refusal_whose_body_never_ends_is_told_all_the_same()
    {
        await using var server = new RawServer(async c =>
        {
            await c.ReadRequestAsync();
            await c.SendAsync("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 500\r\n\r\nbegin");
            await c.UntilClosedAsync();
        });
        await using var client = Clients.Create(server.Url);
        (await Should.ThrowAsync<SseClientException>(client.SubscribeAsync().TakeWithin(1))).Body.ShouldBe("begin");
    }
}
