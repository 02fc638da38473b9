using AkkaSse.Hub;
using AkkaSse.Protocol;

namespace AkkaSse.AspNetCore.Tests.Compatibility;

/// <summary>The older hubs' own clients, unchanged, on the edges made for them.</summary>
public sealed class GoClientTests
{
    public static TheoryData<string, string> Pairs => new()
    {
        { "r3labs", "/events?stream=s" },
        { "exact", "/events?stream=s" },
        { "zone", "/events?stream=s" },
        { "ctrlx", "/events?stream=s" },
        { "ctrlx", "/automation/api/v2/events?nodes=s" },
        { "exact", "/automation/api/v2/events?nodes=s" },
        { "r3labs", "/automation/api/v2/events?nodes=s,t" },
        { "zone", "/automation/api/v2/events?nodes=s" },
        { "r3labs", "/connect?id=c" },
        { "exact", "/connect?id=c" },
        { "zone", "/connect" },
        { "ctrlx", "/connect" },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    [Trait("parity", "WIRE-01")]
    [Trait("parity", "WIRE-16")]
    [Trait("parity", "HTTP-01")]
    public async Task Older_client_reads_type_and_data_of_every_event(string kind, string target)
    {
        await using var host = await CompatibilityHost.StartAsync();
        await using var client = Make(kind);
        await client.ConnectAsync(host.Address, target);
        client.Head!.Header("Content-Type").ShouldBe("text/event-stream");
        string[] datas = ["first", "{\"a\":1}", "ümläut", "x:y: z"];

        foreach (var data in datas)
        {
            // One by one: a client that parses each read by itself must get whole events.
            var e = new SseEvent { Type = "created", Data = data };
            var result = target.StartsWith("/connect", StringComparison.Ordinal)
                ? await host.Hub.BroadcastAsync(e)
                : await host.Hub.PublishAsync("s", e);
            result.Status.ShouldBe(PublishStatus.Accepted);
            var read = (await client.NextAsync()).ShouldNotBeNull();
            read.Type.ShouldBe("created");
            read.Data.TrimEnd('\n').ShouldBe(data);
        }
        client.Wire.ToString().ShouldNotContain("event: hub.");
    }

    [Fact]
    [Trait("parity", "WIRE-04")]
    [Trait("parity", "WIRE-18")]
    public async Task Data_with_colons_spaces_and_lines_reach_the_r3labs_client_unchanged()
    {
        await using var host = await CompatibilityHost.StartAsync();
        await using var client = new R3labsClient();
        string[] datas = [":colon", "  two spaces", "line\nline\n", "", "event: evil\n\ndata: x"];
        foreach (var data in datas) await host.Hub.PublishAsync("s", new SseEvent { Data = data });

        await client.ConnectAsync(host.Address, "/events?stream=s");

        foreach (var data in datas) (await client.NextAsync())!.Data.ShouldBe(data);
    }

    [Fact]
    public async Task Client_that_demands_more_than_a_status_sees_the_refusal_text()
    {
        await using var host = await CompatibilityHost.StartAsync();
        await using var client = new R3labsClient();
        (await Should.ThrowAsync<InvalidOperationException>(
            () => client.ConnectAsync(host.Address, "/events"))).Message.ShouldContain("Please specify a stream!");
    }

    private static GoClient Make(string kind) => kind switch
    {
        "r3labs" => new R3labsClient(),
        "exact" => new ExactTypeClient(),
        "zone" => new ZoneClient(),
        _ => new CtrlXClient(),
    };
}
