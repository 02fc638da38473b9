using System.Collections.Concurrent;
using AkkaSse.Hub;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>Where the edges ask a quota, for what, and what they do with a refusal.</summary>
public sealed class QuotaTests
{
    [Fact]
    public async Task Quota_is_asked_for_every_target_of_every_edge_with_its_events_and_bytes()
    {
        await using var host = await StartAsync();
        var quota = (Recording)host.Services.GetRequiredService<IHubQuota>();
        foreach (var (target, asked) in new[]
        {
            ("/v1/streams/a/events", "stream a 1 5"),
            ("/v1/publish?stream=a", "stream a 1 5"),
            ("/v1/zones/z/events", "zone z 1 5"),
            ("/v1/broadcast", "broadcast 1 5"),
            ("/v1/clients/c/events", "client c 1 5"),
            ("/v1/zones/z/clients/c/events", "zone z client c 1 5"),
            ("/broadcast", "broadcast 1 5"),
            ("/broadcast?id=c", "zone default client c 1 5"),
        })
        {
            await host.PostAsync(target, "12345");
            quota.Publishes.TryDequeue(out var answer).ShouldBeTrue(target);
            answer.ShouldBe(asked, target);
        }
        // Chunks say no length before they end.
        using var http = new HttpClient();
        using var chunked = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Address, "/v1/streams/a/events"));
        (chunked.Content, chunked.Headers.TransferEncodingChunked) = (new StringContent("12345"), true);
        (await http.SendAsync(chunked)).StatusCode.ShouldBe(System.Net.HttpStatusCode.Accepted);
        quota.Publishes.ShouldBe(["stream a 1 5"]);

        const string first = """{"stream":"a","data":"1"}""", second = """{"zone":"z","comment":"xyz"}""";
        (await host.PostAsync("/v1/batch", first + "\n" + second)).Json.GetProperty("accepted").GetInt32().ShouldBe(2);
        quota.Publishes.TakeLast(2).ShouldBe([$"stream a 1 {first.Length}", $"zone z 1 {second.Length}"]);
    }

    [Fact]
    public async Task Refused_publish_has_changed_nothing_and_says_what_is_reached_and_when_to_come_back()
    {
        await using var host = await StartAsync();
        foreach (var target in new[] { "/v1/streams/full/events", "/v1/publish?stream=full" })
        {
            var answer = await host.PostAsync(target, "x");
            (answer.Status, answer.Code, answer.Header("Retry-After")).ShouldBe((429, "limit-reached", "7"));
            answer.Json.GetProperty("detail").GetString().ShouldBe("full is full.");
        }
        var old = await host.PostAsync("/broadcast?type=x&id=full", "x");
        (old.Status, old.Text, old.Header("Retry-After")).ShouldBe((429, "full is full.\n", "7"));
        (await host.Hub.Streams.ListAsync()).OrThrow().Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task Batch_answers_refused_items_in_their_places_and_publishes_the_others()
    {
        await using var host = await StartAsync();
        var answer = await host.PostAsync("/v1/batch", """
            {"stream":"a","data":"1"}
            {"stream":"full","data":"2"}
            {"stream":"a","dato":"3"}
            {"stream":"full","data":"4"}
            {"stream":"b","data":"5"}
            """);
        answer.Json.GetProperty("items").EnumerateArray().Select(static i => i.GetProperty("status").GetInt32())
            .ShouldBe([202, 429, 400, 429, 202]);
        answer.Json.GetProperty("items")[1].GetProperty("code").GetString().ShouldBe("limit-reached");
        answer.Json.GetProperty("items")[3].GetProperty("detail").GetString().ShouldBe("full is full.");
        (answer.Json.GetProperty("accepted").GetInt32(), answer.Json.GetProperty("rejected").GetInt32()).ShouldBe((2, 3));
        (await host.Hub.Streams.ListAsync()).OrThrow().Items.Select(static s => s.Name).ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task Neighbours_under_the_key_of_a_batch_are_asked_for_together()
    {
        await using var host = await StartAsync();
        var quota = (Recording)host.Services.GetRequiredService<IHubQuota>();
        const string a = """{"stream":"a","data":"1"}""", own = """{"stream":"a","data":"1","idempotencyKey":"k"}""";
        const string full = """{"stream":"full","data":"1"}""";
        var body = string.Join('\n', a, a, """{"nothing":1}""", a, own, a, full, full);
        var answer = await host.PostAsync("/v1/batch", body, "Idempotency-Key: batch");
        answer.Json.GetProperty("items").EnumerateArray().Select(static i => i.GetProperty("status").GetInt32())
            .ShouldBe([202, 202, 400, 202, 202, 202, 429, 429]);
        quota.Publishes.Take(4).ShouldBe(
            [$"stream a 3 {3 * a.Length}", $"stream a 1 {own.Length}", $"stream a 1 {a.Length}", $"stream full 2 {2 * full.Length}"]);
    }

    [Fact]
    public async Task What_is_refused_before_is_not_asked_for()
    {
        await using var host = await StartAsync(b => b.UseAuthorizer<Denying>());
        var quota = (Recording)host.Services.GetRequiredService<IHubQuota>();
        (await host.PostAsync("/v1/streams/forbidden/events", "x")).Status.ShouldBe(403);
        (await host.PostAsync("/v1/batch", """{"stream":"forbidden","data":"1"}""")).Json.GetProperty("rejected").GetInt32().ShouldBe(1);
        (await host.PostAsync("/v1/streams/a/events?ttl=x", "x")).Status.ShouldBe(400);
        (await host.PostAsync("/v1/streams/a/events", new string('x', 2 << 20))).Status.ShouldBe(413);
        (await host.GetAsync("/v1/streams/forbidden/events")).Status.ShouldBe(403);
        (await host.SendAsync("HEAD", "/v1/streams/a/events")).Status.ShouldBe(200);
        quota.Publishes.ShouldBeEmpty();
        quota.Connects.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_event_stream_is_asked_for_once_with_all_that_it_reads()
    {
        await using var host = await StartAsync(app: static app => app.MapSseStream("/mine", "a"));
        var quota = (Recording)host.Services.GetRequiredService<IHubQuota>();
        (await host.PostAsync("/v1/subscriptions", """{"id":"m","streams":["a","b"]}""")).Status.ShouldBe(201);
        quota.Connects.TryDequeue(out var made).ShouldBeTrue();
        made.ShouldBe("a b", "the hub keeps its streams as it keeps those of a connection");
        foreach (var (target, asked) in new[]
        {
            ("/v1/streams/a/events", "a"),
            ("/v1/events?stream=a&stream=b", "a b"),
            ("/v1/events?zone=z", ""),
            ("/v1/subscriptions/m/events", "a b"),
            ("/mine", "a"),
            ("/events?stream=a", "a"),
            ("/connect", ""),
            ("/automation/api/v2/events?nodes=a,b", "a b"),
            ("/automation/api/v2/events/m", "a b"),
        })
        {
            await using var reader = await host.SubscribeAsync(target);
            reader.Head.Status.ShouldBe(200, target);
            quota.Connects.TryDequeue(out var answer).ShouldBeTrue(target);
            answer.ShouldBe(asked, target);
            quota.Connects.ShouldBeEmpty(target);
        }
    }

    [Fact]
    public async Task Refused_reader_gets_429_and_a_browser_an_end_that_says_when_to_come_back()
    {
        await using var host = await StartAsync();
        foreach (var target in new[] { "/v1/streams/full/events", "/v1/events?stream=a&stream=full", "/events?stream=full" })
        {
            var program = await host.GetAsync(target);
            program.Status.ShouldBe(429, target);
            int.Parse(program.Header("Retry-After")!, null).ShouldBeGreaterThanOrEqualTo(7);

            var browser = await host.GetAsync(target, "Sec-Fetch-Dest: empty", "Last-Event-ID: 3-abc");
            browser.Status.ShouldBe(200, target);
            var lines = browser.Text.Split('\n');
            var retry = lines.Single(static l => l.StartsWith("retry: ", StringComparison.Ordinal));
            int.Parse(retry["retry: ".Length..], null).ShouldBeGreaterThanOrEqualTo(7_000);
            // Clients of older hubs know no hub.end.
            if (target.StartsWith("/v1", StringComparison.Ordinal))
                new[] { "event: hub.end", """data: {"reason":"limit"}""", "id: 3-abc" }.ShouldBeSubsetOf(lines);
        }
        host.Edge.Load.Connections.ShouldBe(0);
    }

    [Fact]
    public void Answer_has_a_reason_and_a_time_exactly_when_it_refuses()
    {
        HubQuotaAnswer.Allowed.ShouldBe(default);
        (HubQuotaAnswer.Allowed.IsRefused, HubQuotaAnswer.Allowed.Reason).ShouldBe((false, null));
        var refused = HubQuotaAnswer.Refused("x", TimeSpan.Zero);
        (refused.IsRefused, refused.Reason, refused.RetryAfter).ShouldBe((true, "x", TimeSpan.Zero));
        Should.Throw<ArgumentException>(static () => HubQuotaAnswer.Refused("", TimeSpan.Zero));
        Should.Throw<ArgumentOutOfRangeException>(static () => HubQuotaAnswer.Refused("x", TimeSpan.FromTicks(-1)));
    }

    private static Task<EdgeHost> StartAsync(Action<ISseHubBuilder>? build = null, Action<WebApplication>? app = null) =>
        EdgeHost.StartAsync(build: b =>
        {
            b.UseQuota<Recording>();
            build?.Invoke(b);
        }, app: a =>
        {
            a.MapSseCompatibilityEndpoints(static o => o.Endpoints.AllowAnonymousClientIds = true);
            app?.Invoke(a);
        });

    /// <summary>Refuses what is named full, and remembers what it was asked for.</summary>
    private sealed class Recording : IHubQuota
    {
        public ConcurrentQueue<string> Publishes { get; } = new();

        public ConcurrentQueue<string> Connects { get; } = new();

        public HubQuotaAnswer AcquirePublish(in HubAccessRequest request, int events, long bytes)
        {
            request.Action.ShouldBe(HubAction.Publish);
            string[] target =
            [
                request.Stream is { } stream ? "stream " + stream : "", request.Zone is { } zone ? "zone " + zone : "",
                request.Client is { } client ? "client " + client : "", request.Broadcast ? "broadcast" : "",
            ];
            Publishes.Enqueue($"{string.Join(' ', target.Where(static t => t.Length > 0))} {events} {bytes}");
            return request.Stream == "full" || request.Client == "full" ? Full() : HubQuotaAnswer.Allowed;
        }

        public HubQuotaAnswer AcquireConnect(HttpContext context, SubscribeRequest request)
        {
            context.Request.Path.HasValue.ShouldBeTrue();
            Connects.Enqueue(string.Join(' ', request.Streams.Select(static s => s.Stream)));
            return request.Streams.Any(static s => s.Stream == "full") ? Full() : HubQuotaAnswer.Allowed;
        }

        private static HubQuotaAnswer Full() => HubQuotaAnswer.Refused("full is full.", TimeSpan.FromSeconds(7));
    }

    private sealed class Denying : IHubAuthorizer
    {
        public ValueTask<HubAccess> AuthorizeAsync(HubAccessRequest request, CancellationToken cancellation) =>
            ValueTask.FromResult(request.Stream == "forbidden" ? HubAccess.Forbidden : HubAccess.Allow);
    }
}
