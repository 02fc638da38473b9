using System.Reflection;
using System.Text.Json;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>An application that calls <c>AddOpenApi()</c> and nothing else has the hub's API in its document.</summary>
public sealed class OpenApiTests
{
    private static readonly string[] s_nowhere = [HubErrorCodes.NotFound, HubErrorCodes.MethodNotAllowed, HubErrorCodes.TooManyAttempts,
        HubErrorCodes.IdentityUnavailable, HubErrorCodes.SessionsOff];

    [Fact]
    public async Task Document_has_every_route_and_method_and_nothing_else()
    {
        await using var host = await StartAsync(app => app.MapSseStream("/news", "a"));
        var document = await ReadAsync(host);

        var described = document.GetProperty("paths").EnumerateObject().SelectMany(
            static p => p.Value.EnumerateObject().Select(m => $"{m.Name.ToUpperInvariant()} {p.Name}"));
        var routes = HubRoutes.All.SelectMany(static r => r.Methods.Select(m => $"{m} {r.Pattern}")).Concat(["GET /news", "HEAD /news"])
            .ToList();
        described.ShouldBe(routes, ignoreOrder: true);

        // The endpoints that there are, but for the two that answer what has no route, and the document itself.
        var mapped = host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(static e => e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []).ToList();
        mapped.Count.ShouldBe(routes.Count + 1);
    }

