using System.Net;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests;

/// <summary>
/// What a proxy in front changes: addresses of callers, and pages of other origins with cookies and headers of their own.
/// </summary>
[Trait("detach", "both")]
public sealed class ProxyTests
{
    private const string Target = "/v1/streams/news/events";

    [Fact]
    public async Task Readers_behind_a_known_proxy_are_counted_by_their_own_addresses()
    {
        await using var server = await TestServer.StartAsync(
            "--set", "Hub:MaxConnectionsPerKey=1", "--known-proxy", "127.0.0.0/8", "--known-proxy", "198.51.100.9");
        await using var one = await OpenAsync(server, "203.0.113.1");
        await using var two = await OpenAsync(server, "203.0.113.2");
        // Two known proxies in a row.
        await using var three = await OpenAsync(server, "203.0.113.3, 198.51.100.9");
        (one.Head.Status, two.Head.Status, three.Head.Status).ShouldBe((200, 200, 200));

        (await RawHttp.GetAsync(server.Url, Target, "X-Forwarded-For: 203.0.113.1")).Status.ShouldBe(429);
        // What the caller wrote itself stands before what the proxy has added.
        (await RawHttp.GetAsync(server.Url, Target, "X-Forwarded-For: 203.0.113.77, 203.0.113.2")).Status.ShouldBe(429);
        var clients = (await RawHttp.GetAsync(server.Url, "/v1/clients")).Json.GetProperty("clients").EnumerateArray().Select(
            static c => c.GetProperty("remote").GetString());
        clients.Order().ShouldBe(["203.0.113.1", "203.0.113.2", "203.0.113.3"]);
    }

    [Theory]
    [InlineData]
    [InlineData("--known-proxy", "198.51.100.9")]
    public async Task Forwarded_address_of_an_unknown_peer_is_not_believed(params string[] arguments)
    {
        await using var server = await TestServer.StartAsync(["--set", "Hub:MaxConnectionsPerKey=1", .. arguments]);
        await using var one = await OpenAsync(server, "203.0.113.1");
        one.Head.Status.ShouldBe(200);
        (await RawHttp.GetAsync(server.Url, Target, "X-Forwarded-For: 203.0.113.2")).Status.ShouldBe(429);
    }

    [Fact]
    public async Task Wrong_tokens_count_for_the_forwarded_address()
    {
        await using var server = await TestServer.StartAsync(
            0, ConfigurationTests.Tokens("correct-horse-battery-staple", "robot", "all"), null, "--known-proxy", "127.0.0.1");
        await Eventually.Until(
            async () => (await RawHttp.GetAsync(server.Url, "/v1/streams", "X-Forwarded-For: 203.0.113.1",
            "Authorization: Bearer wrong")).Status == 429, "the address to be out of tries");
        (await RawHttp.GetAsync(
            server.Url, "/v1/streams", "X-Forwarded-For: 203.0.113.2", "Authorization: Bearer wrong")).Status.ShouldBe(401);
        (await RawHttp.GetAsync(server.Url, "/v1/streams", "X-Forwarded-For: 203.0.113.2",
            "Authorization: Bearer correct-horse-battery-staple")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Further_headers_and_credentials_are_allowed_by_keys()
    {
        await using var plain = await TestServer.StartAsync("--cors-origin", "https://app.example");
        await using var open = await TestServer.StartAsync(
            "--cors-origin", "https://app.example", "--cors-header", "traceparent", "--cors-header", "x-tenant", "--cors-credentials");

        var without = await PreflightAsync(plain);
        without.Header("Access-Control-Allow-Headers")!.ShouldNotContain("traceparent", Case.Insensitive);
        without.Header("Access-Control-Allow-Credentials").ShouldBeNull();
        var with = await PreflightAsync(open);
        with.Header("Access-Control-Allow-Headers")!.ShouldContain("traceparent", Case.Insensitive);
        with.Header("Access-Control-Allow-Headers")!.ShouldContain("last-event-id", Case.Insensitive);
        with.Header("Access-Control-Allow-Credentials").ShouldBe("true");
        with.Header("Access-Control-Allow-Origin").ShouldBe("https://app.example");
        await using var reader = await RawSseClient.OpenAsync(open.Url, Target, "Origin: https://app.example");
        reader.Head.Header("Access-Control-Allow-Credentials").ShouldBe("true");
    }

    private static Task<RawSseClient> OpenAsync(TestServer server, string forwarded) =>
        RawSseClient.OpenAsync(server.Url, Target, "X-Forwarded-For: " + forwarded);

    private static Task<RawResponse> PreflightAsync(TestServer server) => RawHttp.SendAsync(server.Url, "OPTIONS", Target, null,
        "Origin: https://app.example", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: traceparent,last-event-id");
}
