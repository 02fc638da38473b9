using System.Net;
using System.Text;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests.Compatibility;

/// <summary>
/// The r3labs client returns for good at a proper end of the body and comes back after a cut: where its reader is to come back, its edge
/// ends without the last chunk. All other edges end properly.
/// </summary>
public sealed class StreamEndTests
{
    private const string R3labs = "/events?stream=s";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("parity", "STR-04")]
    public async Task Drain_cuts_the_readers_of_the_r3labs_edge_behind_what_they_were_to_get(bool detach)
    {
        await using var host = await StartAsync(detach);
        await host.Hub.PublishAsync("s", new SseEvent { Data = new string('x', 100_000) });
        await using var reader = await host.SubscribeAsync(R3labs);
        (await reader.NextEventAsync()).Data!.Length.ShouldBe(100_000);
        await host.Hub.PublishAsync("s", new SseEvent { Data = "last" });

        await Eventually.Within(((SseHub)host.Hub).DrainAsync(), "the drain");

        (await reader.NextEventAsync()).Data.ShouldBe("last");
        (await Should.ThrowAsync<IOException>(reader.NextAsync)).Message.ShouldContain(
            "ended inside", customMessage: "a FIN, no reset: what is on its way must arrive");
    }

    [Theory]
    [InlineData(true, "/v1/streams/s/events")]
    [InlineData(false, "/v1/streams/s/events")]
    [InlineData(true, "/connect?id=c")]
    [InlineData(true, "/automation/api/v2/events?nodes=s")]
    [Trait("parity", "HTTP-10")]
    public async Task Drain_ends_the_readers_of_other_edges_properly(bool detach, string target)
    {
        await using var host = await StartAsync(detach);
        await using var reader = await host.SubscribeAsync(target);
        await Eventually.Within(((SseHub)host.Hub).DrainAsync(), "the drain");
        RawBlock? last = null, block;
        while ((block = await reader.NextAsync()) is not null) last = block;
        if (target.StartsWith("/v1/", StringComparison.Ordinal)) last!.Type.ShouldBe("hub.drain");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("parity", "STR-02")]
    public async Task Removed_stream_ends_the_readers_of_the_r3labs_edge_properly_because_there_is_nothing_to_come_back_to(bool detach)
    {
        await using var host = await StartAsync(detach);
        await host.Hub.PublishAsync("s", new SseEvent { Data = "1" });
        await using var reader = await host.SubscribeAsync(R3labs);
        (await reader.NextEventAsync()).Data.ShouldBe("1");
        await host.Hub.Streams.RemoveAsync("s");
        (await reader.NextAsync()).ShouldBeNull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Disconnected_reader_of_the_r3labs_edge_is_cut(bool detach)
    {
        await using var host = await StartAsync(detach);
        await using var reader = await host.SubscribeAsync(R3labs);
        await Eventually.Until(() => host.Edge.Load.Connections == 1, "the reader to be connected");
        var page = (await host.Hub.Clients.ListAsync()).OrThrow();
        (await host.Hub.Clients.DisconnectAsync(page.Items.Single().Id)).Status.ShouldBe(ClientCallStatus.Done);
        await Should.ThrowAsync<IOException>(reader.NextAsync);
    }

    [Fact]
    public async Task Response_over_http2_is_reset_and_its_connection_serves_on()
    {
        await using var host = await StartAsync(false, b => b.Services.Configure<KestrelServerOptions>(
            o => o.ConfigureEndpointDefaults(e => e.Protocols = HttpProtocols.Http2)));
        await host.Hub.PublishAsync("s", new SseEvent { Data = "1" });
        using var http = new HttpClient
        {
            BaseAddress = host.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        await using var body = await http.GetStreamAsync(R3labs);
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains("data: 1\n", StringComparison.Ordinal))
            text.Append(Encoding.UTF8.GetString(buffer, 0, await body.ReadAsync(buffer)));

        await Eventually.Within(((SseHub)host.Hub).DrainAsync(), "the drain");

        await Should.ThrowAsync<IOException>(async () =>
        {
            while (await body.ReadAsync(buffer) > 0)
            {
            }
        });
        (await http.GetAsync("/v1/cluster")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static Task<EdgeHost> StartAsync(bool detach, Action<WebApplicationBuilder>? host = null) =>
        EdgeHost.StartAsync(detach: detach, host: host, app: static a => a.MapSseCompatibilityEndpoints(
            static o => o.Endpoints.AllowAnonymousClientIds = true));
}
