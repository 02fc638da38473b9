using System.Net;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Server.Tests;

[Trait("speed", "slow")]
[Trait("detach", "both")]
public sealed class CompatibilityTests
{
    [Theory]
    [InlineData("r3labs,davidsbond,ctrlx", true, true, true)]
    [InlineData("r3labs", true, false, false)]
    [InlineData("davidsbond", false, true, false)]
    [InlineData("ctrlx", false, false, true)]
    [InlineData("none", false, false, false)]
    public async Task Each_compatible_edge_can_be_switched_off(string edges, bool r3labs, bool davidsbond, bool ctrlx)
    {
        await using var server = await TestServer.StartAsync("--compatibility", edges);

        (await IsServedAsync(server, "/events?stream=news")).ShouldBe(r3labs);
        (await IsServedAsync(server, "/connect?id=me")).ShouldBe(davidsbond);
        (await IsServedAsync(server, "/automation/api/v2/events")).ShouldBe(ctrlx);
    }

    [Fact]
    public async Task With_tokens_the_compatible_edges_need_one_too()
    {
        const string secret = "correct-horse-battery-staple";
        await using var server = await TestServer.StartAsync(0, ConfigurationTests.Tokens(secret, "robot", "all"), secret);
        using var anonymous = new HttpClient { BaseAddress = server.Url };

        (await anonymous.GetAsync(
            "/events?stream=news", HttpCompletionOption.ResponseHeadersRead)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await anonymous.PostAsync("/broadcast", new StringContent("x"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await server.Http.PostAsync("/broadcast", new StringContent("x"))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    // Where an edge is mapped its route answers something of its own, be it a 404 in the words of the older hub.
    private static async Task<bool> IsServedAsync(TestServer server, string path)
    {
        using var response = await server.Http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        return response.StatusCode != HttpStatusCode.NotFound || !(await response.Content.ReadAsStringAsync()).Contains(
            "\"code\":\"not-found\"", StringComparison.Ordinal);
    }
}
