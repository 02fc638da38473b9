using System.Net;
using System.Text;
using AkkaSse.AspNetCore.Tests.Compatibility;
using AkkaSse.Hub;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>
/// A last event id is never a reason to refuse, on any edge, whatever bytes it is made of: an EventSource would not come back.
/// </summary>
[Trait("parity", "RPL-05")]
public sealed class LastEventIdTests
{
    private static readonly string[] s_streamRoutes =
    [
        "/v1/streams/a/events?", "/v1/stream/events?stream=a", "/v1/events?stream=a", "/v1/subscriptions/m/events?",
            "/v1/subscription/events?id=m",
        "/news?", "/events?stream=a", "/automation/api/v2/events?nodes=a", "/automation/api/v2/events/m?",
    ];

    // Their streams are the hub's own, which have nothing to tell a gap of.
    private static readonly string[] s_zoneRoutes = ["/connect?id=c", "/v1/events?client=d"];

    [Theory]
    [InlineData("%E9")]
    [InlineData("%zz")]
    [InlineData("%")]
    [InlineData("7%")]
    [InlineData("%C3%28")]
    [InlineData("%ED%A0%80")]
    [InlineData("%00")]
    [InlineData("%0D%0Adata:x")]
    [InlineData("%01%7F")]
    [InlineData("%C3%A9")]
    [InlineData("1&last_event_id=2")]
    [InlineData("&last_event_id=%E9&lastEventId=")]
    [InlineData("long")]
    public async Task Query_that_is_no_id_is_a_gap_on_every_edge(string query)
    {
        await using var host = await StartAsync();
        if (query == "long") query = new string('7', 7_000);
        var name = query.Length % 2 == 0 ? "last_event_id" : "lastEventId";
        foreach (var route in s_streamRoutes) await ShouldTellGapAsync(host, $"{route}&{name}={query}");
        foreach (var route in s_zoneRoutes) await ShouldServeAsync(host, $"{route}&{name}={query}");
    }

    [Theory]
    [InlineData("\u00e9")]
    [InlineData("1-\u00ff")]
    [InlineData("\u00c3(")]
    [InlineData("\u00ed\u00a0\u0080")]
    [InlineData("\u00c3\u00a9")]
    [InlineData("\u0001\u007f")]
    [InlineData("%E9")]
    [InlineData("1\r\nLast-Event-ID: 2")]
    [InlineData("1\r\nlast-event-id: \u00e9")]
    [InlineData("long")]
    public async Task Header_that_is_no_id_is_a_gap_on_every_edge(string value)
    {
        await using var host = await StartAsync();
        if (value == "long") value = new string('7', 30_000);
        foreach (var route in s_streamRoutes) await ShouldTellGapAsync(host, route, "Last-Event-ID: " + value);
        foreach (var route in s_zoneRoutes) await ShouldServeAsync(host, route, "lAST-eVENT-iD: " + value);
    }

    [Fact]
    public async Task Id_of_one_edge_is_no_reason_on_another()
    {
        await using var host = await StartAsync();
        var ids = new List<string>();
        foreach (var route in new[] { "/v1/streams/a/events?since=earliest", "/v1/events?stream=a&since=earliest", "/events?stream=a" })
        {
            await using var reader = await host.SubscribeAsync(route);
            ids.Add((await UntilDataAsync(reader, "1")).Id!);
        }

        foreach (var id in ids)
        {
            foreach (var route in s_streamRoutes.Concat(s_zoneRoutes)) await ShouldServeAsync(host, $"{route}&last_event_id={id}");
        }
    }

    [Fact]
    [Trait("parity", "RPL-13")]
    public async Task Same_id_twice_is_that_id()
    {
        await using var host = await StartAsync();
        await using var first = await host.SubscribeAsync("/v1/streams/a/events?since=earliest");
        var id = (await UntilDataAsync(first, "1")).Id;
        await host.PostAsync("/v1/streams/a/events", "2");
        foreach (var (query, header) in new[] { ($"last_event_id={id}&last_event_id={id}", "X: y"),
            ("", $"Last-Event-ID: {id}\r\nLast-Event-ID: {id}") })
        {
            await using var again = await host.SubscribeAsync("/v1/streams/a/events?" + query, header);
            (await again.NextEventAsync()).Data.ShouldBe("2");
        }
    }

