using AkkaSse.Hub;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests;

[Trait("parity", "TGT-08")]
public sealed class AuthorizationTests
{
    [Theory]
    [Trait("parity", "HTTP-07")]
    [InlineData("GET", "/v1/streams/a/events", "Subscribe")]
    [InlineData("HEAD", "/v1/streams/a/events", "Subscribe")]
    [InlineData("GET", "/v1/events?stream=a", "Subscribe")]
    [InlineData("GET", "/v1/stream/events?stream=a", "Subscribe")]
    [InlineData("POST", "/v1/subscriptions", "Subscribe")]
    [InlineData("GET", "/v1/subscriptions/m", "Subscribe")]
    [InlineData("DELETE", "/v1/subscription?id=m", "Subscribe")]
    [InlineData("GET", "/v1/subscriptions/m/events", "Subscribe")]
    [InlineData("POST", "/v1/streams/a/events", "Publish")]
    [InlineData("POST", "/v1/publish?stream=a", "Publish")]
    [InlineData("POST", "/v1/clients/c/events", "Publish")]
    [InlineData("POST", "/v1/zones/z/events", "Publish")]
    [InlineData("POST", "/v1/zones/z/clients/c/events", "Publish")]
    [InlineData("POST", "/v1/broadcast", "Publish")]
    [InlineData("GET", "/v1/streams", "Streams")]
    [InlineData("PUT", "/v1/streams/a", "Streams")]
    [InlineData("DELETE", "/v1/stream?stream=a", "Streams")]
    [InlineData("GET", "/v1/streams/a/history", "Streams")]
    [InlineData("DELETE", "/v1/streams/a/history", "Streams")]
    [InlineData("GET", "/v1/clients", "Clients")]
    [InlineData("DELETE", "/v1/clients/c", "Clients")]
    [InlineData("PATCH", "/v1/clients/c/subscriptions", "Clients")]
    [InlineData("GET", "/v1/cluster", "Cluster")]
    public async Task Each_group_carries_its_own_policy(string method, string target, string policy)
    {
        await using var host = await StartAsync(edge: o =>
        {
            o.SubscribePolicy = "Subscribe";
            o.PublishPolicy = "Publish";
            o.StreamsPolicy = "Streams";
            o.ClientsPolicy = "Clients";
            o.ClusterPolicy = "Cluster";
        });
        var body = method is "POST" or "PUT" or "PATCH" ? "" : null;
        (await host.SendAsync(method, target, body)).Status.ShouldBe(401);
        (await host.SendAsync(method, target, body, "X-User: u", "X-Role: other")).Status.ShouldBe(403);
        // In the group's role the request gets further; what it then finds is another test's business.
        (method == "GET" && policy == "Subscribe"
            ? (await SubscribeStatusAsync(host, target, "X-User: u", "X-Role: " + policy))
            : (await host.SendAsync(method, target, body, "X-User: u", "X-Role: " + policy)).Status)
            .ShouldNotBeOneOf(401, 403, 405, 500);
    }

    [Fact]
    [Trait("parity", "HTTP-07")]
    public async Task Convention_builder_covers_every_endpoint()
    {
        await using var host = await EdgeHost.StartAsync(
            map: false, host: AddTestAuthentication, app: app => app.MapSseHub().RequireAuthorization("Publish"));
        foreach (var target in new[] { "/v1/streams/a/events", "/v1/cluster", "/v1/streams/a/nothing" })
            (await host.GetAsync(target)).Status.ShouldBe(401);
    }

    [Fact]
    public async Task Authorizer_is_asked_for_every_stream_zone_and_the_broadcasts_before_any_state()
    {
        await using var host = await StartAsync(b => b.UseAuthorizer<Denying>());
        foreach (var (target, status) in new[]
        {
            ("/v1/streams/forbidden/events", 403),
            ("/v1/streams/login/events", 401),
            ("/v1/events?stream=a&stream=b&stream=forbidden", 403),
            ("/v1/events?zone=forbidden", 403),
            ("/v1/events?zone=z&zone=forbidden", 403),
            ("/v1/events?zone=nobroadcast", 403),
        })
        {
            var answer = await host.GetAsync(target, "X-User: u");
            answer.Status.ShouldBe(status, target);
            answer.Code.ShouldBe(status == 401 ? "unauthorized" : "forbidden");
            if (status == 401) answer.Header("WWW-Authenticate").ShouldBe("Bearer");
        }
        host.Edge.Load.Connections.ShouldBe(0);
        host.Edge.Load.Streams.ShouldBe(0);
    }

