using System.Diagnostics;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests;

/// <summary>The clock that the deadlines of all tests go by.</summary>
public sealed class GrantedTimeTests
{
    private static readonly TimeSpan Some = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task It_goes_on_and_never_faster_than_the_wall_clock_nor_slower_than_its_slowest()
    {
        var (wall, granted) = (Stopwatch.GetTimestamp(), GrantedTime.Instance.GetTimestamp());
        await Task.Delay(Some, GrantedTime.Instance);
        var given = GrantedTime.Instance.GetElapsedTime(granted);
        given.ShouldBeGreaterThanOrEqualTo(Some);
        // The turn that was under way when both were read counts as a whole.
        await Eventually.Until(
            () => Stopwatch.GetElapsedTime(wall) + TimeSpan.FromMilliseconds(15) >= GrantedTime.Instance.GetElapsedTime(granted),
            "the wall clock to be no slower");
        await Eventually.Until(
            () => GrantedTime.Instance.GetElapsedTime(granted) * GrantedTime.Slowest * 2 > Stopwatch.GetElapsedTime(wall),
            "the clock to keep up with its slowest");
    }

    [Theory]
    [InlineData(10, true, 2, 1, 10)]
    [InlineData(10, true, 2, 2, 10)]
    [InlineData(10, true, 2, 8, 2.5)]
    [InlineData(12, true, 4, 16, 3)]
    [InlineData(100, true, 2, 1, 15)]
    [InlineData(100, true, 2, 4, 15)]
    [InlineData(800, true, 2, 1, 50)]
    [InlineData(10, true, 1, 160, 0.625)]
    [InlineData(160, false, 2, 1, 10)]
    [InlineData(0, true, 2, 0, 0)]
    public void Turn_adds_the_share_of_one_thread_up_to_a_bound_and_never_less_than_the_slowest(
        double elapsed, bool whole, int processors, int runnable, double granted) =>
        GrantedTime.Granted(TimeSpan.FromMilliseconds(elapsed).Ticks, whole, processors, runnable).ShouldBe(
            TimeSpan.FromMilliseconds(granted).Ticks);

    [Fact]
    public async Task Busy_pool_and_busy_processors_are_time_that_was_not_given()
    {
        using var end = new ManualResetEventSlim();
        var threads = Enumerable.Range(0, 8 * Environment.ProcessorCount).Select(
            _ => new Thread(() => { while (!end.IsSet) { } }) { IsBackground = true }).ToList();
        threads.ForEach(static t => t.Start());
        try
        {
            var (wall, granted) = (Stopwatch.GetTimestamp(), GrantedTime.Instance.GetTimestamp());
            await Task.Delay(Some, GrantedTime.Instance);
            Stopwatch.GetElapsedTime(wall).ShouldBeGreaterThan(GrantedTime.Instance.GetElapsedTime(granted));
        }
        finally
        {
            end.Set();
            threads.ForEach(static t => t.Join());
        }
    }

    [Fact]
    public async Task Timers_fire_once_or_again_and_not_after_their_end()
    {
        var (once, again, never) = (0, 0, 0);
        await using var a = GrantedTime.Instance.CreateTimer(
            _ => Interlocked.Increment(ref once), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await using var b = GrantedTime.Instance.CreateTimer(_ => Interlocked.Increment(ref again), null, Some / 10, Some / 10);
        await using var c = GrantedTime.Instance.CreateTimer(
            _ => Interlocked.Increment(ref never), null, Some / 2, Timeout.InfiniteTimeSpan);
        await c.DisposeAsync();
        await Eventually.Until(() => Volatile.Read(ref again) >= 10, "a timer to fire ten times");
        (Volatile.Read(ref once), Volatile.Read(ref never)).ShouldBe((1, 0));
        c.Change(TimeSpan.Zero, Some).ShouldBeFalse();
    }

    [Fact]
    public async Task Wait_goes_on_while_there_is_progress_and_what_throws_is_told_at_once()
    {
        var count = 0;
        await Eventually.Until(() => ++count > 20, () => "twenty looks", () => count);
        await Should.ThrowAsync<FormatException>(Eventually.Until(bool () => throw new FormatException(), "nothing"));
        await Should.ThrowAsync<FormatException>(Eventually.Within(Task.FromException(new FormatException()), "nothing"));
    }
}
