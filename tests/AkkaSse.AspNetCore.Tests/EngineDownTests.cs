using AkkaSse.Hub;
using AkkaSse.Hub.Engine.InProcess;
using AkkaSse.Testing;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>The engine of this node is down: everybody is told at once to come again, and nothing looks absent or empty.</summary>
public sealed class EngineDownTests
{
    [Fact]
    public async Task Browsers_are_told_on_a_200_and_others_by_503_and_no_list_is_empty()
    {
        var engine = new InProcessEngine();
        await using var host = await EdgeHost.StartAsync(build: hub => hub.UseEngine(_ => engine));
        (await RawHttp.PostAsync(host.Address, "/v1/subscriptions", """{"id":"m","streams":["a"]}""")).Status.ShouldBe(201);
        (await RawHttp.PostAsync(host.Address, "/v1/streams/a/events", "1")).Status.ShouldBe(202);
        await engine.DisposeAsync();

        foreach (var path in (string[])["/v1/streams/a/events?", "/v1/events?stream=a&", "/v1/subscriptions/m/events?"])
        {
            var refused = await RawHttp.GetAsync(host.Address, path);
            (refused.Status, refused.Code).ShouldBe((503, "engine-unavailable"), path);
            refused.Header("Retry-After").ShouldNotBeNull(path);
            await using var browser = await RawSseClient.OpenAsync(host.Address, $"{path}browser=1");
            browser.Head.Status.ShouldBe(200, path);
            var end = await browser.NextAsync("hub.end");
            (end.Data, end.Retry is not null).ShouldBe(("""{"reason":"unavailable"}""", true), path);
        }

        foreach (var path in (string[])["/v1/streams", "/v1/clients", "/v1/streams/a", "/v1/streams/a/history", "/v1/subscriptions/m"])
            (await RawHttp.GetAsync(host.Address, path)).Code.ShouldBe("engine-unavailable", path);
        (await RawHttp.SendAsync(host.Address, "DELETE", "/v1/streams/a")).Code.ShouldBe("engine-unavailable");
        (await RawHttp.SendAsync(host.Address, "DELETE", "/v1/streams/a/history")).Code.ShouldBe("engine-unavailable");
        (await RawHttp.PostAsync(host.Address, "/v1/subscriptions", """{"id":"n","streams":["a"]}""")).Code.ShouldBe("engine-unavailable");
        var cluster = (await RawHttp.GetAsync(host.Address, "/v1/cluster")).Json;
        (cluster.GetProperty("engineState").GetString(), cluster.GetProperty("complete").GetBoolean()).ShouldBe(("down", false));
    }

    [Fact]
    public async Task Complete_lists_say_so()
    {
        await using var host = await EdgeHost.StartAsync();
        foreach (var path in (string[])["/v1/streams", "/v1/clients", "/v1/cluster"])
        {
            var list = (await RawHttp.GetAsync(host.Address, path)).Json;
            list.GetProperty("complete").GetBoolean().ShouldBeTrue(path);
            list.GetProperty("missing").GetArrayLength().ShouldBe(0, path);
        }
    }
}
