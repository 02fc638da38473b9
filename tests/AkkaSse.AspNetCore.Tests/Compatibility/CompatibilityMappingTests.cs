using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests.Compatibility;

public sealed class CompatibilityMappingTests
{
    [Theory]
    [InlineData("r3labs")]
    [InlineData("davidsbond")]
    [InlineData("ctrlx")]
    public async Task Edge_that_is_switched_off_is_404_and_the_others_stay(string off)
    {
        await using var host = await CompatibilityHost.StartAsync(
            seeds: o => (o.R3labs, o.Davidsbond, o.CtrlX) = (off != "r3labs", off != "davidsbond", off != "ctrlx"));
        (await host.GetAsync("/events")).Status.ShouldBe(off == "r3labs" ? 404 : 400);
        (await host.PostAsync("/broadcast")).Status.ShouldBe(off == "davidsbond" ? 404 : 400);
        (await host.GetAsync("/automation/api/v2/events")).Status.ShouldBe(off == "ctrlx" ? 404 : 400);
    }

    [Fact]
    public async Task Policies_are_those_of_subscribing_and_publishing()
    {
        await using var host = await EdgeHost.StartAsync(
            host: b => b.Services.AddAuthorization(),
            app: a =>
            {
                // Mapped beside the real ones, to look at what they carry: nothing is sent to them.
                a.MapGroup("/x").MapSseCompatibilityEndpoints(
                    o => (o.Endpoints.SubscribePolicy, o.Endpoints.PublishPolicy) = ("read", "write"));
            });
        var policies = host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith("/x/", StringComparison.Ordinal)
                && e.Metadata.GetMetadata<HttpMethodMetadata>() is not null)
            .Select(e => $"{e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0]} {e.RoutePattern.RawText} " +
                $"{e.Metadata.GetMetadata<AuthorizeAttribute>()?.Policy}");

        policies.ShouldBe(
        [
            "GET /x/events read", "GET /x/connect read", "POST /x/broadcast write", "GET /x/automation/api/v2/events read",
                "POST /x/automation/api/v2/events read",
            "GET /x/automation/api/v2/events/{sse_id} read", "POST /x/automation/api/v2/events/{sse_id} read",
        ], ignoreOrder: true);
    }

    [Fact]
    [Trait("parity", "HTTP-14")]
    public async Task Second_mapping_is_a_startup_exception()
    {
        await using var host = await EdgeHost.StartAsync(app: a =>
        {
            a.MapSseCompatibilityEndpoints();
            Should.Throw<InvalidOperationException>(() => a.MapSseCompatibilityEndpoints());
        });
    }

    [Fact]
    [Trait("parity", "HTTP-06")]
    public async Task Error_writer_of_the_application_writes_these_errors_too()
    {
        await using var host = await CompatibilityHost.StartAsync(build: b => b.UseErrorWriter<Teapot>());
        var answer = await host.GetAsync("/events");
        answer.Status.ShouldBe(418);
        answer.Text.ShouldBe("400 Please specify a stream!");
    }

    [Fact]
    public async Task Loopback_rules_hold_here_too()
    {
        await using var host = await CompatibilityHost.StartAsync(seeds: o => o.Endpoints.LoopbackOnly = true);
        (await host.GetAsync("/events?stream=s", "Host: evil.example")).Status.ShouldBe(403);
        (await host.PostAsync("/broadcast", "x", "Sec-Fetch-Site: cross-site")).Status.ShouldBe(403);
    }

    [Fact]
    [Trait("parity", "TGT-08")]
    public async Task Authorizer_is_asked_before_anything_is_made()
    {
        await using var host = await CompatibilityHost.StartAsync(build: b => b.UseAuthorizer<Nobody>());
        (await host.GetAsync("/events?stream=s")).Status.ShouldBe(403);
        (await host.GetAsync("/connect")).Status.ShouldBe(403);
        (await host.PostAsync("/broadcast", "x")).Status.ShouldBe(403);
        (await host.PostAsync("/automation/api/v2/events", """{"nodes":["a"]}""")).Status.ShouldBe(403);
        (await host.GetAsync("/automation/api/v2/events?nodes=a")).Status.ShouldBe(403);
        host.Edge.Load.Streams.ShouldBe(0);
    }

    private sealed class Teapot : IHubErrorWriter
    {
        public Task WriteAsync(HttpContext context, int status, string code, string message)
        {
            context.Response.StatusCode = 418;
            return context.Response.WriteAsync($"{status} {message}");
        }
    }

    private sealed class Nobody : IHubAuthorizer
    {
        public ValueTask<HubAccess> AuthorizeAsync(HubAccessRequest request, CancellationToken cancellation) => new(HubAccess.Forbidden);
    }
}
