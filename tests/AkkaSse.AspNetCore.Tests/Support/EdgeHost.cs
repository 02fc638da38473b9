using AkkaSse.Hub;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>A real Kestrel on a free loopback port with a real hub behind it.</summary>
internal sealed class EdgeHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private EdgeHost(WebApplication app, Uri address)
    {
        _app = app;
        Address = address;
    }

    public Uri Address { get; }

    public ISseHub Hub => _app.Services.GetRequiredService<ISseHub>();

    public IHubEdge Edge => _app.Services.GetRequiredService<IHubEdge>();

    public WebApplication Application => _app;

    public IServiceProvider Services => _app.Services;

    public IHostApplicationLifetime Lifetime => _app.Lifetime;

    /// <summary>Starts a server. By default streams are created by a publish, and clients may choose their ids.</summary>
    public static async Task<EdgeHost> StartAsync(
        Action<HubOptions>? hub = null,
        Action<SseHubEndpointOptions>? edge = null,
        Action<ISseHubBuilder>? build = null,
        Action<WebApplication>? app = null,
        Action<WebApplicationBuilder>? host = null,
        bool map = true,
        bool? detach = null,
        string? environment = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        if (detach ?? DetachMode.IsOn)
        {
            // As the server has them.
            builder.WebHost.ConfigureKestrel(k => k.ConfigureEndpointDefaults(e => e.UseSseConnectionDetach())).UseSseAcceptThrottle();
        }
        builder.Services.AddRoutingCore();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        var hubBuilder = builder.Services.AddSseHub(o =>
        {
            o.AutoCreate = true;
            o.DrainWindow = TimeSpan.Zero;
            hub?.Invoke(o);
        });
        build?.Invoke(hubBuilder);
        host?.Invoke(builder);
        var application = builder.Build();
        app?.Invoke(application);
        if (map)
        {
            application.MapSseHub(o =>
            {
                o.AllowAnonymousClientIds = true;
                edge?.Invoke(o);
            });
        }
        await Eventually.Within(application.StartAsync(), "the server to start");
        var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new EdgeHost(application, new Uri(address));
    }

    public Task<RawResponse> GetAsync(string target, params IEnumerable<string> headers) => RawHttp.GetAsync(Address, target, headers);

    public Task<RawResponse> PostAsync(string target, string body = "", params IEnumerable<string> headers) =>
        RawHttp.PostAsync(Address, target, body, headers);

    public Task<RawResponse> SendAsync(string method, string target, string? body = null, params IEnumerable<string> headers) =>
        RawHttp.SendAsync(Address, method, target, body is null ? null : System.Text.Encoding.UTF8.GetBytes(body), headers);

    public Task<RawSseClient> SubscribeAsync(string target, params IEnumerable<string> headers) =>
        RawSseClient.OpenAsync(Address, target, headers);

    public Task StopAsync() => Eventually.Within(_app.StopAsync(), "the server to stop");

    public async ValueTask DisposeAsync()
    {
        await Eventually.Within(_app.DisposeAsync().AsTask(), "the server to end");
    }
}
