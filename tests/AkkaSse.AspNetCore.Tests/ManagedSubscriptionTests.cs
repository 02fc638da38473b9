namespace AkkaSse.AspNetCore.Tests;

[Trait("parity", "STR-11")]
public sealed class ManagedSubscriptionTests
{
    [Theory]
    [InlineData("/v1/subscriptions/m", "/v1/subscriptions/m/events")]
    [InlineData("/v1/subscription?id=m", "/v1/subscription/events?id=m")]
    public async Task Subscription_keeps_its_position_between_connections(string target, string events)
    {
        await using var host = await EdgeHost.StartAsync();
        var created = await host.PostAsync("/v1/subscriptions", """{"id":"m","streams":["a","b"],"keepaliveInterval":"5s"}""");
        created.Status.ShouldBe(201, created.Text);
        created.Json.GetProperty("keepaliveInterval").GetString().ShouldBe("5s");
        await host.PostAsync("/v1/streams/a/events", "between creating and connecting");
        await using (var reader = await host.SubscribeAsync(events))
        {
            (await reader.NextEventAsync()).Data.ShouldBe("between creating and connecting");
        }
        await Testing.Eventually.Until(() => host.Edge.Load.Connections == 0, "the first connection to end");
        await Testing.Eventually.Until(
            async () =>
                (await host.GetAsync(target)).Json.GetProperty("positions").GetProperty("a").GetString()!.StartsWith(
                "1-", StringComparison.Ordinal), "the position to be kept");
        await host.PostAsync("/v1/streams/b/events", "while away");
        await using var again = await host.SubscribeAsync(events);
        (await again.NextEventAsync()).Data.ShouldBe("while away");
        (await host.SendAsync("DELETE", target)).Status.ShouldBe(204);
        (await host.SendAsync("DELETE", target)).Code.ShouldBe("subscription-not-found");
        (await host.GetAsync(target)).Code.ShouldBe("subscription-not-found");
        (await host.GetAsync(events)).Code.ShouldBe("subscription-not-found");
    }

    [Fact]
    public async Task Names_that_are_too_long_together_are_refused_before_they_are_kept()
    {
        await using var host = await EdgeHost.StartAsync();
        static string Body(int length) => System.Text.Json.JsonSerializer.Serialize(new
        {
            id = "m",
            streams = Enumerable.Range(0, 256).Select(i => $"{i:d3}{new string('x', length - 3)}"),
        });
        var refused = await host.PostAsync("/v1/subscriptions", Body(256));
        (refused.Status, refused.Code).ShouldBe((400, "subscription-invalid"), refused.Text);
        refused.Text.ShouldContain("65536");
        (await host.PostAsync("/v1/subscriptions", Body(60))).Status.ShouldBe(201);
    }

    [Fact]
    public async Task Second_post_changes_the_streams()
    {
        await using var host = await EdgeHost.StartAsync();
        (await host.PostAsync("/v1/subscriptions", """{"id":"m","streams":["a"]}""")).Status.ShouldBe(201);
        var changed = await host.PostAsync("/v1/subscriptions", """{"id":"m","streams":["b","c"],"keepaliveInterval":2000}""");
        changed.Status.ShouldBe(200);
        changed.Json.GetProperty("streams").EnumerateArray().Select(s => s.GetString()).ShouldBe(["b", "c"]);
        changed.Json.GetProperty("keepaliveInterval").GetString().ShouldBe("2s");
    }

    [Theory]
    [InlineData("""{"streams":["a"]}""", "body-invalid")]
    [InlineData("""{"id":"m"}""", "body-invalid")]
    [InlineData("""{"id":"m","streams":[]}""", "body-invalid")]
    [InlineData("""{"id":"m","streams":"a"}""", "body-invalid")]
    [InlineData("""{"id":"","streams":["a"]}""", "name-invalid")]
    [InlineData("""{"id":"m","streams":["$all"]}""", "name-invalid")]
    [InlineData("""{"id":"m","streams":["a"],"topic":"x"}""", "body-invalid")]
    [InlineData("""{"id":"m","streams":["a"],"keepaliveInterval":"often"}""", "body-invalid")]
    [InlineData("""{"id":"m","streams":["a"],"keepaliveInterval":1}""", "subscription-invalid")]
    [InlineData("", "body-invalid")]
    public async Task Subscription_that_is_not_allowed_is_400(string body, string code)
    {
        await using var host = await EdgeHost.StartAsync();
        var answer = await host.PostAsync("/v1/subscriptions", body);
        (answer.Status, answer.Code).ShouldBe((400, code), answer.Text);
    }

    [Fact]
    public async Task Unknown_stream_is_404_where_it_may_not_be_waited_for()
    {
        await using var host = await EdgeHost.StartAsync(o => o.AutoCreate = false);
        (await host.PostAsync("/v1/subscriptions", """{"id":"m","streams":["a"]}""")).Code.ShouldBe("stream-not-found");
    }
}