    [Theory]
    [InlineData("POST", "/v1/streams/forbidden/events", "x")]
    [InlineData("POST", "/v1/publish?stream=forbidden", "x")]
    [InlineData("POST", "/v1/zones/forbidden/events", "x")]
    [InlineData("POST", "/v1/clients/forbidden/events", "x")]
    [InlineData("POST", "/v1/zones/z/clients/forbidden/events", "x")]
    [InlineData("PUT", "/v1/streams/forbidden", "{}")]
    [InlineData("GET", "/v1/streams/forbidden", null)]
    [InlineData("DELETE", "/v1/streams/forbidden", null)]
    [InlineData("GET", "/v1/streams/forbidden/history", null)]
    [InlineData("DELETE", "/v1/streams/forbidden/history", null)]
    [InlineData("GET", "/v1/clients?stream=forbidden", null)]
    [InlineData("GET", "/v1/clients/forbidden", null)]
    [InlineData("DELETE", "/v1/clients/forbidden", null)]
    [InlineData("POST", "/v1/subscriptions", """{"id":"m","streams":["a","forbidden"]}""")]
    [InlineData("GET", "/v1/subscriptions/forbidden", null)]
    public async Task Authorizer_is_asked_for_every_call(string method, string target, string? body)
    {
        await using var host = await StartAsync(b => b.UseAuthorizer<Denying>());
        var answer = await host.SendAsync(method, target, body, "X-User: u");
        answer.Status.ShouldBe(403, answer.Text);
        (await host.Hub.Streams.ListAsync()).OrThrow().Items.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("GET", "/v1/events?stream=a&stream=forbidden", "read the stream forbidden")]
    [InlineData("GET", "/v1/events?zone=forbidden", "read the zone forbidden")]
    [InlineData("GET", "/v1/events?zone=nobroadcast", "read broadcasts")]
    [InlineData("POST", "/v1/streams/forbidden/events", "publish to the stream forbidden")]
    [InlineData("POST", "/v1/zones/forbidden/events", "publish to the zone forbidden")]
    [InlineData("POST", "/v1/zones/z/clients/forbidden/events", "publish to the client forbidden")]
    [InlineData("PUT", "/v1/streams/forbidden", "create or change the stream forbidden")]
    [InlineData("GET", "/v1/streams/forbidden/history", "read the history of the stream forbidden")]
    [InlineData("DELETE", "/v1/clients/forbidden", "disconnect the client forbidden")]
    [InlineData("GET", "/v1/subscriptions/forbidden", "use managed subscriptions")]
    public async Task Refusal_names_what_was_refused(string method, string target, string what)
    {
        await using var host = await StartAsync(b => b.UseAuthorizer<Denying>());
        var body = method switch { "POST" => "x", "PUT" => "{}", _ => null };
        (await host.SendAsync(method, target, body, "X-User: u")).Text.ShouldContain($"The principal may not {what}.");
    }

