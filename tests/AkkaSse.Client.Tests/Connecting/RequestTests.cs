using System.Collections.Concurrent;
using System.Net;

namespace AkkaSse.Client.Tests.Connecting;

public sealed class RequestTests
{
    private static RawServer OneEventEach() => new(c => c.StreamAsync("data: x\n\n"));

    [Fact]
    [Trait("parity", "CLI-03")]
    public async Task Default_request_is_a_get_that_accepts_event_streams_and_no_cache()
    {
        await using var server = OneEventEach();
        await using var client = Clients.Create(server.Url);
        await client.SubscribeAsync().TakeWithin(1);
        server.Requests.TryDequeue(out var request).ShouldBeTrue();
        request.Method.ShouldBe("GET");
        request.Header("Accept").ShouldBe("text/event-stream");
        request.Header("Cache-Control").ShouldBe("no-cache");
        request.Header("Connection").ShouldBeNull();
        request.Header("Last-Event-ID").ShouldBeNull();
        request.Header("Authorization").ShouldBeNull();
    }

    [Fact]
    [Trait("parity", "CLI-01")]
    public async Task Request_factory_makes_a_fresh_request_with_body_for_every_attempt()
    {
        await using var server = OneEventEach();
        var contexts = new List<SseRequestContext>();
        await using var client = Clients.Create(server.Url, o => o.RequestFactory = (context, _) =>
        {
            contexts.Add(context);
            var request = new HttpRequestMessage(new HttpMethod("REPORT"), context.Url)
            {
                Content = new StringContent($"body {contexts.Count}"),
            };
            request.Headers.Add("X-Attempt", contexts.Count.ToString());
            return ValueTask.FromResult(request);
        });
        await client.SubscribeAsync().TakeWithin(3);
        server.Requests.Select(r => (r.Method, r.Body, r.Header("X-Attempt"))).Take(3)
            .ShouldBe([("REPORT", "body 1", "1"), ("REPORT", "body 2", "2"), ("REPORT", "body 3", "3")]);
        server.Requests.First().Header("Accept").ShouldBe("text/event-stream");
        contexts.ShouldAllBe(c => c.Attempt == 1);
    }

    [Fact]
    [Trait("parity", "CLI-02")]
    public async Task Headers_override_defaults_and_the_callers_dictionary_stays_as_it_was()
    {
        await using var server = OneEventEach();
        var headers = new Dictionary<string, string> { ["accept"] = "text/event-stream;q=1", ["X-One"] = "1" };
        var options = new SseClientOptions { Url = new Uri(server.Url), Headers = headers, Reconnect = Clients.Quick };
        await using var client = new SseClient(options);
        headers["X-One"] = "changed later";
        await client.SubscribeAsync().TakeWithin(2);
        server.Requests.ShouldAllBe(r => r.Header("Accept") == "text/event-stream;q=1" && r.Header("X-One") == "1");
        headers.Keys.ShouldBe(["accept", "X-One"]);
    }

    [Fact]
    [Trait("parity", "CLI-02")]
    public async Task Content_headers_replace_those_of_the_factorys_body()
    {
        await using var server = OneEventEach();
        await using var client = Clients.Create(server.Url, o =>
        {
            o.Headers["Content-Type"] = "application/x-query";
            o.RequestFactory = (c, _) => ValueTask.FromResult(
                new HttpRequestMessage(HttpMethod.Post, c.Url) { Content = new StringContent("q") });
        });
        await client.SubscribeAsync().TakeWithin(1);
        server.Requests.First().Header("Content-Type").ShouldBe("application/x-query");
    }

    [Fact]
    [Trait("parity", "CLI-02")]
    public async Task Token_is_asked_for_on_every_attempt_and_refreshed_once_after_401()
    {
        await using var server = new RawServer(async c =>
        {
            var request = await c.ReadRequestAsync();
            await c.SendAsync(request.Header("Authorization") == "Bearer good"
                ? RawServer.Head() + "data: in\n\n"
                : RawServer.Status("401 Unauthorized"));
        });
        var asked = new List<bool>();
        await using var client = Clients.Create(server.Url, o => o.TokenProvider = async (context, cancellation) =>
        {
            await Task.Yield();
            asked.Add(context.RefreshToken);
            return context.RefreshToken ? "good" : "stale";
        });
        (await client.SubscribeAsync().TakeWithin(2)).Select(e => e.Data).ShouldBe(["in", "in"]);
        asked.Take(4).ShouldBe([false, true, false, true]);
    }

