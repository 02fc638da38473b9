using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Rewrite;

namespace AkkaSse.AspNetCore.Tests.Embedded;

/// <summary>What routing has matched is what is read and published, whatever was done to the path before.</summary>
public sealed class RoutedNamesTests
{
    [Theory]
    [InlineData("/v1/streams/a/events")]
    [InlineData("/v1/streams/a/events/")]
    [InlineData("/v1/stream/events?stream=a", "GET")]
    [InlineData("/v1/publish?stream=a")]
    public async Task Proxy_that_strips_a_prefix_and_says_so(string target, string method = "POST")
    {
        await using var host = await EdgeHost.StartAsync(app: app =>
        {
            app.UseForwardedHeaders(new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedPrefix });
            app.UseRouting();
        });
        const string prefix = "X-Forwarded-Prefix: /app";
        if (method == "POST")
        {
            var answer = await host.PostAsync(target, "x", prefix);
            answer.Status.ShouldBe(202, answer.Text);
            answer.Json.GetProperty("stream").GetString().ShouldBe("a");
        }
        else
        {
            await host.PostAsync("/v1/streams/a/events", "x");
            await using var reader = await host.SubscribeAsync(target + "&since=earliest", prefix);
            (await reader.NextEventAsync()).Data.ShouldBe("x");
        }
        Streams(await host.GetAsync("/v1/streams")).ShouldBe(["a"]);
    }

    [Theory]
    [InlineData("/app/v1/streams/a/events")]
    [InlineData("/v1/streams/a/events")]
    public async Task Path_base_of_the_application(string target)
    {
        await using var host = await EdgeHost.StartAsync(app: app =>
        {
            app.UsePathBase("/app");
            app.UseRouting();
        });
        (await host.PostAsync(target, "x")).Json.GetProperty("stream").GetString().ShouldBe("a");
        (await host.PostAsync(target + "/", "x")).Json.GetProperty("stream").GetString().ShouldBe("a");
        Streams(await host.GetAsync("/v1/streams")).ShouldBe(["a"]);
    }

    /// <summary>Names must not come from the place where they would have stood in what the client sent: tenants would mix.</summary>
    [Theory]
    [InlineData("/t/acme/news/live", "acme.news")]
    [InlineData("/t/acme/caf%C3%A9/live", "acme.café")]
    [InlineData("/t/acme/100%25/live", "acme.100%")]
    [InlineData("/t/a%20b/news/live?x=1", "a b.news")]
    public async Task Rule_that_makes_the_name_of_a_stream(string target, string stream)
    {
        await using var host = await RewritingAsync();
        var answer = await host.PostAsync(target, "x");
        answer.Status.ShouldBe(202, answer.Text);
        answer.Json.GetProperty("stream").GetString().ShouldBe(stream);
        Streams(await host.GetAsync("/v1/streams")).ShouldBe([stream]);
    }

    [Fact]
    public async Task Encoded_slash_in_a_path_that_a_rule_has_made_is_refused()
    {
        await using var host = await RewritingAsync();
        (await host.PostAsync("/t/acme/a%2Fb/live", "x")).Code.ShouldBe("name-invalid");
        Streams(await host.GetAsync("/v1/streams")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Rule_that_makes_the_query()
    {
        await using var host = await EdgeHost.StartAsync(app: app =>
        {
            app.UseRewriter(new RewriteOptions().AddRewrite("^q/([^/]+)$", "v1/publish?stream=$1&type=told", skipRemainingRules: true));
            app.UseRouting();
        });
        var answer = await host.PostAsync("/q/news?stream=other", "x");
        answer.Status.ShouldBe(400, "the rule keeps what was there: two streams are named");
        (await host.PostAsync("/q/news", "x")).Json.GetProperty("stream").GetString().ShouldBe("news");
        (await host.GetAsync("/v1/streams/news/history")).Text.ShouldContain("\"type\":\"told\"");
    }

    [Fact]
    public async Task Hub_under_a_prefix_of_choice()
    {
        await using var host = await EdgeHost.StartAsync(map: false, app: app =>
        {
            app.MapGroup("/hub").MapSseHub();
            app.MapGroup("/hub").MapSseCompatibilityEndpoints();
        });
        await using var reader = await host.SubscribeAsync("/hub/v1/events?stream=a&since=earliest");
        (await host.PostAsync("/hub/v1/streams/a/events", "x")).Status.ShouldBe(202);
        (await reader.NextEventAsync()).Data.ShouldBe("x");
        (await host.PostAsync("/v1/streams/a/events", "x")).Status.ShouldBe(404);
        (await host.SendAsync("PATCH", "/hub/v1/cluster", "")).Status.ShouldBe(405);
        var subscription = await host.PostAsync("/hub/automation/api/v2/events", """{"properties":{"id":"m 1"},"nodes":["a"]}""");
        subscription.Header("Location").ShouldBe("/hub/automation/api/v2/events/m%201");
        (await host.PostAsync("/hub/automation/api/v2/events/n", """{"nodes":["a"]}""")).Header("Location").ShouldBe(
            "/hub/automation/api/v2/events/n");
    }

    [Fact]
    public async Task Other_paths_under_v1_are_the_applications()
    {
        await using var host = await EdgeHost.StartAsync(app: app => app.MapGet("/v1/articles", static () => "articles"));
        (await host.GetAsync("/v1/articles")).Text.ShouldBe("articles");
        var answer = await host.PostAsync("/v1/articles", "x");
        (answer.Status, answer.Header("Allow")).ShouldBe((405, "GET"));
        (await host.GetAsync("/v1/nothing")).Status.ShouldBe(404);
    }

    private static Task<EdgeHost> RewritingAsync() => EdgeHost.StartAsync(app: app =>
    {
        app.UseRewriter(new RewriteOptions().AddRewrite("^t/([^/]+)/([^/]+)/live$", "v1/streams/$1.$2/events", skipRemainingRules: true));
        app.UseRouting();
    });

    private static IEnumerable<string?> Streams(RawResponse answer) =>
        answer.Json.GetProperty("streams").EnumerateArray().Select(static s => s.GetProperty("name").GetString());
}
