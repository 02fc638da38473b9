using AkkaSse.Hub;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests.Compatibility;

/// <summary>A server with the compatible edges beside the native ones.</summary>
internal static class CompatibilityHost
{
    public static Task<EdgeHost> StartAsync(
        Action<HubOptions>? hub = null, Action<SseCompatibilityOptions>? seeds = null, TimeProvider? time = null,
        Action<ISseHubBuilder>? build = null, Action<WebApplication>? app = null) =>
        EdgeHost.StartAsync(
            hub,
            build: build,
            host: b =>
            {
                if (time is not null) b.Services.AddSingleton(time);
            },
            app: a =>
            {
                app?.Invoke(a);
                a.MapSseCompatibilityEndpoints(o =>
                {
                    o.Endpoints.AllowAnonymousClientIds = true;
                    seeds?.Invoke(o);
                });
            });

    public static void ShouldSay(this RawResponse answer, int status, string text)
    {
        answer.Status.ShouldBe(status, answer.Text);
        answer.Header("Content-Type").ShouldBe("text/plain; charset=utf-8");
        answer.Text.ShouldBe(text + "\n");
    }
}