    [Fact]
    public async Task Every_stream_to_be_added_to_a_connection_is_authorised()
    {
        await using var host = await StartAsync(b => b.UseAuthorizer<Denying>());
        await using var reader = await host.SubscribeAsync("/v1/events?client=u&stream=a", "X-User: u");
        await reader.NextAsync("hub.open");
        var answer = await host.SendAsync("PATCH", "/v1/clients/u/subscriptions", """{"add":["b","forbidden"]}""", "X-User: u");
        (answer.Status, answer.Code).ShouldBe((403, "forbidden"));
        (await host.GetAsync("/v1/clients/u", "X-User: u")).Json.GetProperty("streams").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Client_id_is_the_principals_subject_or_granted()
    {
        await using var host = await StartAsync(edge: o => o.AllowAnonymousClientIds = false);
        (await host.GetAsync("/v1/events?client=u")).Code.ShouldBe("client-id-forbidden");
        (await host.GetAsync("/v1/events?client=other", "X-User: u")).Code.ShouldBe("client-id-forbidden");
        await using var own = await host.SubscribeAsync("/v1/events?client=u", "X-User: u");
        own.Head.Status.ShouldBe(200);
        await using var made = await host.SubscribeAsync("/v1/events?stream=a");
        made.Head.Status.ShouldBe(200);

        await using var granting = await StartAsync(b => b.UseAuthorizer<Denying>(), o => o.AllowAnonymousClientIds = false);
        await using var granted = await granting.SubscribeAsync("/v1/events?client=granted", "X-User: u");
        granted.Head.Status.ShouldBe(200);
        (await granting.GetAsync("/v1/events?client=other", "X-User: u")).Code.ShouldBe("client-id-forbidden");
    }

    [Fact]
    [Trait("parity", "TGT-02")]
    public async Task Same_principal_takes_its_id_over_and_another_is_refused()
    {
        await using var host = await StartAsync(b => b.UseAuthorizer<Denying>());
        await using var old = await host.SubscribeAsync("/v1/events?client=u&instance=1", "X-User: u");
        await old.NextAsync("hub.open");
        await using var renewed = await host.SubscribeAsync("/v1/events?client=u&instance=2", "X-User: u");
        renewed.Head.Status.ShouldBe(200);
        (await old.NextAsync("hub.end")).Data.ShouldBe("""{"reason":"replaced"}""");
        await using var granted = await host.SubscribeAsync("/v1/events?client=granted&instance=1", "X-User: u");
        await granted.NextAsync("hub.open");
        (await host.GetAsync("/v1/events?client=granted&instance=2", "X-User: somebody-else")).Status.ShouldBe(409);
    }

    [Fact]
    public async Task Managed_subscription_of_another_principal_does_not_exist()
    {
        await using var host = await StartAsync();
        (await host.PostAsync("/v1/subscriptions", """{"id":"m","streams":["a"]}""", "X-User: u")).Status.ShouldBe(201);
        (await host.GetAsync("/v1/subscriptions/m", "X-User: u")).Status.ShouldBe(200);
        (await host.GetAsync("/v1/subscriptions/m", "X-User: v")).Code.ShouldBe("subscription-not-found");
        (await host.GetAsync("/v1/subscriptions/m/events", "X-User: v")).Code.ShouldBe("subscription-not-found");
        (await host.SendAsync("DELETE", "/v1/subscriptions/m", null, "X-User: v")).Code.ShouldBe("subscription-not-found");
        (await host.PostAsync("/v1/subscriptions", """{"id":"m","streams":["a"]}""", "X-User: v")).Code.ShouldBe("subscription-in-use");
    }

    [Fact]
    public async Task Idempotency_keys_of_two_principals_are_apart()
    {
        await using var host = await StartAsync();
        (await host.PostAsync("/v1/streams/a/events", "1", "X-User: u", "Idempotency-Key: k")).Status.ShouldBe(202);
        (await host.PostAsync("/v1/streams/a/events", "2", "X-User: v", "Idempotency-Key: k")).Status.ShouldBe(202);
        (await host.PostAsync("/v1/streams/a/events", "2", "X-User: u", "Idempotency-Key: k")).Status.ShouldBe(422);
    }

    [Fact]
    public async Task Loopback_rules_refuse_foreign_hosts_and_writes_across_sites()
    {
        await using var host = await EdgeHost.StartAsync(edge: o => o.LoopbackOnly = true);
        foreach (var good in new[] { "localhost", "localhost:5000", "127.0.0.1:80", "[::1]:80", "x.localhost" })
        {
            (await host.GetAsync("/v1/streams", "Host: " + good)).Status.ShouldBe(200, good);
        }
        foreach (var bad in new[] { "example.com", "evil.localhost.example.com", "10.0.0.1", "127.0.0.1.nip.io" })
        {
            foreach (var target in new[] { "/v1/streams", "/v1/streams/a/events", "/v1/streams/a/nothing" })
            {
                (await host.GetAsync(target, "Host: " + bad)).Code.ShouldBe("host-forbidden", bad);
            }
        }
        (await host.PostAsync("/v1/streams/a/events", "x", "Sec-Fetch-Site: cross-site")).Code.ShouldBe("cross-site");
        (await host.SendAsync("DELETE", "/v1/streams/a", null, "Sec-Fetch-Site: cross-site")).Code.ShouldBe("cross-site");
        (await host.PostAsync("/v1/streams/a/events", "x", "Sec-Fetch-Site: same-origin")).Status.ShouldBe(202);
        (await host.GetAsync("/v1/streams", "Sec-Fetch-Site: cross-site")).Status.ShouldBe(200);
    }

    [Fact]
    [Trait("parity", "OBS-02")]
    public async Task Observer_sees_url_headers_without_secrets_and_subject()
    {
        await using var host = await StartAsync(b => b.AddObserver<Recording>());
        await using var reader = await host.SubscribeAsync(
            "/v1/events?client=u", "X-User: u", "X-Trace: 7", "Authorization: Bearer secret", "Cookie: a=b", "Proxy-Authorization: x");
        await reader.NextAsync("hub.open");
        var recording = host.Services.GetServices<IHubObserver>().OfType<Recording>().Single();
        var seen = await Testing.Eventually.Within(recording.Connected.Task, "OnConnected");
        seen.Subject.ShouldBe("u");
        seen.Url.ShouldBe("/v1/events?client=u");
        seen.Headers!["x-trace"].ShouldBe("7");
        seen.Headers.Keys.ShouldNotContain("Authorization");
        seen.Headers.Keys.ShouldNotContain("Cookie");
        seen.Headers.Keys.ShouldNotContain("Proxy-Authorization");
    }

    private static async Task<int> SubscribeStatusAsync(EdgeHost host, string target, params string[] headers)
    {
        await using var reader = await host.SubscribeAsync(target, headers);
        return reader.Head.Status;
    }

    private static Task<EdgeHost> StartAsync(Action<ISseHubBuilder>? build = null, Action<SseHubEndpointOptions>? edge = null) =>
        EdgeHost.StartAsync(build: build, edge: edge, host: AddTestAuthentication);

    private static void AddTestAuthentication(WebApplicationBuilder builder)
    {
        builder.Services.AddAuthentication(TestAuthentication.Scheme_).AddScheme<AuthenticationSchemeOptions, TestAuthentication>(
            TestAuthentication.Scheme_, null);
        builder.Services.AddAuthorization(o =>
        {
            foreach (var name in new[] { "Subscribe", "Publish", "Streams", "Clients", "Cluster" })
                o.AddPolicy(name, new AuthorizationPolicyBuilder(TestAuthentication.Scheme_).RequireRole(name).Build());
        });
    }

    private sealed class Denying : IHubAuthorizer
    {
        public ValueTask<HubAccess> AuthorizeAsync(HubAccessRequest request, CancellationToken cancellation) => new(request switch
        {
            { Action: HubAction.ClaimClient } => request.Client == "granted" ? HubAccess.Allow : HubAccess.Forbidden,
            { Stream: "login" } => HubAccess.Unauthorized,
            { Stream: "forbidden" } or { Zone: "forbidden" } or { Client: "forbidden" } or { Subscription: "forbidden" } =>
                HubAccess.Forbidden,
            { Broadcast: true, Context.Request.QueryString.Value: "?zone=nobroadcast" } => HubAccess.Forbidden,
            _ => HubAccess.Allow,
        });
    }

    private sealed class Recording : IHubObserver
    {
        public TaskCompletionSource<ClientInfo> Connected { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueTask OnConnectedAsync(ClientInfo client, ISseHub hub, CancellationToken cancellation)
        {
            Connected.TrySetResult(client);
            return default;
        }
    }
}