    [Fact]
    public async Task Publishers_id_is_found_in_any_encoding_that_says_it()
    {
        await using var host = await StartAsync();
        await host.Hub.Streams.CreateAsync("c", new StreamOptions { Ids = StreamIds.Caller });
        await host.PostAsync("/v1/streams/c/events?id=%25zz", "1");
        await host.PostAsync("/v1/streams/c/events?id=2", "2");
        foreach (var query in new[] { "%25zz", "%zz", "%25%7a%7A" })
        {
            await using var reader = await host.SubscribeAsync("/v1/streams/c/events?last_event_id=" + query);
            (await UntilDataAsync(reader, "2")).Data.ShouldBe("2");
        }
    }

    [Fact]
    public async Task Header_that_is_not_UTF8_is_taken_over_HTTP2_too()
    {
        await using var host = await EdgeHost.StartAsync(
            host: b => b.WebHost.ConfigureKestrel(k => k.ConfigureEndpointDefaults(e => e.Protocols = HttpProtocols.Http2)), detach: false);
        using var http = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1 });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.Address, "/v1/streams/a/events"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { { "Last-Event-ID", "\u00e9" } },
        };
        using var answer = await Eventually.Within(http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead), "the head");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Encodings_that_the_application_chose_stay()
    {
        var seen = "";
        await using var host = await EdgeHost.StartAsync(
            host: b => b.WebHost.ConfigureKestrel(k => k.RequestHeaderEncodingSelector = static name => name == "X-Old"
            ? Encoding.Latin1
            : null),
            app: app => app.Use(async (context, next) =>
            {
                seen = context.Request.Headers["X-Old"].ToString();
                await next(context);
            }));
        (await host.GetAsync("/v1/streams", "X-Old: \u00e9", "Last-Event-ID: \u00e9")).Status.ShouldBe(200);
        seen.ShouldBe("\u00e9");
        (await host.GetAsync("/v1/streams", "X-New: \u00e9")).Status.ShouldBe(400);
    }

    private static async Task<EdgeHost> StartAsync()
    {
        var host = await CompatibilityHost.StartAsync(app: app => app.MapSseStream("/news", "a"));
        await host.PostAsync("/v1/streams/a/events", "1");
        (await host.PostAsync("/v1/subscriptions", """{"id":"m","streams":["a"]}""")).Status.ShouldBe(201);
        return host;
    }

    private static async Task ShouldTellGapAsync(EdgeHost host, string target, params string[] headers)
    {
        await using var reader = await host.SubscribeAsync(target, headers);
        reader.Head.Status.ShouldBe(200, target);
        // Ends the block of a gap that is a comment, where reading goes on from the head.
        await host.PostAsync("/v1/streams/a/events", "2");
        var gap = await reader.NextAsync(b => b.Data is "1" or "2" || IsGap(b), $"a gap or the first event at {target}");
        IsGap(gap).ShouldBeTrue(target);
    }

    private static bool IsGap(RawBlock block) =>
        (block.Type == "hub.gap" && block.Data!.Contains("\"reason\":\"unknown-id\"", StringComparison.Ordinal))
        || block.Comments.Any(c => c.StartsWith("gap stream=a ", StringComparison.Ordinal));

    private static async Task ShouldServeAsync(EdgeHost host, string target, params string[] headers)
    {
        await using var reader = await host.SubscribeAsync(target, headers);
        reader.Head.Status.ShouldBe(200, target);
    }

    private static Task<RawBlock> UntilDataAsync(RawSseClient reader, string data) =>
        reader.NextAsync(b => b.Data == data, $"the data {data}");
}