    [Fact]
    [Trait("parity", "CLI-02")]
    public async Task Second_401_is_permanent()
    {
        await using var server = new RawServer(async c =>
        {
            await c.ReadRequestAsync();
            await c.SendAsync(RawServer.Status("401 Unauthorized"));
        });
        await using var client = Clients.Create(server.Url, o => o.TokenProvider = (_, _) => ValueTask.FromResult<string?>("bad"));
        var error = await Should.ThrowAsync<SseClientException>(client.SubscribeAsync().TakeWithin(1));
        error.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        server.Accepted.ShouldBe(2);
    }

    [Fact]
    [Trait("parity", "CLI-02")]
    public async Task Callers_http_client_and_handler_are_used_and_not_disposed()
    {
        using var handler = new ChunkedHandler("data: x\n\n"u8.ToArray(), 100);
        using var http = new HttpClient(handler);
        for (var i = 0; i < 2; i++)
        {
            await using var client = Clients.Create("http://nowhere.invalid/", o => o.HttpClient = http);
            (await client.SubscribeAsync().TakeWithin(1)).Single().Data.ShouldBe("x");
            await using var other = Clients.Create("http://nowhere.invalid/", o => o.Handler = handler);
            (await other.SubscribeAsync().TakeWithin(1)).Single().Data.ShouldBe("x");
        }
    }

    [Fact]
    [Trait("parity", "CLI-02")]
    public async Task Proxy_is_used()
    {
        await using var proxy = OneEventEach();
        var address = new Uri(proxy.Url);
        await using var client = Clients.Create("http://target.invalid/path", o => o.Proxy = new WebProxy(address.Host, address.Port));
        await client.SubscribeAsync().TakeWithin(1);
        proxy.Requests.First().Target.ShouldBe("http://target.invalid/path");
    }

