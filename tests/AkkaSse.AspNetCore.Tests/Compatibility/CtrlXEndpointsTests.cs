using System.Security.Claims;
using System.Text.Json;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;

namespace AkkaSse.AspNetCore.Tests.Compatibility;

public sealed class CtrlXEndpointsTests
{
    private const string Path = "/automation/api/v2/events";

    private const string Body =
        """{"properties":{"id":"sub","keepaliveInterval":60000,"publishInterval":1000,"errorInterval":10000,"rules":[{"rule_type":"Sampling","rule":{"samplingInterval":1000000}}]},"nodes":["plc/a","plc/b"]}""";

    [Fact]
    [Trait("parity", "STR-11")]
    public async Task Subscription_is_created_attached_and_removed_after_its_idle_time()
    {
        var time = new ManualTimeProvider();
        await using var host = await CompatibilityHost.StartAsync(time: time);

        var created = await host.PostAsync(Path, Body, "Content-Type: application/json");
        created.Status.ShouldBe(201, created.Text);
        created.Header("Location").ShouldBe(Path + "/sub");
        created.Json.GetProperty("properties").GetProperty("id").GetString().ShouldBe("sub");
        created.Json.GetProperty("nodes").EnumerateArray().Select(n => n.GetString()).ShouldBe(["plc/a", "plc/b"]);

        // What is published before the client attaches is not lost.
        await host.Hub.PublishAsync("plc/a", new SseEvent { Type = "update", Data = "1" });
        await using var client = new CtrlXClient();
        await client.ConnectAsync(host.Address, Path + "/sub");
        (await client.NextAsync()).ShouldBe(new GoEvent("update", "1"));
        await host.Hub.PublishAsync("plc/b", new SseEvent { Type = "update", Data = "2" });
        (await client.NextAsync()).ShouldBe(new GoEvent("update", "2"));
        client.Wire.ToString().ShouldNotContain("event: hub.");

        client.Cut();
        await Eventually.Until(() => host.Edge.Load.Connections == 0, "the connection to end");
        await Eventually.Until(async () =>
        {
            time.Advance(TimeSpan.FromMinutes(1));
            return (await host.Edge.GetSubscriptionAsync("sub", default)).TryGet(out var found) && found is null;
        }, "the subscription to be removed");
        (await host.GetAsync(Path + "/sub")).ShouldSay(404, "The subscription 'sub' does not exist.");
    }

    [Fact]
    [Trait("parity", "STR-11")]
    public async Task Client_that_attaches_again_goes_on_where_it_was()
    {
        await using var host = await CompatibilityHost.StartAsync();
        await host.PostAsync(Path, Body);
        await using var client = new CtrlXClient();
        await client.ConnectAsync(host.Address, Path + "/sub");
        await host.Hub.PublishAsync("plc/a", new SseEvent { Data = "1" });
        (await client.NextAsync())!.Data.ShouldBe("1");
        await Eventually.Until(async () => (await host.Edge.GetSubscriptionAsync("sub", default)).TryGet(out var found)
            && found!.Positions["plc/a"].Offset == 1, "the position to be kept");
        client.Cut();
        await Eventually.Until(() => host.Edge.Load.Connections == 0, "the connection to end");

        await host.Hub.PublishAsync("plc/a", new SseEvent { Data = "2" });
        await client.ConnectAsync(host.Address, Path + "/sub");

        (await client.NextAsync())!.Data.ShouldBe("2");
    }

