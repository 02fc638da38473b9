using System.Net;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>HTTP/2, and what belongs to middleware of the framework.</summary>
public sealed class ProtocolTests
{
    [Fact]
    [Trait("parity", "HTTP-13")]
    public async Task Streams_and_publishes_share_one_http2_connection_and_ending_one_stream_leaves_the_others()
    {
        await using var host = await EdgeHost.StartAsync(host: b =>
            b.Services.Configure<KestrelServerOptions>(o => o.ConfigureEndpointDefaults(l => l.Protocols = HttpProtocols.Http2)));
        using var client = new HttpClient(new SocketsHttpHandler { EnableMultipleHttp2Connections = false })
        {
            BaseAddress = host.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Eventually.Deadline,
        };
        using var first = await client.GetAsync("/v1/streams/caf%C3%A9/events", HttpCompletionOption.ResponseHeadersRead);
        var second = await client.GetAsync("/v1/streams/caf%C3%A9/events", HttpCompletionOption.ResponseHeadersRead);
        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        first.Version.ShouldBe(HttpVersion.Version20);
        first.Headers.Contains("Connection").ShouldBeFalse();
        second.Dispose();
        await Eventually.Until(() => host.Edge.Load.Connections == 1, "the second stream to end");

        using var published = await client.PostAsync("/v1/streams/caf%C3%A9/events", new StringContent("over h2"));
        published.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        using var reader = new StreamReader(await first.Content.ReadAsStreamAsync());
        using var deadline = Eventually.Limit();
        while (await reader.ReadLineAsync(deadline.Token) != "data: over h2") { }
    }

    [Fact]
    [Trait("parity", "HTTP-11")]
    public async Task Preflight_is_the_cors_middlewares()
    {
        await using var host = await EdgeHost.StartAsync(
            host: b => b.Services.AddCors(),
            app: app =>
            {
                app.UseRouting();
                app.UseCors(p => p.WithOrigins("https://page.example").WithMethods("GET", "PUT").WithHeaders("last-event-id"));
            });
        foreach (var target in new[] { "/v1/streams/a", "/v1/streams/a/events" })
        {
            var preflight = await host.SendAsync("OPTIONS", target, null,
                "Origin: https://page.example", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: last-event-id");
            preflight.Status.ShouldBe(204, target);
            preflight.Header("Access-Control-Allow-Origin").ShouldBe("https://page.example");
            preflight.Header("Access-Control-Allow-Headers").ShouldBe("last-event-id");
        }
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events", "Origin: https://page.example");
        reader.Head.Header("Access-Control-Allow-Origin").ShouldBe("https://page.example");
    }
}
