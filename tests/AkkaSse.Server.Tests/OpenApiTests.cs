using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using AkkaSse.Server.Description;
using AkkaSse.Server.Tests.Support;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace AkkaSse.Server.Tests;

public sealed class OpenApiTests
{
    [Fact]
    public async Task The_server_describes_its_API_and_only_that()
    {
        await using var server = await TestServer.StartAsync("--compatibility", "r3labs");

        var document = await server.Http.GetFromJsonAsync<JsonElement>("/openapi/v1.json");

        document.GetProperty("openapi").GetString().ShouldStartWith("3.1");
        document.GetProperty("info").GetProperty("title").GetString().ShouldBe("AkkaSse");
        var paths = document.GetProperty("paths").EnumerateObject().Select(static p => p.Name).ToList();
        paths.ShouldContain("/v1/streams/{stream}/events");
        paths.ShouldContain("/v1/cluster");
        paths.ShouldAllBe(static p => p.StartsWith("/v1/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_parameter_of_every_call_says_what_it_means()
    {
        await using var server = await TestServer.StartAsync();

        var document = await server.Http.GetFromJsonAsync<JsonElement>("/openapi/v1.json");

        var parameters = (
            from path in document.GetProperty("paths").EnumerateObject()
            from call in path.Value.EnumerateObject()
            where call.Value.TryGetProperty("parameters", out _)
            from parameter in call.Value.GetProperty("parameters").EnumerateArray()
            select (Name: $"{call.Name} {path.Name} {parameter.GetProperty("name")}", Parameter: parameter)).ToList();
        parameters.Count.ShouldBeGreaterThan(100);
        parameters.Where(static p => !p.Parameter.TryGetProperty("description", out _)).Select(static p => p.Name).ShouldBeEmpty();
    }

    [Fact]
    public async Task Document_is_the_same_by_whatever_name_it_is_asked_for_and_who_has_it_is_told_so()
    {
        await using var server = await TestServer.StartAsync("--allow-host", "hub.example.com");
        async Task<HttpResponseMessage> GetAsync(string host, EntityTagHeaderValue? tag = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json");
            request.Headers.Host = host;
            if (tag is not null) request.Headers.IfNoneMatch.Add(tag);
            return await server.Http.SendAsync(request);
        }

        using var first = await GetAsync("hub.example.com");
        using var second = await GetAsync("localhost");

        first.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        var text = await first.Content.ReadAsStringAsync();
        text.ShouldNotContain("example.com");
        (await second.Content.ReadAsStringAsync()).ShouldBe(text);
        using var third = await GetAsync("localhost", first.Headers.ETag.ShouldNotBeNull());
        third.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task Document_is_built_once_and_again_only_after_a_failure()
    {
        var provider = new CountingProvider();
        var document = new ApiDocument(provider);

        await Should.ThrowAsync<InvalidOperationException>(document.AnswerAsync);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => document.AnswerAsync()));

        provider.Asked.ShouldBe(2);
    }

    private sealed class CountingProvider : IOpenApiDocumentProvider
    {
        private int _asked;

        internal int Asked => _asked;

        public Task<OpenApiDocument> GetOpenApiDocumentAsync(CancellationToken cancellationToken = default) =>
            Interlocked.Increment(ref _asked) == 1
                ? throw new InvalidOperationException("not yet")
                : Task.FromResult(new OpenApiDocument { Info = new OpenApiInfo { Title = "t", Version = "1" }, Paths = [] });
    }
}
