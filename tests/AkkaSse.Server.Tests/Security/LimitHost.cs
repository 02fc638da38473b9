using System.Net;
using System.Security.Claims;
using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using AkkaSse.Server.Limits;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.Server.Tests.Security;

/// <summary>
/// The server's limits before a real hub and a real Kestrel, with a clock that the test moves. <c>X-User</c> is believed, and
/// <c>X-From</c> is the address of the caller.
/// </summary>
internal sealed class LimitHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Uri _url;

    private LimitHost(WebApplication app, Uri url)
    {
        _app = app;
        _url = url;
    }

    /// <summary>The clock of the limits alone.</summary>
    internal required ManualTimeProvider Time { get; init; }

    internal static async Task<LimitHost> StartAsync(Action<LimitSettings> limit, params string[] namespaces)
    {
        var time = new ManualTimeProvider();
        var limits = new LimitSettings();
        limit(limits);
        limits.Validate().ShouldBeEmpty();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        var hub = new HubOptions();
        foreach (var prefix in namespaces) hub.Namespaces[prefix] = new NamespaceOptions();
        builder.Services.AddSseHub(static o => (o.AutoCreate, o.DrainWindow) = (true, TimeSpan.Zero));
        var cluster = limits.ClusterPublishes is null ? null : new ClusterQuota(limits, time);
        builder.Services.AddSingleton<IHubQuota>(_ => new HubLimits(limits, time, cluster, hub));
        var app = builder.Build();
        app.Use(next => context =>
        {
            if (context.Request.Headers["X-User"] is { Count: 1 } user)
                context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user[0]!)], "test"));
            if (context.Request.Headers["X-From"] is { Count: 1 } from) context.Connection.RemoteIpAddress = IPAddress.Parse(from[0]!);
            return next(context);
        });
        app.MapSseHub(static o => o.AllowAnonymousClientIds = true);
        app.MapSseCompatibilityEndpoints();
        await Eventually.Within(app.StartAsync(), "the host to start");
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new LimitHost(app, new Uri(address)) { Time = time };
    }

    /// <summary>Publishes to a stream.</summary>
    internal Task<RawResponse> PublishAsync(string stream, string data = "x", params string[] headers) =>
        PostAsync($"/v1/streams/{stream}/events", data, headers);

    internal Task<RawResponse> PostAsync(string target, string body, params string[] headers) =>
        RawHttp.PostAsync(_url, target, body, headers);

    internal Task<RawSseClient> OpenAsync(string target, params string[] headers) => RawSseClient.OpenAsync(_url, target, headers);

    /// <summary>How many events a stream has.</summary>
    internal async Task<int> CountAsync(string stream) =>
        (await RawHttp.GetAsync(_url, $"/v1/streams/{stream}/history?limit=1000")).Json.GetProperty("events").GetArrayLength();

    public async ValueTask DisposeAsync() => await Eventually.Within(_app.DisposeAsync().AsTask(), "the host to end");
}
