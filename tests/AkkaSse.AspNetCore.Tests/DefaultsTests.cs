using AkkaSse.Hub;
using AkkaSse.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>What holds when nothing is configured.</summary>
public sealed class DefaultsTests
{
    [Fact]
    [Trait("parity", "CFG-07")]
    public async Task Data_are_always_split_into_lines()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/s/events");
        await reader.NextAsync(HubNames.OpenEvent);
        await host.PostAsync("/v1/streams/s/events", "a\r\nb\rc\nd");
        var block = await reader.NextEventAsync();
        block.Lines.Where(static l => l.StartsWith("data", StringComparison.Ordinal)).ShouldBe(
            ["data: a", "data: b", "data: c", "data: d"]);
    }

    [Fact]
    [Trait("parity", "CFG-08")]
    [Trait("parity", "HTTP-02")]
    public async Task No_header_is_sent_beyond_the_hubs_own()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/s/events");
        string[] servers = ["Date", "Server", "Transfer-Encoding", "Connection"];
        reader.Head.Headers.Select(static h => h.Key).Except(
            ["Content-Type", "Cache-Control", "X-Accel-Buffering", .. servers], StringComparer.OrdinalIgnoreCase).ShouldBeEmpty();
    }

    [Fact]
    [Trait("parity", "CFG-12")]
    [Trait("parity", "HTTP-06")]
    public async Task Errors_are_problem_details_without_a_writer_of_the_applications()
    {
        await using var host = await EdgeHost.StartAsync();
        host.Services.GetRequiredService<IHubErrorWriter>().GetType().Assembly.ShouldBe(typeof(IHubErrorWriter).Assembly);
        var answer = await host.GetAsync("/v1/streams/absent/history");
        answer.Status.ShouldBe(404);
        answer.Header("Content-Type").ShouldBe("application/problem+json");
        answer.Code.ShouldBe("stream-not-found");
    }
}