    [Fact]
    public async Task Parameters_bodies_and_answers_are_described()
    {
        await using var host = await StartAsync();
        var paths = (await ReadAsync(host)).GetProperty("paths");

        var publish = paths.GetProperty("/v1/streams/{stream}/events").GetProperty("post");
        Parameters(publish).ShouldBe(
            ["path stream!", "query type", "query id", "query comment", "query retry", "query base64", "query ttl", "query conflate",
            "header Idempotency-Key"], ignoreOrder: true);
        publish.GetProperty("requestBody").GetProperty("content").TryGetProperty("*/*", out _).ShouldBeTrue();
        publish.GetProperty("responses").GetProperty("202").GetProperty("content").GetProperty("application/json").GetProperty("schema")
            .ToString().ShouldContain("SsePublished");
        publish.GetProperty("responses").GetProperty("422").GetProperty("description").GetString()!.ShouldContain(
            "`idempotency-key-conflict`");
        publish.GetProperty("responses").GetProperty("422").GetProperty("content").GetProperty("application/problem+json")
            .GetProperty("schema").ToString().ShouldContain("SseProblem");

        var twin = paths.GetProperty("/v1/stream/history").GetProperty("get");
        Parameters(twin).ShouldBe(["query stream!", "query after", "query limit"], ignoreOrder: true);

        var read = paths.GetProperty("/v1/events");
        Parameters(read.GetProperty("get")).ShouldContain("header Last-Event-ID");
        read.GetProperty("get").GetProperty("responses").GetProperty("200").GetProperty("content")
            .TryGetProperty("text/event-stream", out _).ShouldBeTrue();
        read.GetProperty("head").GetProperty("responses").GetProperty("200").TryGetProperty("content", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("GET", "/v1/streams/{stream}/events", "/v1/streams/%zz/events")]
    [InlineData("GET", "/v1/streams/{stream}/events", "/v1/streams/a/events?since=x")]
    [InlineData("GET", "/v1/stream/events", "/v1/stream/events?stream=none")]
    [InlineData("GET", "/v1/stream/events", "/v1/stream/events")]
    [InlineData("GET", "/v1/events", "/v1/events")]
    [InlineData("GET", "/v1/events", "/v1/events?client=c")]
    [InlineData("GET", "/v1/streams", "/v1/streams?limit=0")]
    [InlineData("GET", "/v1/streams/{stream}", "/v1/streams/none")]
    [InlineData("PUT", "/v1/streams/{stream}", "/v1/streams/a", "{\"x\":1}")]
    [InlineData("PUT", "/v1/stream", "/v1/stream?stream=a", "{")]
    [InlineData("DELETE", "/v1/streams/{stream}", "/v1/streams/none")]
    [InlineData("GET", "/v1/streams/{stream}/history", "/v1/streams/none/history")]
    [InlineData("GET", "/v1/stream/history", "/v1/stream/history?stream=a&after=x")]
    [InlineData("DELETE", "/v1/streams/{stream}/history", "/v1/streams/none/history")]
    [InlineData("POST", "/v1/streams/{stream}/events", "/v1/streams/none/events", "x")]
    [InlineData("POST", "/v1/streams/{stream}/events", "/v1/streams/a/events?type=hub.x", "x")]
    [InlineData("POST", "/v1/clients/{client}/events", "/v1/clients/c/events", "x")]
    [InlineData("POST", "/v1/clients/{client}/events", "/v1/clients/c/events?ttl=1s", "x")]
    [InlineData("POST", "/v1/zones/{zone}/events", "/v1/zones/$/events", "x")]
    [InlineData("POST", "/v1/zones/{zone}/clients/{client}/events", "/v1/zones/z/clients/c/events", "x")]
    [InlineData("POST", "/v1/publish", "/v1/publish", "x")]
    [InlineData("POST", "/v1/broadcast", "/v1/broadcast?id=1-a", "x")]
    [InlineData("GET", "/v1/clients", "/v1/clients?stream=")]
    [InlineData("GET", "/v1/clients/{client}", "/v1/clients/c")]
    [InlineData("DELETE", "/v1/client", "/v1/client?client=c&reconnect=x")]
    [InlineData("PATCH", "/v1/clients/{client}/subscriptions", "/v1/clients/c/subscriptions", "{\"add\":[\"a\"]}")]
    [InlineData("PATCH", "/v1/client/subscriptions", "/v1/client/subscriptions?client=c", "[]")]
    [InlineData("POST", "/v1/subscriptions", "/v1/subscriptions", "{\"id\":\"m\"}")]
    [InlineData("POST", "/v1/subscriptions", "/v1/subscriptions", "{\"id\":\"m\",\"streams\":[\"none\"]}")]
    [InlineData("GET", "/v1/subscriptions/{id}", "/v1/subscriptions/m")]
    [InlineData("DELETE", "/v1/subscription", "/v1/subscription?id=m")]
    [InlineData("GET", "/v1/subscriptions/{id}/events", "/v1/subscriptions/m/events")]
    public async Task Refusal_is_among_those_of_the_document(string method, string path, string target, string? body = null)
    {
        await using var host = await StartAsync(autoCreate: false);
        var operation = (await ReadAsync(host)).GetProperty("paths").GetProperty(path).GetProperty(method.ToLowerInvariant());
        var answer = await host.SendAsync(method, target, body);
        answer.Code.ShouldNotBeNull(answer.Text);
        operation.GetProperty("responses").TryGetProperty($"{answer.Status}", out var described).ShouldBeTrue(
            $"{answer.Status} {answer.Code}");
        described.GetProperty("description").GetString()!.ShouldContain($"`{answer.Code}`");
    }

    [Fact]
    public async Task Hub_in_a_group_has_the_groups_path_and_what_the_application_says_wins()
    {
        await using var host = await StartAsync(
            app =>
            {
                app.MapGroup("/tenants/{id}").MapSseHub().WithTags("tenants");
                app.MapSseStream("/hidden", "a").ExcludeFromDescription();
            },
            map: false);
        var paths = (await ReadAsync(host)).GetProperty("paths");
        paths.EnumerateObject().ShouldAllBe(static p => p.Name.StartsWith("/tenants/{id}/v1/", StringComparison.Ordinal));
        var get = paths.GetProperty("/tenants/{id}/v1/subscriptions/{sse_id}").GetProperty("get");
        Parameters(get).ShouldBe(["path id!", "path sse_id!"], ignoreOrder: true);
        get.GetProperty("tags").EnumerateArray().Single().GetString().ShouldBe("tenants");
    }

    [Fact]
    public void Every_code_is_told_by_some_operation_and_as_in_the_document_for_people()
    {
        var codes = typeof(HubErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(
            static f => (string)f.GetRawConstantValue()!).ToList();
        Problems.All.Keys.ShouldBe(codes, ignoreOrder: true);
        HubRoutes.All.SelectMany(static r => r.Methods.SelectMany(m => Operations.Of(r, m).Codes)).Concat(Operations.Everywhere)
            .Concat(s_nowhere).Distinct().ShouldBe(codes, ignoreOrder: true);

        var rows = File.ReadAllLines(Path.Combine(Root(), "docs", "http-api.md")).Select(
            static l => l.Split('|', StringSplitOptions.TrimEntries))
            .Where(static c => c.Length == 5 && int.TryParse(c[1], out _) && c[2].StartsWith('`')).Select(
                static c => (c[2].Trim('`'), int.Parse(c[1]), c[3].Replace("`", "", StringComparison.Ordinal)));
        rows.ShouldBe(Problems.All.Select(static p => (p.Key, p.Value.Status, p.Value.When)), ignoreOrder: true);
    }

    private static Task<EdgeHost> StartAsync(Action<WebApplication>? app = null, bool map = true, bool autoCreate = true) =>
        EdgeHost.StartAsync(
        hub: o => o.AutoCreate = autoCreate,
        edge: o => o.AllowAnonymousClientIds = false,
        host: static b => b.Services.AddOpenApi(),
        app: a =>
        {
            a.MapOpenApi();
            app?.Invoke(a);
        },
        map: map);

    private static async Task<JsonElement> ReadAsync(EdgeHost host)
    {
        var answer = await host.GetAsync("/openapi/v1.json");
        answer.Status.ShouldBe(200, answer.Text);
        return answer.Json;
    }

    // "!" where it is required.
    private static IEnumerable<string> Parameters(JsonElement operation) => operation.GetProperty("parameters").EnumerateArray()
        .Select(static p => $"{p.GetProperty("in")} {p.GetProperty("name")}" +
            (p.TryGetProperty("required", out var required) && required.GetBoolean() ? "!" : ""));

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "AkkaSse.sln"))) folder = folder.Parent!;
        return folder.FullName;
    }
}
