namespace AkkaSse.Client.Tests.Connecting;

public sealed class ReconnectPolicyTests
{
    private static readonly ReconnectContext Context = new() { Attempt = 1, DefaultRetry = TimeSpan.FromSeconds(1), Random = 0.5 };

    [Theory]
    [InlineData(1, 0.0, 1000)]
    [InlineData(1, 0.5, 1250)]
    [InlineData(2, 0.5, 1375)]
    [InlineData(3, 1.0, 2125)]
    [InlineData(10_000, 1.0, 61_000)]
    [Trait("parity", "CLI-10")]
    public void Exponential_delay_is_the_retry_plus_a_random_part_of_the_growing_back_off(
        int attempt, double random, double milliseconds) =>
        ReconnectPolicy.Default.NextDelay(
            Context with { Attempt = attempt, Random = random })!.Value.TotalMilliseconds.ShouldBe(milliseconds);

    [Fact]
    [Trait("parity", "CLI-12")]
    public void Servers_retry_is_the_base_of_the_delay()
    {
        var context = Context with { ServerRetry = TimeSpan.FromSeconds(5) };
        ReconnectPolicy.Default.NextDelay(context).ShouldBe(TimeSpan.FromMilliseconds(5250));
        ReconnectPolicy.Fixed(TimeSpan.FromSeconds(3)).NextDelay(context).ShouldBe(TimeSpan.FromSeconds(5));
        ReconnectPolicy.Fixed(TimeSpan.FromSeconds(3)).NextDelay(Context).ShouldBe(TimeSpan.FromSeconds(3));
        ReconnectPolicy.None.NextDelay(context).ShouldBeNull();
    }

    [Fact]
    public void First_attempt_after_a_drain_has_no_back_off_and_later_ones_have()
    {
        var context = Context with { ServerRetry = TimeSpan.FromMilliseconds(700), Drained = true };
        ReconnectPolicy.Default.NextDelay(context).ShouldBe(TimeSpan.FromMilliseconds(700));
        ReconnectPolicy.Default.NextDelay(context with { Attempt = 2 }).ShouldBe(TimeSpan.FromMilliseconds(1075));
    }

    [Fact]
    [Trait("parity", "CLI-11")]
    public void Retry_after_is_a_floor()
    {
        var context = Context with { RetryAfter = TimeSpan.FromSeconds(20) };
        ReconnectPolicy.Default.NextDelay(context).ShouldBe(TimeSpan.FromMilliseconds(20_250));
        ReconnectPolicy.Fixed(TimeSpan.FromSeconds(3)).NextDelay(context).ShouldBe(TimeSpan.FromSeconds(20));
        ReconnectPolicy.Fixed(TimeSpan.FromSeconds(30)).NextDelay(context).ShouldBe(TimeSpan.FromSeconds(30));
    }

    [Fact]
    [Trait("parity", "CLI-10")]
    public void Custom_policy_decides_alone()
    {
        var policy = ReconnectPolicy.Custom(c => c.Attempt > 2 ? null : TimeSpan.FromSeconds(-c.Attempt));
        policy.NextDelay(Context).ShouldBe(TimeSpan.Zero);
        policy.NextDelay(Context with { Attempt = 3 }).ShouldBeNull();
    }

    [Fact]
    public void Senseless_settings_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => ReconnectPolicy.Fixed(TimeSpan.FromSeconds(-1)));
        Should.Throw<ArgumentOutOfRangeException>(() => ReconnectPolicy.Exponential(factor: 0.5));
        Should.Throw<ArgumentOutOfRangeException>(() => ReconnectPolicy.Exponential(factor: double.NaN));
        Should.Throw<ArgumentOutOfRangeException>(() => ReconnectPolicy.Exponential(max: TimeSpan.MaxValue));
    }
}
