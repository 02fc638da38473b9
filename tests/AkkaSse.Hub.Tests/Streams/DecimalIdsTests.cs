using AkkaSse.Hub.Engine;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Streams;

/// <summary>Bases of decimal ids: a process that starts anew is recognised by them.</summary>
public sealed class DecimalIdsTests
{
    [Theory]
    [InlineData("2026-11-30T21:00:00.000Z")]
    [InlineData("2240-01-01T00:00:00.000Z")]
    public void Process_that_starts_a_millisecond_later_has_another_base_and_all_are_numbers_of_javascript(string at)
    {
        var now = DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        DecimalIds.Base(now + 1).ShouldBeGreaterThan(DecimalIds.Base(now) + 1_000);
        DecimalIds.Base(now).ShouldBeGreaterThan((now / 1000 << 20), "earlier versions had these");
        DecimalIds.Base(now).ShouldBeLessThan(1L << 53);
    }

    [Fact]
    [Trait("parity", "RPL-11")]
    public async Task Id_of_a_process_that_lived_within_the_same_second_is_recognised_as_old()
    {
        static SubscribeRequest Request(string? id = null) =>
            new() { Streams = [new("s")], Ids = WireIds.Decimal, Control = false, Since = StartPosition.Earliest, LastEventId = id };
        var time = new ManualTimeProvider();
        string last;
        await using (var hub = await TestHub.StartAsync(time))
        {
            await hub.PublishAsync("s", "old");
            await using var reader = await hub.ReadAsync(Request());
            last = (await reader.NextAsync())!.Id!;
        }

        time.Advance(TimeSpan.FromMilliseconds(1));
        await using var second = await TestHub.StartAsync(time);
        await second.PublishAsync("s", "new");
        await using var again = await second.ReadAsync(Request(last));
        var first = await again.NextAsync();
        first!.Data.ShouldBe("new");
        first.Comments.ShouldContain(static c => c.Contains("reason=epoch-changed", StringComparison.Ordinal));
    }
}
