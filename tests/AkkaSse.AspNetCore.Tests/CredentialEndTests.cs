using System.Security.Claims;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>A reader of an embedding application lives as long as its credential, whatever has authenticated it.</summary>
public sealed class CredentialEndTests
{
    [Fact]
    public async Task Cookie_of_ASP_NET_Core_that_expires_ends_its_reader()
    {
        await using var host = await EdgeHost.StartAsync(
            host: builder =>
            {
                builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
                builder.Services.AddAuthentication("Cookies").AddCookie(
                    "Cookies", static o => (o.ExpireTimeSpan, o.SlidingExpiration) = (TimeSpan.FromSeconds(4), false));
                builder.Services.AddAuthorization();
            },
            app: static app => app.MapGet("/sign-in", static context => context.SignInAsync(new ClaimsPrincipal(
                new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "ann")], "test")))));
        var cookie = "Cookie: " + (await host.GetAsync("/sign-in")).Header("Set-Cookie")!.Split(';')[0];

        await using var reader = await host.SubscribeAsync("/v1/streams/a/events", cookie);
        await using var anonymous = await host.SubscribeAsync("/v1/streams/a/events");
        await reader.NextAsync("hub.open");
        await anonymous.NextAsync("hub.open");

        (await reader.NextAsync("hub.end")).Data.ShouldBe("""{"reason":"credential-expired"}""");
        (await host.PostAsync("/v1/streams/a/events", "still here")).Status.ShouldBe(202);
        (await anonymous.NextAsync(static b => b.Data == "still here", "the event")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Connections_of_a_principal_can_be_ended()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var one = await host.SubscribeAsync("/v1/streams/a/events");
        await using var other = await host.SubscribeAsync("/v1/streams/b/events");
        await one.NextAsync("hub.open");
        await other.NextAsync("hub.open");

        host.Edge.EndConnections(static r => r.Streams[0].Stream == "a", CloseReason.Revoked).ShouldBe(1);

        (await one.NextAsync("hub.end")).Data.ShouldBe("""{"reason":"revoked"}""");
        (await host.PostAsync("/v1/streams/b/events", "still here")).Status.ShouldBe(202);
        (await other.NextAsync(static b => b.Data == "still here", "the event")).ShouldNotBeNull();
    }
}