    [Fact]
    [Trait("parity", "CLI-04")]
    public async Task Named_subscriptions_send_exactly_one_stream_each_after_reconnects()
    {
        await using var server = OneEventEach();
        await using var client = Clients.Create(server.Url + "?a=1&stream=old&b=%20x");
        await Task.WhenAll(client.SubscribeAsync("one").TakeWithin(6), client.SubscribeAsync("two & more").TakeWithin(6));
        var targets = server.Requests.Select(r => r.Target).ToList();
        targets.Distinct().Order().ShouldBe(["/events?a=1&b=%20x&stream=one", "/events?a=1&b=%20x&stream=two%20%26%20more"]);
        targets.Count(t => t.EndsWith("=one", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(6);
    }

    [Fact]
    [Trait("parity", "CLI-04")]
    public async Task Raw_subscription_keeps_the_query_as_it_is()
    {
        await using var server = OneEventEach();
        await using var client = Clients.Create(server.Url + "?x=1&x=2&name=a%2Fb");
        await client.SubscribeAsync().TakeWithin(2);
        server.Requests.Take(2).ShouldAllBe(r => r.Target == "/events?x=1&x=2&name=a%2Fb");
    }

    [Theory]
    [InlineData("ftp://host/x")]
    [InlineData("file:///x")]
    [InlineData("/relative")]
    [InlineData("not a url")]
    [InlineData("")]
    [Trait("parity", "CLI-21")]
    public void Anything_but_an_absolute_http_url_is_refused(string url) => Should.Throw<ArgumentException>(() => new SseClient(url));

    [Theory]
    [InlineData("http://[::1]:{0}", "/")]
    [InlineData("http://127.0.0.1:{0}", "/")]
    [InlineData("http://127.0.0.1:{0}/a%20b/%C3%A9", "/a%20b/%C3%A9")]
    [Trait("parity", "CLI-21")]
    public async Task Empty_path_ipv6_and_escapes_reach_the_server(string template, string target)
    {
        var targets = new ConcurrentQueue<string>();
        using var handler = new SocketsHttpHandler();
        await using var server = OneEventEach();
        var port = new Uri(server.Url).Port;

        // The listener is IPv4; the address is redirected under the URL, whose form is what is tested.
        handler.ConnectCallback = async (_, cancellation) =>
        {
            var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellation);
            return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
        };
        await using var client = Clients.Create(string.Format(template, port), o => o.Handler = handler);
        await client.SubscribeAsync().TakeWithin(1);
        server.Requests.First().Target.ShouldBe(target);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    [Trait("parity", "CLI-23")]
    public async Task Redirects_are_followed_and_each_reconnect_starts_at_the_first_url(int status)
    {
        await using var server = new RawServer(async c =>
        {
            var request = await c.ReadRequestAsync();
            await c.SendAsync(request.Target == "/events"
                ? RawServer.Status($"{status} Moved", "Location: /there?x=1\r\n")
                : RawServer.Head() + $"data: {request.Method} {request.Header("Authorization")}\n\n");
        });
        await using var client = Clients.Create(server.Url, o => o.TokenProvider = (_, _) => ValueTask.FromResult<string?>("t"));
        (await client.SubscribeAsync().TakeWithin(2)).ShouldAllBe(e => e.Data == "GET Bearer t");
        server.Requests.Take(4).Select(r => r.Target).ShouldBe(["/events", "/there?x=1", "/events", "/there?x=1"]);
    }

    [Fact]
    [Trait("parity", "CLI-23")]
    public async Task Authorization_and_cookies_do_not_cross_origins()
    {
        await using var target = OneEventEach();
        await using var server = new RawServer(async c =>
        {
            await c.ReadRequestAsync();
            await c.SendAsync(RawServer.Status("302 Found", $"Location: {target.Url}\r\n"));
        });
        await using var client = Clients.Create(server.Url, o =>
        {
            o.TokenProvider = (_, _) => ValueTask.FromResult<string?>("secret");
            o.Headers["Cookie"] = "session=1";
            o.LastEventId = "5";
        });
        await client.SubscribeAsync().TakeWithin(1);
        server.Requests.First().Header("Authorization").ShouldBe("Bearer secret");
        var request = target.Requests.First();
        request.Header("Authorization").ShouldBeNull();
        request.Header("Cookie").ShouldBeNull();
        request.Header("Last-Event-ID").ShouldBe("5");
    }

    [Fact]
    [Trait("parity", "CLI-23")]
    public async Task Post_becomes_get_at_302_and_stays_at_307_with_its_body()
    {
        await using var server = new RawServer(async c =>
        {
            var request = await c.ReadRequestAsync();
            await c.SendAsync(request.Target switch
            {
                "/events" => RawServer.Status("307 Temporary Redirect", "Location: /b\r\n"),
                "/b" => RawServer.Status("302 Found", "Location: /c\r\n"),
                _ => RawServer.Head() + "data: x\n\n",
            });
        });
        await using var client = Clients.Create(server.Url, o => o.RequestFactory = (c, _) =>
            ValueTask.FromResult(new HttpRequestMessage(HttpMethod.Post, c.Url) { Content = new StringContent("query") }));
        await client.SubscribeAsync().TakeWithin(1);
        server.Requests.Take(3).Select(r => $"{r.Method} {r.Target} {r.Body}").ShouldBe(["POST /events query", "POST /b query", "GET /c "]);
    }

    [Fact]
    [Trait("parity", "CLI-23")]
    public async Task Redirect_loop_ends_with_a_typed_error()
    {
        await using var server = new RawServer(async c =>
        {
            await c.ReadRequestAsync();
            await c.SendAsync(RawServer.Status("302 Found", "Location: /events\r\n"));
        });
        await using var client = Clients.Create(server.Url, o => o.MaxRedirects = 3);
        (await Should.ThrowAsync<SseClientException>(client.SubscribeAsync().TakeWithin(1))).Failure.ShouldBe(SseFailure.Redirect);
        server.Accepted.ShouldBe(4);
    }

    [Fact]
    [Trait("parity", "CLI-13")]
    public async Task Initial_last_event_id_is_sent_as_utf8_and_stays_until_replaced()
    {
        await using var server = new RawServer(c => c.StreamAsync(c.Number == 2 ? "id: neu\ndata: x\n\n" : "data: x\n\n"));
        await using var client = Clients.Create(server.Url, o => o.LastEventId = "é€");
        client.LastEventId.ShouldBe("é€");
        await client.SubscribeAsync().TakeWithin(3);
        server.Requests.Take(3).Select(r => r.Header("Last-Event-ID")).ShouldBe(["é€", "é€", "neu"]);
    }

    [Fact]
    [Trait("parity", "CLI-13")]
    public async Task Id_that_a_foreign_handler_cannot_send_is_a_permanent_failure_with_a_hint()
    {
        await using var server = OneEventEach();
        using var handler = new SocketsHttpHandler();
        await using var client = Clients.Create(server.Url, o =>
        {
            o.Handler = handler;
            o.LastEventId = "é";
        });
        var error = await Should.ThrowAsync<SseClientException>(client.SubscribeAsync().TakeWithin(1));
        (error.Failure, error.IsPermanent).ShouldBe((SseFailure.Request, true));
        error.Message.ShouldContain("RequestHeaderEncodingSelector");
    }

    [Fact]
    [Trait("parity", "CLI-01")]
    public async Task Failing_request_factory_ends_with_a_typed_error()
    {
        await using var client = Clients.Create(
            "http://127.0.0.1:1/", o => o.RequestFactory = (_, _) => throw new InvalidOperationException("no body"));
        var error = await Should.ThrowAsync<SseClientException>(client.SubscribeAsync().TakeWithin(1));
        error.Failure.ShouldBe(SseFailure.Request);
        error.InnerException!.Message.ShouldBe("no body");
    }
}
