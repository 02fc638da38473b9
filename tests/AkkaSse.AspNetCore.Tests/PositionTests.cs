using AkkaSse.Hub;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>
/// What a reader is told at the end repeats its position on the wire: some clients lose theirs at an event without an id.
/// </summary>
public sealed class PositionTests
{
    [Theory]
    [InlineData("/v1/streams/s/events", true)]
    [InlineData("/v1/streams/s/events", false)]
    [InlineData("/v1/events?stream=s&stream=t", true)]
    [InlineData("/v1/events?stream=s&stream=t", false)]
    [InlineData("/v1/subscriptions/m/events", true)]
    [Trait("parity", "STR-04")]
    public async Task Drain_repeats_the_position_on_every_route(string target, bool detach)
    {
        await using var host = await EdgeHost.StartAsync(detach: detach);
        await host.Hub.PublishAsync("s", new SseEvent { Data = "1" });
        (await host.PostAsync("/v1/subscriptions", """{"id":"m","streams":["s","t"]}""")).Status.ShouldBe(201);
        await using var reader = await host.SubscribeAsync(target);
        (await reader.NextAsync("hub.open")).Id.ShouldNotBeNull();
        await host.Hub.PublishAsync("s", new SseEvent { Data = "2" });
        var last = (await reader.NextEventAsync()).Id.ShouldNotBeNull();

        await Eventually.Within(host.Services.GetRequiredService<SseHub>().DrainAsync(), "the drain");

        (await reader.NextAsync("hub.drain")).Id.ShouldBe(last);
        (await reader.NextAsync()).ShouldBeNull();
    }

    [Theory]
    [InlineData("7-abc", "", "7-abc")]
    [InlineData(null, "&last_event_id=7-abc", "7-abc")]
    [InlineData(null, "&last_event_id=7%0Adata:%20forged", null)]
    [InlineData(null, "&last_event_id=%C3%BC", null)]
    [InlineData(null, "", null)]
    public async Task Browser_that_is_sent_away_for_a_while_keeps_the_position_that_it_came_with(
        string? header, string query, string? repeated)
    {
        await using var host = await EdgeHost.StartAsync(o => o.MaxConnections = 1);
        await using var first = await host.SubscribeAsync("/v1/streams/s/events");
        await first.NextAsync("hub.open");

        await using var second = await host.SubscribeAsync("/v1/streams/s/events?browser=1" + query, header is null
            ? []
            : ["Last-Event-ID: " + header]);

        var end = await second.NextAsync("hub.end");
        end.Data.ShouldBe("""{"reason":"limit"}""");
        end.Id.ShouldBe(repeated);
        (await second.NextAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Event_to_one_client_repeats_the_position_and_a_reader_cut_behind_it_misses_none()
    {
        await using var host = await EdgeHost.StartAsync();
        const string Target = "/v1/events?stream=s&client=c&instance=i";
        string id;
        await using (var reader = await host.SubscribeAsync(Target))
        {
            await reader.NextAsync("hub.open");
            await host.PostAsync("/v1/streams/s/events", "1");
            await reader.NextEventAsync();
            (await host.PostAsync("/v1/clients/c/events?id=own", "to it")).Status.ShouldBe(202);
            var sent = await reader.NextEventAsync();
            (sent.Data, string.Join(',', sent.Comments)).ShouldBe(("to it", "eid=own"));
            id = sent.Id.ShouldNotBeNull();
        }
        await host.PostAsync("/v1/streams/s/events", "2");

        await using var again = await host.SubscribeAsync(Target, "Last-Event-ID: " + id);

        (await again.NextEventAsync()).Data.ShouldBe("2");
    }
}
