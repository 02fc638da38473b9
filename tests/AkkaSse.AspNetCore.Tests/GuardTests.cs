using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>What stands in for authentication where nobody authenticates.</summary>
public sealed class GuardTests
{
    private const string Target = "/v1/streams/a/events";

    // A page of the hub's own, whichever headers its browser sends: Sec-Fetch-Site only to https and to loopback.
    [Theory]
    [InlineData("localhost:5000", "http://localhost:5000", null, 202)]
    [InlineData("localhost:5000", "http://LOCALHOST:5000", null, 202)]
    [InlineData("[::1]:5000", "http://[::1]:5000", null, 202)]
    [InlineData("localhost", "http://localhost", null, 202)]
    [InlineData("localhost", "https://localhost", null, 202)]
    [InlineData("localhost:5000", "http://localhost:5000", "same-origin", 202)]
    [InlineData("localhost:5000", null, "none", 202)]
    [InlineData("localhost:5000", null, null, 202)]
    [InlineData("localhost:5000", "http://localhost:5001", null, 403)]
    [InlineData("localhost:5000", "http://localhost:5001", "same-site", 403)]
    [InlineData("localhost:5000", "http://127.0.0.1:5000", null, 403)]
    [InlineData("localhost:5000", "https://evil.example", null, 403)]
    [InlineData("localhost:5000", "https://evil.example", "cross-site", 403)]
    [InlineData("localhost:5000", null, "cross-site", 403)]
    [InlineData("localhost:5000", "null", null, 403)]
    [InlineData("localhost", "http://localhost:5000", null, 403)]
    [InlineData("localhost:5000", "https://app.example", "cross-site", 202)]
    [InlineData("localhost:5000", "https://app.example", null, 202)]
    public async Task Only_pages_of_the_hubs_own_origin_and_of_allowed_ones_write(string host, string? origin, string? site, int status)
    {
        await using var server = await EdgeHost.StartAsync(edge: o =>
        {
            o.LoopbackOnly = true;
            o.Guard.AllowedOrigins.Add("https://app.example");
        }, app: a => a.MapSseStream("/own", "own", o =>
        {
            o.LoopbackOnly = true;
            o.Guard.AllowedOrigins.Add("https://app.example");
        }));
        List<string> headers = ["Host: " + host];
        if (origin is not null) headers.Add("Origin: " + origin);
        if (site is not null) headers.Add("Sec-Fetch-Site: " + site);

        var written = await server.PostAsync(Target, "x", headers);
        written.Status.ShouldBe(status, written.Text);
        if (status == 403) written.Code.ShouldBe("cross-site");
        (await server.GetAsync("/v1/streams", headers)).Status.ShouldBe(
            200, "whether a page of another origin may see a list is CORS' business");
        foreach (var target in new[] { "/v1/streams/s/events", "/v1/events?client=c", "/v1/subscriptions/none/events", "/own" })
        {
            // Managed subscriptions that do not exist are 404 to those who may ask.
            var read = await SubscribeStatusAsync(server, target, headers);
            (read == 403).ShouldBe(status == 403, $"{target}: {read}");
        }
    }

    [Theory]
    [InlineData("hub.example", 200)]
    [InlineData("HUB.example:8080", 200)]
    [InlineData("a.b.example", 200)]
    [InlineData("10.1.2.3:80", 200)]
    [InlineData("[2001:db8::1]:80", 200)]
    [InlineData("b.example", 403)]
    [InlineData("hub.example.evil.example", 403)]
    [InlineData("10.1.2.3.nip.io", 403)]
    public async Task Hosts_that_are_allowed_are_served_besides_loopback(string host, int status)
    {
        await using var server = await EdgeHost.StartAsync(edge: o =>
        {
            o.LoopbackOnly = true;
            o.Guard.AllowedHosts.Add("hub.example");
            o.Guard.AllowedHosts.Add("*.b.example");
            o.Guard.AllowAddresses = true;
        });
        (await server.GetAsync("/v1/streams", "Host: " + host)).Status.ShouldBe(status);
        (await server.GetAsync("/v1/streams", "Host: localhost")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Star_serves_every_host_and_still_refuses_pages_of_other_origins()
    {
        await using var server = await EdgeHost.StartAsync(edge: o =>
        {
            o.LoopbackOnly = true;
            o.Guard.AllowedHosts.Add("*");
        });
        (await server.GetAsync("/v1/streams", "Host: any.example")).Status.ShouldBe(200);
        (await server.PostAsync(Target, "x", "Host: any.example", "Origin: http://any.example")).Status.ShouldBe(202);
        (await server.PostAsync(Target, "x", "Host: any.example", "Origin: http://other.example")).Code.ShouldBe("cross-site");
    }

    [Fact]
    public async Task Guard_of_an_application_covers_everything_after_it()
    {
        await using var server = await EdgeHost.StartAsync(app: app =>
        {
            app.UseSseHubGuard(o => o.AllowedHosts.Add("hub.example"));
            app.Map("/own", (HttpContext context) => context.Response.WriteAsync("own"));
        });
        foreach (var target in new[] { "/own", "/v1/streams", "/nothing" })
            (await server.GetAsync(target, "Host: evil.example")).Code.ShouldBe("host-forbidden", target);
        (await server.PostAsync("/own", "x", "Origin: http://evil.example")).Code.ShouldBe("cross-site");
        (await server.GetAsync("/own", "Host: hub.example")).Text.ShouldBe("own");
    }

    [Theory]
    [InlineData("http://hub.example")]
    [InlineData("hub.example:80")]
    [InlineData("hub.*")]
    [InlineData("")]
    public async Task Host_that_is_no_name_is_a_fault_at_start(string host)
    {
        var fault = await Should.ThrowAsync<ArgumentException>(() => EdgeHost.StartAsync(edge: o => o.Guard.AllowedHosts.Add(host)));
        fault.Message.ShouldContain($"Guard.AllowedHosts has '{host}'");
    }

    private static async Task<int> SubscribeStatusAsync(EdgeHost server, string target, IEnumerable<string> headers)
    {
        await using var connection = await RawConnection.OpenAsync(server.Address);
        await connection.WriteHeadAsync("GET", target, headers);
        return (await connection.ReadHeadAsync()).Status;
    }
}
