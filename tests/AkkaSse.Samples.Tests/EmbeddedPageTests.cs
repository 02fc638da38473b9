using System.Globalization;
using System.Net;
using AkkaSse.Samples.Tests.Support;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Samples.Tests;

[Trait("speed", "slow")]
public sealed class EmbeddedPageTests
{
    private const string Events = "/v1/events?stream=temperature&stream=notes&since=last:10";

    [Fact]
    public async Task Page_is_for_everyone_and_its_stream_for_members()
    {
        await using var sample = await RunningSample.StartAsync("EmbeddedPage");
        (await sample.Http.GetStringAsync("/")).ShouldContain(Events);
        (await sample.Http.GetAsync(Events)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await sample.PostAsync("/notes", new { text = "hello" })).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        await SignInAsync(sample);

        await using var reader = await sample.ReadAsync(Events);
        await reader.NextAsync("hub.open");
        double.Parse((await reader.NextAsync("temperature")).Data!, CultureInfo.InvariantCulture).ShouldBeInRange(-50, 90);
        (await sample.PostAsync("/notes", new { text = "hello" })).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await reader.NextAsync("note")).Data.ShouldBe("""{"author":"ada","text":"hello"}""");
    }

    [Fact]
    public async Task Members_do_not_publish_through_the_hubs_own_API()
    {
        await using var sample = await RunningSample.StartAsync("EmbeddedPage");
        await SignInAsync(sample);
        (await sample.PostAsync("/v1/streams/notes/events", "x")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await sample.PostAsync("/v1/broadcast", "x")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await sample.Http.DeleteAsync("/v1/streams/temperature")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await sample.Http.GetAsync("/v1/clients")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await sample.PostAsync("/notes", new { })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Page_that_comes_back_gets_what_it_missed()
    {
        await using var sample = await RunningSample.StartAsync("EmbeddedPage");
        await SignInAsync(sample);
        string position;
        await using (var reader = await sample.ReadAsync(Events))
        {
            await reader.NextAsync("temperature");
            position = (await reader.NextAsync("temperature")).LastEventId;
        }
        foreach (var text in new[] { "one", "two" }) (await sample.PostAsync("/notes", new { text })).EnsureSuccessStatusCode();

        await using var again = await sample.ReadAsync(Events, position);
        var notes = new List<string>();
        while (notes.Count < 2)
        {
            var e = (await again.NextAsync()).ShouldNotBeNull();
            e.Type.ShouldNotBe("hub.gap");
            if (e.Type == "note") notes.Add(StreamReading.Json(e).GetProperty("text").GetString()!);
        }
        notes.ShouldBe(["one", "two"]);
    }

    private static async Task SignInAsync(RunningSample sample) =>
        (await sample.PostAsync("/sign-in", new { name = "ada" })).StatusCode.ShouldBe(HttpStatusCode.OK);
}
