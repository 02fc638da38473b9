using AkkaSse.Testing;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AkkaSse.AspNetCore.Tests.Embedded;

/// <summary>An application in which nothing says who may call the hub tells its operator so, once.</summary>
public sealed class OpenAccessTests
{
    [Fact]
    public async Task Hub_that_everybody_may_call_is_told_in_one_line() => (await LinesAsync()).ShouldBe(1);

    [Fact]
    public async Task Streams_and_compatibility_endpoints_count_like_the_hub() => (await LinesAsync(app: static app =>
    {
        app.MapSseStream("/news", "news");
        app.MapSseCompatibilityEndpoints();
    })).ShouldBe(1);

    [Fact]
    public async Task Nothing_is_told_in_development() =>
        (await LinesAsync(environment: Environments.Development)).ShouldBe(0);

    [Fact]
    public async Task Nothing_is_told_without_endpoints_of_the_hub() => (await LinesAsync(app: static _ => { }, map: false)).ShouldBe(0);

    [Fact]
    public async Task Nothing_is_told_when_it_is_meant() =>
        (await LinesAsync(map: false, app: static app => app.MapSseHub().AllowAnonymous())).ShouldBe(0);

    [Fact]
    public async Task Nothing_is_told_where_an_endpoint_asks_for_authorization() =>
        (await LinesAsync(map: false, host: Authorize(), app: static app =>
        {
            app.MapSseHub().RequireAuthorization();
            app.MapSseStream("/news", "news");
        })).ShouldBe(0);

    [Fact]
    public async Task Nothing_is_told_where_every_endpoint_needs_authorization() =>
        (await LinesAsync(host: Authorize(static o => o.FallbackPolicy = o.DefaultPolicy))).ShouldBe(0);

    [Fact]
    public async Task Nothing_is_told_behind_a_guard()
    {
        (await LinesAsync(app: static app => app.UseSseHubGuard())).ShouldBe(0);
        (await LinesAsync(edge: static o => o.LoopbackOnly = true)).ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_is_told_with_an_authorizer() =>
        (await LinesAsync(build: static b => b.UseAuthorizer<Everybody>())).ShouldBe(0);

    private static Action<WebApplicationBuilder> Authorize(Action<AuthorizationOptions>? configure = null) => b =>
    {
        b.Services.AddAuthentication();
        b.Services.AddAuthorization(configure ?? (static _ => { }));
    };

    private static async Task<int> LinesAsync(
        Action<SseHubEndpointOptions>? edge = null,
        Action<ISseHubBuilder>? build = null,
        Action<WebApplication>? app = null,
        Action<WebApplicationBuilder>? host = null,
        bool map = true,
        string? environment = null)
    {
        var log = new LineLog();
        void Host(WebApplicationBuilder builder)
        {
            builder.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(log));
            host?.Invoke(builder);
        }

        await using var server = await EdgeHost.StartAsync(null, edge, build, app, Host, map, null, environment);
        // The host has run what comes after the start when StartAsync returns.
        return log.Lines.Count(static l => l.Contains("asks for authorization", StringComparison.Ordinal));
    }

    private sealed class Everybody : IHubAuthorizer
    {
        public ValueTask<HubAccess> AuthorizeAsync(HubAccessRequest request, CancellationToken cancellation) => new(HubAccess.Allow);
    }
}
