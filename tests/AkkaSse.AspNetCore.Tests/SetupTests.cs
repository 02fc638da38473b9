using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AkkaSse.AspNetCore.Tests;

public sealed class SetupTests
{
    [Fact]
    [Trait("parity", "HTTP-14")]
    public async Task Missing_AddSseHub_is_named()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        await using var app = builder.Build();
        Should.Throw<InvalidOperationException>(() => app.MapSseHub()).Message.ShouldContain("AddSseHub");
        Should.Throw<InvalidOperationException>(() => app.MapSseStream("/news", "news")).Message.ShouldContain("AddSseHub");
    }

    [Fact]
    [Trait("parity", "HTTP-14")]
    public async Task Policy_without_authorization_is_named_at_start_and_not_a_500_on_each_request()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore().AddSseHub();
        await using var app = builder.Build();
        Should.Throw<InvalidOperationException>(() => app.MapSseHub(o => o.StreamsPolicy = "s")).Message.ShouldContain(
            "StreamsPolicy is 's', but the application has no authorization");
        Should.Throw<InvalidOperationException>(() => app.MapSseCompatibilityEndpoints(o => o.Endpoints.PublishPolicy = "p"))
            .Message.ShouldContain("PublishPolicy is 'p'");
        Should.Throw<InvalidOperationException>(() => app.MapSseStream("/news", "news", o => o.SubscribePolicy = "read"))
            .Message.ShouldContain("AddAuthorization");
    }

    [Fact]
    [Trait("parity", "HTTP-14")]
    public async Task Second_mapping_of_the_same_is_a_startup_exception()
    {
        await using var host = await EdgeHost.StartAsync(app: app =>
        {
            app.MapGroup("/other").MapSseHub();
            app.MapSseStream("/news", "news");
            Should.Throw<InvalidOperationException>(() => app.MapSseStream("/news", "other")).Message.ShouldContain("/news");
            Should.Throw<ArgumentException>(() => app.MapSseStream("/bad", "$all"));
            Should.Throw<ArgumentException>(() => app.MapSseStream("/bad", ""));
            Should.Throw<ArgumentException>(() => app.MapSseHub(o =>
            {
                o.Headers["a b"] = "x";
                o.Headers["y"] = "a\r\nb";
            })).Message.ShouldSatisfyAllConditions(m => m.ShouldContain("a b"), m => m.ShouldContain("CR"));
        });
        Should.Throw<InvalidOperationException>(() => host.Application.MapSseHub()).Message.ShouldContain("twice");
    }

    [Fact]
    [Trait("parity", "CFG-19")]
    public async Task All_faults_of_the_options_are_listed_at_start()
    {
        var fault = await Should.ThrowAsync<OptionsValidationException>(() => EdgeHost.StartAsync(o =>
        {
            o.MaxEventBytes = 0;
            o.WriteTolerance = -1;
            o.Heartbeat = TimeSpan.FromMilliseconds(1);
        }));
        fault.Failures.Count().ShouldBe(3);
        fault.Message.ShouldContain("MaxEventBytes");
        fault.Message.ShouldContain("WriteTolerance");
        fault.Message.ShouldContain("Heartbeat");
    }

    [Fact]
    public void Section_is_read_strictly_and_its_faults_say_where_they_stand()
    {
        Faults("""
            {
              "NodeName": null, "Heartbeat": { "Seconds": 5 }, "StreamDefaults": { "Ephemeral": { "MaxEvents": 5 }, "MaxEvents": null },
              "ZoneStreams": {}, "Retry": "soon", "AutoCreate": "perhaps", "MaxConnections": null, "StreamNameRule": "x", "MaxStreams": 0
            }
            """).Select(static f => f.Split(';')[0]).ShouldBe(
            [
                "Hub:NodeName is null", "Hub:Heartbeat has keys below it", "Hub:StreamDefaults:Ephemeral is no option",
                "Hub:StreamDefaults:MaxEvents is null", "Hub:ZoneStreams is null or empty", "Hub:Retry is 'soon'",
                "Hub:AutoCreate is 'perhaps'", "Hub:StreamNameRule is no option", "Hub:MaxStreams is 0",
            ], ignoreOrder: true);
        Faults("""{ "Heartbeat": null }""").ShouldBe(
            ["Hub:Heartbeat is null; a duration like 15s, 2h or 00:00:15 is allowed. Without the key the default holds."]);
    }

    [Fact]
    public void Section_takes_durations_as_the_hub_writes_them_and_as_dotnet_does()
    {
        var options = Read("""
            {
              "Heartbeat": "5s", "Retry": "00:00:02", "WriteTimeout": "-00:00:00.001", "MaxConnectionLifetime": "2h",
              "MaxConnections": null, "DuplicateClients": "reject",
              "StreamDefaults": { "MaxAge": "1.00:00:00", "IdleRemoval": null, "SlowReader": "Conflate" }
            }
            """);
        (options.Heartbeat, options.Retry, options.WriteTimeout, options.MaxConnectionLifetime, options.MaxConnections).ShouldBe(
            (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan, TimeSpan.FromHours(2), (int?)null));
        (options.DuplicateClients, options.StreamDefaults.MaxAge, options.StreamDefaults.IdleRemoval, options.StreamDefaults.SlowReader)
            .ShouldBe((DuplicateClientPolicy.Reject, TimeSpan.FromDays(1), (TimeSpan?)null, SlowReaderPolicy.Conflate));
    }

    [Fact]
    public void Null_in_code_is_a_sentence()
    {
        new HubOptions { NodeName = null! }.Validate().Single().ShouldStartWith("NodeName is ''; ");
        new HubOptions { StreamDefaults = null! }.Validate().Single().ShouldStartWith("StreamDefaults is null; ");
        new HubOptions { ZoneStreams = null! }.Validate().Single().ShouldStartWith("ZoneStreams is null; ");
    }

    private static IEnumerable<string> Faults(string json) => Should.Throw<OptionsValidationException>(() => Read(json)).Failures;

    private static HubOptions Read(string json)
    {
        var services = new ServiceCollection();
        services.AddSseHub(new ConfigurationBuilder()
            .AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes($"{{ \"Hub\": {json} }}"))).Build().GetSection("Hub"));
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<HubOptions>>().Value;
    }

    [Fact]
    public async Task Hub_of_a_group_and_a_path_base_reads_the_same_names()
    {
        await using var host = await EdgeHost.StartAsync(map: false, app: app =>
        {
            app.UsePathBase("/base");
            app.UseRouting();
            app.MapGroup("/tenant/{id}").MapSseHub();
            app.MapSseStream("/news/{year}", "news");
        });
        foreach (var prefix in new[] { "/tenant/7", "/base/tenant/a%2Fb" })
        {
            var published = await host.PostAsync(prefix + "/v1/streams/caf%C3%A9/events", "x");
            published.Status.ShouldBe(202, prefix);
            published.Json.GetProperty("stream").GetString().ShouldBe("café");
            (await host.PostAsync(prefix + "/v1/streams/x/../a/events", "x")).Code.ShouldBe("target-invalid");
            (await host.SendAsync("PATCH", prefix + "/v1/cluster", "")).Header("Allow").ShouldBe("GET, HEAD");
            (await host.GetAsync(prefix + "/v1/streams//events")).Code.ShouldBe("name-invalid");
        }
        await using var reader = await host.SubscribeAsync("/base/news/2030?since=earliest");
        await host.PostAsync("/tenant/7/v1/streams/news/events", "x");
        (await reader.NextEventAsync()).Data.ShouldBe("x");
        (await host.GetAsync("/news/2030?since=whenever")).Code.ShouldBe("parameter-invalid");
    }

    [Fact]
    public async Task Engine_is_chosen_once_and_owned_by_the_hub()
    {
        var engine = new AkkaSse.Hub.Engine.InProcess.InProcessEngine();
        await using (var host = await EdgeHost.StartAsync(build: b =>
        {
            b.UseEngine(_ => engine);
            Should.Throw<InvalidOperationException>(() => b.UseEngine(_ => engine)).Message.ShouldContain("once");
        }))
        {
            (await host.GetAsync("/v1/cluster")).Json.GetProperty("engine").GetString().ShouldBe("memory");
            host.Services.GetService<IHubEngine>().ShouldBeNull();
        }
        engine.State.ShouldBe(EngineState.Down);
    }

    [Fact]
    public async Task Cluster_lists_nodes_with_their_load()
    {
        await using var host = await EdgeHost.StartAsync(o => o.NodeName = "n1");
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
        await reader.NextAsync("hub.open");
        var cluster = (await host.GetAsync("/v1/cluster")).Json;
        cluster.GetProperty("node").GetString().ShouldBe("n1");
        cluster.GetProperty("engineState").GetString().ShouldBe("ready");
        var node = cluster.GetProperty("nodes")[0];
        node.GetProperty("self").GetBoolean().ShouldBeTrue();
        node.GetProperty("state").GetString().ShouldBe("up");
        node.GetProperty("load").GetProperty("connections").GetInt32().ShouldBe(1);
        node.GetProperty("load").GetProperty("phase").GetString().ShouldBe("running");
    }

    [Fact]
    [Trait("parity", "HTTP-13")]
    [Trait("parity", "STR-04")]
    public async Task Stopping_the_host_tells_readers_and_ends_their_responses_cleanly_within_its_time()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
        await reader.NextAsync("hub.open");
        var stop = host.StopAsync();
        (await reader.NextAsync("hub.drain")).Retry.ShouldNotBeNull();
        while (await reader.NextAsync() is not null) { }
        await stop;
        (await host.Hub.PublishAsync("a", new Protocol.SseEvent { Data = "x" })).Status.ShouldBeOneOf(
            PublishStatus.Closed, PublishStatus.Accepted);
    }

    [Fact]
    [Trait("parity", "STR-04")]
    public async Task Draining_hub_refuses_subscribers_while_the_server_still_answers()
    {
        await using var host = await EdgeHost.StartAsync();
        await Eventually.Within(host.Services.GetRequiredService<SseHub>().DrainAsync(), "the drain");
        var refused = await host.GetAsync("/v1/streams/a/events");
        (refused.Status, refused.Code).ShouldBe((503, "draining"));
        refused.Header("Retry-After").ShouldNotBeNull();
        await using var browser = await host.SubscribeAsync("/v1/streams/a/events", "Sec-Fetch-Dest: empty");
        (await browser.NextAsync("hub.end")).Data.ShouldBe("""{"reason":"draining"}""");
        (await browser.NextAsync()).ShouldBeNull();
    }

    [Fact]
    [Trait("parity", "HTTP-06")]
    public async Task Errors_are_problems_or_plain_text_as_accept_prefers()
    {
        await using var host = await EdgeHost.StartAsync();
        foreach (var accept in new[] { "X-Other: y", "Accept: */*", "Accept: application/json", "Accept: text/event-stream",
            "Accept: text/plain;q=0.5, application/problem+json" })
        {
            var problem = await host.GetAsync("/v1/streams/none", accept);
            problem.Header("Content-Type").ShouldBe("application/problem+json", accept);
            problem.Json.GetProperty("type").GetString().ShouldBe("about:blank");
            problem.Json.GetProperty("title").GetString().ShouldBe("Not Found");
            problem.Json.GetProperty("status").GetInt32().ShouldBe(404);
            problem.Json.GetProperty("detail").GetString()!.ShouldContain("none");
            problem.Code.ShouldBe("stream-not-found");
        }
        foreach (var accept in new[] { "Accept: text/plain", "Accept: text/plain, */*;q=0.1", "Accept: text/*" })
        {
            var text = await host.GetAsync("/v1/streams/none", accept);
            text.Header("Content-Type").ShouldBe("text/plain; charset=utf-8", accept);
            text.Text.ShouldContain("'none' does not exist");
        }
    }

    [Fact]
    [Trait("parity", "HTTP-06")]
    public async Task One_error_writer_writes_every_error()
    {
        await using var host = await EdgeHost.StartAsync(o => o.AutoCreate = false, build: b => b.UseErrorWriter<Own>());
        foreach (var (method, target, expected) in new[]
        {
            ("GET", "/v1/streams/a/nothing", "404 not-found"),
            ("PATCH", "/v1/cluster", "405 method-not-allowed"),
            ("GET", "/v1/events", "400 subscription-invalid"),
            ("GET", "/v1/streams/none/events", "404 stream-not-found"),
            ("POST", "/v1/streams/none/events", "404 stream-not-found"),
            ("POST", "/v1/streams/%FF/events", "400 name-invalid"),
        })
        {
            (await host.SendAsync(method, target, method == "GET" ? null : "")).Text.ShouldBe(expected);
        }
    }

    private sealed class Own : IHubErrorWriter
    {
        public Task WriteAsync(HttpContext context, int status, string code, string message)
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync($"{status} {code}");
        }
    }
}
