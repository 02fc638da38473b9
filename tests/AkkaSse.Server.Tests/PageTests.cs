using System.Net;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Server.Tests;

public sealed class PageTests
{
    [Fact]
    public async Task The_page_has_a_strict_policy_and_asks_no_other_server()
    {
        await using var server = await TestServer.StartAsync();

        foreach (var path in (string[])["/", "/page/app.js", "/page/reader.js", "/page/tickets.js", "/page/app.css"])
        {
            using var response = await server.Http.GetAsync(path);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            var policy = response.Headers.GetValues("Content-Security-Policy").Single();
            policy.ShouldContain("default-src 'none'");
            policy.ShouldNotContain("unsafe");
            (await response.Content.ReadAsStringAsync()).ShouldNotContain("://", Case.Sensitive, $"{path} names another server");
            using var again = new HttpRequestMessage(HttpMethod.Get, path);
            again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
            (await server.Http.SendAsync(again)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        }
    }

    [Fact]
    public async Task The_page_can_be_switched_off()
    {
        await using var server = await TestServer.StartAsync("--no-page");

        (await server.Http.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }
}
