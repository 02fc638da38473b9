using System.Net;
using AkkaSse.Server.Hosting;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests;

/// <summary>What systemd hears of a node with <c>Type=notify</c>.</summary>
public sealed class ServiceManagerTests
{
    [Fact]
    [Trait("speed", "slow")]
    public async Task Node_is_ready_for_its_manager_when_its_engine_is_and_not_when_it_has_started()
    {
        await using var manager = new ServiceSocket();
        var ports = FreePort.Take(2);
        string[] Node(int own) =>
            ["--engine", "akka", "--akka-port", $"{ports[own]}", "--akka-seed", $"127.0.0.1:{ports[0]}", "--node-name", $"n{own}"];

        // Its seed does not run: it serves, and its engine is not ready.
        await using var node = await TestServer.StartAsync(0, manager.Environment, null, Node(1));
        await Eventually.Until(async () => (await node.Http.GetAsync("/healthz/ready")).StatusCode == HttpStatusCode.ServiceUnavailable,
            "a node that has started and is not ready");
        manager.Heard.ShouldBeEmpty(node.Process.Output);

        await using var seed = await TestServer.StartAsync(Node(0));
        await Eventually.Until(() => manager.Heard.Count > 0, () => $"READY from\n{node.Process.Output}\nand\n{seed.Process.Output}");
        (await node.Http.GetAsync("/healthz/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);
        manager.Heard.ShouldBe(["READY=1"]);
    }

    [Fact]
    public async Task Manager_hears_of_the_end_at_the_signal_and_before_the_drain_has_ended()
    {
        await using var manager = new ServiceSocket();
        await using var server = await TestServer.StartAsync(0, manager.Environment, null, "--set", "Server:ReadinessDelay=10m");
        await Eventually.Until(() => manager.Count("READY=1") == 1, "READY");
        await using var reader = await server.ReadAsync("/v1/streams/news/events");
        await reader.NextAsync("hub.open");

        server.Process.Terminate();
        await Eventually.Until(() => manager.Count("STOPPING=1") == 1, () => $"STOPPING from\n{server.Process.Output}");

        // Ten minutes before the drain begins.
        (await server.PublishAsync("news", "still here")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await reader.NextAsync("message")).Data.ShouldBe("still here");
        manager.Heard.ShouldBe(["READY=1", "STOPPING=1"]);
    }

    [Fact]
    public async Task Watchdog_is_petted_until_the_end_where_the_manager_asks_for_it()
    {
        await using var manager = new ServiceSocket();
        var environment = manager.Environment;
        environment["WATCHDOG_USEC"] = "200000";
        await using var server = await TestServer.StartAsync(0, environment, null, "--set", "Server:ReadinessDelay=10m");
        await Eventually.Until(() => manager.Count("WATCHDOG=1") >= 3, "three signs of life");

        server.Process.Terminate();
        await Eventually.Until(() => manager.Count("STOPPING=1") == 1, "STOPPING");
        var before = manager.Count("WATCHDOG=1");
        await Eventually.Until(() => manager.Count("WATCHDOG=1") >= before + 3, "signs of life of a node that drains");
    }

    [Fact]
    public async Task Socket_that_is_not_there_is_a_line_in_the_log_and_no_reason_to_end()
    {
        await using var manager = new ServiceSocket();
        var environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = manager.Path + "-gone" };
        await using var server = await TestServer.StartAsync(0, environment, null);
        await Eventually.Until(() => server.Process.Output.Contains("The service manager was not told READY=1", StringComparison.Ordinal),
            () => $"a line about the socket in\n{server.Process.Output}");

        server.Process.Terminate();
        (await server.Process.ExitAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("30000000", null, 30_000)]
    [InlineData("30000000", "7", 30_000)]
    [InlineData("30000000", "8", null)]
    [InlineData("0", null, null)]
    [InlineData("-5", null, null)]
    [InlineData("soon", null, null)]
    public void Watchdog_is_this_processs_own(string? time, string? pid, int? milliseconds) =>
        ServiceManager.Watchdog(name => name == "WATCHDOG_USEC" ? time : pid, 7)
            .ShouldBe(milliseconds is { } ms ? TimeSpan.FromMilliseconds(ms) : null);
}
