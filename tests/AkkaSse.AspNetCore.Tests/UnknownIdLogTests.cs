using AkkaSse.Hub;
using AkkaSse.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace AkkaSse.AspNetCore.Tests;

public sealed class UnknownIdLogTests
{
    [Theory]
    [InlineData("bogus")]
    [InlineData("1AAAA.fUhOfCnM6F8AAAAAA")]
    public async Task Last_event_id_that_nobody_knows_makes_one_line_per_request(string id)
    {
        var log = new LineLog();
        await using var host = await EdgeHost.StartAsync(host: b => b.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(log)));
        var names = Enumerable.Range(0, 8).Select(static i => $"s{i}").ToList();
        foreach (var name in names) (await host.PostAsync($"/v1/streams/{name}/events", "x")).Status.ShouldBe(202);

        // With a stream that is not there yet: it meets the same id when it comes.
        await using var reader = await host.SubscribeAsync(
            $"/v1/events?stream=late&{string.Join('&', names.Select(static n => "stream=" + n))}", "Last-Event-ID: " + id);
        foreach (var _ in names) await reader.NextAsync(HubNames.GapEvent);
        (await host.PostAsync("/v1/streams/late/events", "end")).Status.ShouldBe(202);
        while ((await reader.NextEventAsync()).Data != "end")
        {
        }

        log.Lines.Count(static l => l.Contains("missed", StringComparison.Ordinal)).ShouldBe(1, string.Join('\n', log.Lines));
    }
}