    [Fact]
    [Trait("parity", "WIRE-10")]
    public async Task Quiet_subscription_gets_keepalive_events_with_a_timestamp_at_its_own_interval()
    {
        var time = new ManualTimeProvider();
        await using var host = await CompatibilityHost.StartAsync(o => o.Heartbeat = TimeSpan.Zero, time: time);
        await host.PostAsync(Path, Body);
        await using var client = new CtrlXClient();
        await client.ConnectAsync(host.Address, Path + "/sub");

        for (var i = 0; i < 3; i++)
        {
            var before = time.GetUtcNow();
            var next = client.NextAsync();
            await Eventually.Until(() =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return next.IsCompleted;
            }, "a keepalive");
            var e = (await next).ShouldNotBeNull();
            e.Type.ShouldBe("keepalive");
            JsonDocument.Parse(e.Data).RootElement.GetProperty("timestamp").GetDateTimeOffset().ShouldBeGreaterThanOrEqualTo(before);
        }
        client.Wire.ToString().ShouldNotContain(":\n:");
    }

    [Fact]
    public async Task Nodes_in_the_query_are_read_without_a_subscription()
    {
        await using var host = await CompatibilityHost.StartAsync();
        await host.Hub.PublishAsync("plc/a", new SseEvent { Data = "old" });
        await using var client = new CtrlXClient();
        await client.ConnectAsync(host.Address, Path + "?nodes=plc/a,plc%2Fb&publishIntervalMs=1000");
        await host.Hub.PublishAsync("plc/a", new SseEvent { Data = "1" });
        (await client.NextAsync())!.Data.ShouldBe("1");
        await host.Hub.PublishAsync("plc/b", new SseEvent { Data = "2" });
        (await client.NextAsync())!.Data.ShouldBe("2");
    }

    [Fact]
    public async Task Subscription_without_an_id_gets_one()
    {
        await using var host = await CompatibilityHost.StartAsync();
        var created = await host.PostAsync(Path, """{"nodes":["a"]}""");
        created.Status.ShouldBe(201);
        await using var client = await host.SubscribeAsync(created.Header("Location")!);
        client.Head.Status.ShouldBe(200);
    }

    [Fact]
    public async Task Id_in_the_path_creates_and_a_second_post_changes()
    {
        await using var host = await CompatibilityHost.StartAsync();
        (await host.PostAsync(Path + "/sub", """{"nodes":["a"]}""")).Status.ShouldBe(201);
        (await host.PostAsync(Path + "/sub", """{"nodes":["a","b"]}""")).Status.ShouldBe(200);
        (await host.PostAsync(Path + "/sub", """{"properties":{"id":"other"},"nodes":["a"]}""")).Status.ShouldBe(400);
        (await host.Edge.GetSubscriptionAsync("sub", default)).TryGet(out var stored).ShouldBeTrue();
        stored!.Streams.ShouldBe(["a", "b"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"nodes":[]}""")]
    [InlineData("""{"nodes":"a"}""")]
    [InlineData("""{"nodes":["$all"]}""")]
    [InlineData("""{"nodes":["a"],"properties":[]}""")]
    [InlineData("""{"nodes":["a"],"properties":{"id":""}}""")]
    [InlineData("""{"nodes":["a"],"properties":{"keepaliveInterval":"soon"}}""")]
    [InlineData("""{"nodes":["a"],"properties":{"keepaliveInterval":1}}""")]
    public async Task Body_that_is_no_subscription_is_400_in_plain_text(string body)
    {
        await using var host = await CompatibilityHost.StartAsync();
        var answer = await host.PostAsync(Path, body);
        answer.Status.ShouldBe(400, answer.Text);
        answer.Header("Content-Type").ShouldBe("text/plain; charset=utf-8");
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("?nodes=", 400)]
    [InlineData("?nodes=,", 400)]
    [InlineData("?nodes=$all", 400)]
    [InlineData("/unknown", 404)]
    public async Task Stream_that_cannot_be_opened_is_refused(string tail, int status)
    {
        await using var host = await CompatibilityHost.StartAsync();
        (await host.GetAsync(Path + tail)).Status.ShouldBe(status);
        (await host.SendAsync("DELETE", Path)).Header("Allow").ShouldBe("GET, HEAD, POST");
    }

    [Fact]
    [Trait("parity", "TGT-08")]
    public async Task Subscription_of_somebody_else_looks_as_if_it_did_not_exist()
    {
        await using var host = await CompatibilityHost.StartAsync(app: app => app.Use((context, next) =>
        {
            if (context.Request.Headers["X-User"] is [{ } user])
                context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", user)], "test"));
            return next(context);
        }));
        (await host.PostAsync(Path, Body, "X-User: ann")).Status.ShouldBe(201);

        (await host.GetAsync(Path + "/sub", "X-User: bob")).Status.ShouldBe(404);
        (await host.PostAsync(Path, Body, "X-User: bob")).Status.ShouldBe(409);
        await using var own = await host.SubscribeAsync(Path + "/sub", "X-User: ann");
        own.Head.Status.ShouldBe(200);
    }
}
