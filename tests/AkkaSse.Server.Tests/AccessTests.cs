using System.Net;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests;

[Trait("detach", "both")]
public sealed class AccessTests
{
    private const string Secret = "correct-horse-battery-staple";

    [Fact]
    public async Task Without_authentication_a_foreign_host_name_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/streams") { Headers = { Host = "evil.example" } };

        using var response = await server.Http.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await response.Content.ReadAsStringAsync()).ShouldContain("host-forbidden");
    }

    [Fact]
    public async Task Host_that_was_served_before_opens_the_door_to_no_other()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (host, expected) in new[]
        {
            ("localhost", HttpStatusCode.OK), ("localhost.evil.example", HttpStatusCode.Forbidden), ("localhost", HttpStatusCode.OK),
            ("evil.example", HttpStatusCode.Forbidden), ("evil.example", HttpStatusCode.Forbidden), ("app.localhost:9", HttpStatusCode.OK),
                ("127.0.0.1", HttpStatusCode.OK),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/streams") { Headers = { Host = host } };
            using var response = await server.Http.SendAsync(request);
            response.StatusCode.ShouldBe(expected, host);
        }
    }

    [Fact]
    public async Task Anonymous_network_serves_no_foreign_host_and_no_page_of_another_origin()
    {
        await using var server = await TestServer.StartAsync(
            "--allow-anonymous-network", "--allow-host", "hub.example", "--set", "Server:AllowAnonymousClientIds=true");
        (await server.PublishAsync("news", "x")).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        foreach (var (method, target) in new[]
        {
            ("GET", "/v1/streams/news/history"), ("DELETE", "/v1/streams/news"), ("GET", "/v1/streams/news/events"), ("GET", "/metrics"),
                ("GET", "/"),
            ("GET", "/events?stream=news"), ("GET", "/v1/nothing"),
        })
        {
            var answer = await RawHttp.SendAsync(server.Url, method, target, null, "Host: evil.example");
            (answer.Status, answer.Code).ShouldBe((403, "host-forbidden"), target);
        }
        foreach (var (method, target) in new[] { ("POST", "/v1/streams/news/events"), ("DELETE", "/v1/streams/news"),
            ("POST", "/broadcast"), ("POST", "/v1/batch") })
        {
            // As a browser sends it to an address that is neither https nor loopback: without Sec-Fetch-Site.
            var answer = await RawHttp.SendAsync(server.Url, method, target, [], "Origin: http://evil.example");
            (answer.Status, answer.Code).ShouldBe((403, "cross-site"), target);
        }

        (await RawHttp.GetAsync(server.Url, "/v1/streams/news/history", "Host: hub.example")).Json.GetProperty("events").GetArrayLength()
            .ShouldBe(1);
        (await RawHttp.PostAsync(
            server.Url, "/v1/streams/news/events", "x", "Host: hub.example", "Origin: http://hub.example")).Status.ShouldBe(202);
        // A balancer asks by whatever address it has.
        (await RawHttp.GetAsync(server.Url, "/healthz/ready", "Host: 10.1.2.3:8080")).Status.ShouldBe(200);
        (await RawHttp.GetAsync(server.Url, "/healthz/live", "Host: pod-0.hub")).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("cross-site", HttpStatusCode.Forbidden)]
    [InlineData("same-site", HttpStatusCode.Forbidden)]
    [InlineData("same-origin", HttpStatusCode.Accepted)]
    [InlineData("none", HttpStatusCode.Accepted)]
    public async Task Without_authentication_a_write_of_another_sites_page_is_refused(string site, HttpStatusCode expected)
    {
        await using var server = await TestServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/streams/news/events") { Content = new StringContent("x") };
        request.Headers.Add("Sec-Fetch-Site", site);

        using var response = await server.Http.SendAsync(request);

        response.StatusCode.ShouldBe(expected);
    }

    [Fact]
    [Trait("parity", "HTTP-02")]
    public async Task Cors_is_off_unless_an_origin_is_allowed_and_then_allows_the_hubs_headers()
    {
        await using var plain = await TestServer.StartAsync();
        await using var open = await TestServer.StartAsync(
            "--cors-origin", "https://app.example", "--cors-origin", "http://localhost:5173");

        (await PreflightAsync(plain, "https://app.example")).Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
        (await PreflightAsync(open, "https://other.example")).Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
        using var allowed = await PreflightAsync(open, "https://app.example");
        allowed.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["https://app.example"]);
        var headers = string.Join(',', allowed.Headers.GetValues("Access-Control-Allow-Headers"));
        headers.ShouldContain("last-event-id");
        headers.ShouldContain("idempotency-key");
        string.Join(',', allowed.Headers.GetValues("Access-Control-Allow-Methods")).ShouldContain("PATCH");

        using var write = new HttpRequestMessage(HttpMethod.Post, "/v1/streams/news/events") { Content = new StringContent("x") };
        write.Headers.Add("Origin", "https://app.example");
        write.Headers.Add("Sec-Fetch-Site", "cross-site");
        using var written = await open.Http.SendAsync(write);
        written.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        written.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["https://app.example"]);
    }

    [Fact]
    [Trait("parity", "TGT-08")]
    public async Task With_tokens_every_call_needs_one_and_its_grants_decide()
    {
        await using var server = await TestServer.StartAsync(
            0, ConfigurationTests.Tokens(Secret, "robot", "publish:orders*", "subscribe:orders-eu"), Secret);
        using var anonymous = new HttpClient { BaseAddress = server.Url };
        using var wrong = new HttpClient
        {
            BaseAddress = server.Url,
            DefaultRequestHeaders = { { "Authorization", "Bearer wrong-horse-battery-staple" } },
        };

        foreach (var http in (HttpClient[])[anonymous, wrong])
        {
            using var refused = await http.PostAsync("/v1/streams/orders-eu/events", new StringContent("x"));
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            refused.Headers.WwwAuthenticate.ToString().ShouldStartWith("Bearer");
            (await refused.Content.ReadAsStringAsync()).ShouldContain("\"code\":\"unauthorized\"");
            (await http.GetAsync("/metrics")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await http.GetAsync("/healthz/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (await server.PublishAsync("orders-eu", "x")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await server.PublishAsync("news", "x")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        await using (var reader = await server.ReadAsync("/v1/streams/orders-eu/events?since=earliest"))
        {
            (await reader.NextAsync("message")).Data.ShouldBe("x");
        }
        (await server.Http.GetAsync("/v1/streams/orders-us/events")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await server.Http.DeleteAsync("/v1/streams/orders-eu")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await server.Http.GetAsync("/metrics")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        server.Process.Output.ShouldNotContain(Secret);
        server.Process.Output.ShouldNotContain("wrong-horse");
    }

    [Fact]
    public async Task With_tokens_other_hosts_may_be_served()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, Secret + "\n");
            var variables = ConfigurationTests.Tokens("", "robot", "all");
            variables.Remove("AKKASSE_AUTH__TOKENS__0__TOKEN");
            variables["AKKASSE_AUTH__TOKENS__0__TOKENFILE"] = file;
            await using var server = await TestServer.StartAsync(0, variables, Secret);
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/streams") { Headers = { Host = "hub.example" } };

            (await server.Http.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await server.Http.GetAsync("/metrics")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<HttpResponseMessage> PreflightAsync(TestServer server, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/v1/streams/news/events");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "idempotency-key,last-event-id");
        return await server.Http.SendAsync(request);
    }
}
