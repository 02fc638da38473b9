namespace AkkaSse.AspNetCore.Tests;

public sealed class PublishTests
{
    [Fact]
    public async Task Published_event_reaches_a_subscriber_over_http()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/news/events");
        reader.Head.Status.ShouldBe(200);
        (await reader.NextAsync("hub.open")).Id.ShouldBe("0-0");

        var answer = await host.PostAsync("/v1/streams/news/events?type=created", "hello");

        answer.Status.ShouldBe(202, answer.Text);
        var e = await reader.NextEventAsync();
        e.Type.ShouldBe("created");
        e.Data.ShouldBe("hello");
        e.Id.ShouldBe(answer.Json.GetProperty("id").GetString());
    }
}
