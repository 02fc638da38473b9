using AkkaSse.Samples.Tests.Support;

namespace AkkaSse.Samples.Tests;

[Trait("speed", "slow")]
public sealed class OwnEngineTests
{
    [Fact]
    public async Task Program_with_the_engine_serves_readers_that_come_back()
    {
        await using var sample = await RunningSample.StartAsync("OwnEngine");
        (await sample.Http.GetStringAsync("/v1/cluster")).ShouldContain("\"engine\":\"list\"");
        await PublishAsync(sample, "one");
        string position;
        await using (var reader = await sample.ReadAsync("/v1/streams/news/events?since=earliest"))
        {
            await reader.NextAsync("hub.open");
            position = (await reader.NextAsync("message")).LastEventId;
        }
        await PublishAsync(sample, "two");
        await PublishAsync(sample, "three");

        await using var again = await sample.ReadAsync("/v1/streams/news/events", position);
        await again.NextAsync("hub.open");
        // Of the next three events none is a gap: two are history for this reader, and one comes while it is connected.
        (await again.NextAsync()).ShouldNotBeNull().Data.ShouldBe("two");
        (await again.NextAsync()).ShouldNotBeNull().Data.ShouldBe("three");
        await PublishAsync(sample, "four");
        (await again.NextAsync()).ShouldNotBeNull().Data.ShouldBe("four");
    }

    [Fact]
    public async Task Reader_of_what_is_gone_is_told_of_a_gap()
    {
        await using var sample = await RunningSample.StartAsync("OwnEngine");
        await PublishAsync(sample, "one");
        await PublishAsync(sample, "two");
        string position;
        await using (var reader = await sample.ReadAsync("/v1/streams/news/events?since=earliest"))
            position = (await reader.NextAsync("message")).LastEventId;
        (await sample.Http.DeleteAsync("/v1/streams/news/history")).EnsureSuccessStatusCode();

        await using var again = await sample.ReadAsync("/v1/streams/news/events", position);
        (await again.NextAsync("hub.gap")).Data!.ShouldContain("\"from\":2,\"to\":2");
    }

    private static async Task PublishAsync(RunningSample sample, string data)
    {
        using var answer = await sample.Http.PostAsync("/v1/streams/news/events", new StringContent(data));
        answer.EnsureSuccessStatusCode();
    }
}
