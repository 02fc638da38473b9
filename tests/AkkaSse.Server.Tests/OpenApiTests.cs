using System.Net.Http.Json;
using System.Text.Json;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Server.Tests;

public sealed class OpenApiTests
{
    [Fact]
    public async Task The_server_describes_its_API_and_only_that()
    {
        await using var server = await TestServer.StartAsync("--compatibility", "r3labs");

        var document = await server.Http.GetFromJsonAsync<JsonElement>("/openapi/v1.json");

        document.GetProperty("info").GetProperty("title").GetString().ShouldBe("AkkaSse");
        var paths = document.GetProperty("paths").EnumerateObject().Select(static p => p.Name).ToList();
        paths.ShouldContain("/v1/streams/{stream}/events");
        paths.ShouldContain("/v1/cluster");
        paths.ShouldAllBe(static p => p.StartsWith("/v1/", StringComparison.Ordinal));
    }
}
